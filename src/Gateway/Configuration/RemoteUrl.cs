using System.Net;
using System.Net.Sockets;

namespace Gateway.Configuration;

/// <summary>What URLs of the file may be.</summary>
internal static class RemoteUrl
{
    /// <summary>Names that only a local resolver or a cluster's answers for: RFC 6761, 6762, 8375, ICANN's `internal`, Kubernetes.</summary>
    private static readonly string[] PrivateSuffixes = [".localhost", ".local", ".internal", ".home.arpa", ".svc", ".lan"];

    public static bool IsUrl(string text) =>
        text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with the base URL of an API; null when nothing is. Never repeats it, for there may be a password in it.</summary>
    public static string? Check(string text)
    {
        if (CheckUrl(text) is { } problem)
        {
            return problem;
        }

        if (new Uri(text).AbsolutePath.TrimEnd('/').EndsWith("/chat/completions", StringComparison.OrdinalIgnoreCase))
        {
            return "must end with the API's version, such as /v1; leave out /chat/completions";
        }

        return IsInClear(text) ? "plain http to a public host would send the key and the prompts in clear; use https (http is for loopback and private hosts)" : null;
    }

    /// <summary>What is wrong with a URL that keys are fetched from.</summary>
    public static string? CheckKeys(string text) =>
        CheckUrl(text) ?? (IsInClear(text) ? "keys that come in plain http from a public host may be anybody's; use https (http is for loopback and private hosts)" : null);

    private static string? CheckUrl(string text)
    {
        if (text.Any(c => c is <= ' ' or > '~' or '\\')
            || !IsUrl(text)
            || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Host.Length == 0)
        {
            return "must be a whole URL that begins with https:// or http://, in ASCII and without spaces";
        }

        if (text.Contains('?', StringComparison.Ordinal) || text.Contains('#', StringComparison.Ordinal))
        {
            return "must end before any `?` or `#`: paths are put after it";
        }

        return text.Split('/')[2].Contains('@', StringComparison.Ordinal) ? "must have no user or password in it; write the key as api_key" : null;
    }

    private static bool IsInClear(string text) =>
        new Uri(text) is var url && string.Equals(url.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal) && !IsPrivate(url);

    private static bool IsPrivate(Uri url)
    {
        if (IPAddress.TryParse(url.DnsSafeHost, out var address))
        {
            return IsPrivate(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
        }

        // A name of one label, such as a container's, is no public one.
        var host = url.IdnHost.TrimEnd('.');
        return !host.Contains('.', StringComparison.Ordinal)
            || PrivateSuffixes.Any(suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Loopback; RFC 1918; RFC 6598, which overlay networks use; RFC 4193.</summary>
    private static bool IsPrivate(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return IPAddress.IsLoopback(address) || address.IsIPv6UniqueLocal;
        }

        var bytes = address.GetAddressBytes();
        return bytes switch
        {
            [127 or 10, ..] or [192, 168, ..] => true,
            [172, var second, ..] => second is >= 16 and <= 31,
            [100, var second, ..] => second is >= 64 and <= 127,
            _ => false,
        };
    }
}
