using System.Net;
using Gateway.Residency.Guard;
using Gateway.Tenants;

namespace Gateway.Configuration;

/// <summary>What URLs of the file may be.</summary>
internal static class RemoteUrl
{
    private const string InClear = "plain http to a public host would send the key and the prompts in clear; use https (http is for loopback and private hosts)";

    /// <summary>Names that only a local resolver or a cluster's answers for: RFC 6761, 6762, 8375, ICANN's `internal`, Kubernetes.</summary>
    private static readonly string[] PrivateSuffixes = [".localhost", ".local", ".internal", ".home.arpa", ".svc", ".lan"];

    public static bool IsUrl(string text) =>
        text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with the base URL of an API; null when nothing is. Never repeats it, for there may be a password in it.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="isPrivate">Whether its host is said to be on a private network.</param>
    /// <param name="networks">Ranges that its host must lie within; empty: anywhere.</param>
    public static string? Check(string text, bool isPrivate, IReadOnlyList<IPNetwork> networks)
    {
        if (CheckUrl(text) is { } problem)
        {
            return problem;
        }

        var url = new Uri(text);
        if (url.AbsolutePath.TrimEnd('/').EndsWith("/chat/completions", StringComparison.OrdinalIgnoreCase))
        {
            return "must end with the API's version, such as /v1; leave out /chat/completions";
        }

        if (!IPAddress.TryParse(url.IdnHost, out var address))
        {
            return IsClear(url) && !isPrivate && !IsLocalhost(url)
                ? "plain http would send the key and the prompts in clear to wherever this name leads; use https, or say `private: true` where it is a host of a private network"
                : null;
        }

        var kind = AddressKinds.Of(address, out _);
        return kind == AddressKind.Public && IsClear(url) ? InClear
            : kind == AddressKind.Public && isPrivate ? "is a public address, and `private: true` stands beside it; remove one"
            : networks.Count > 0 && !networks.Contain(Networks.Normal(address)) ? "is an address outside of `networks`"
            : null;
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

        var authority = text.Split('/')[2];
        if (authority.Contains('@', StringComparison.Ordinal))
        {
            return "must have no user or password in it; write the key as api_key";
        }

        var host = authority.StartsWith('[') ? authority[..(authority.IndexOf(']', StringComparison.Ordinal) + 1)] : authority.Split(':')[0];
        return host.Contains('%', StringComparison.Ordinal) || (EndsInNumber(host) && !Networks.TryParseAddress(host, out _))
            ? "has a host that some take for an address and others for a name; write an IPv4 address as four decimal numbers, such as 10.1.2.3"
            : IPAddress.TryParse(url.IdnHost, out var address) && AddressKinds.Of(address, out var why) == AddressKind.Refused
            ? $"leads to an address that no API is at: it is {why}"
            : null;
    }

    // As the URL standard tells addresses from names (https://url.spec.whatwg.org/#ends-in-a-number-checker): 2130706433, 0x7f.1 and 127.1 are addresses
    // to some libraries.
    private static bool EndsInNumber(string host)
    {
        var last = host.TrimEnd('.').Split('.')[^1];
        return last.Length > 0 && (last.All(char.IsAsciiDigit) || (last.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && last[2..].All(char.IsAsciiHexDigit)));
    }

    private static bool IsClear(Uri url) => string.Equals(url.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal);

    private static bool IsLocalhost(Uri url) => string.Equals(url.IdnHost, "localhost", StringComparison.OrdinalIgnoreCase);

    private static bool IsInClear(string text) => new Uri(text) is var url && IsClear(url) && !IsPrivate(url);

    // What a name really leads to is judged where the connection is made.
    private static bool IsPrivate(Uri url)
    {
        if (IPAddress.TryParse(url.IdnHost, out var address))
        {
            return AddressKinds.Of(address, out _) is AddressKind.Private or AddressKind.Loopback;
        }

        // A name of one label, such as a container's, is no public one.
        var host = url.IdnHost.TrimEnd('.');
        return !host.Contains('.', StringComparison.Ordinal)
            || PrivateSuffixes.Any(suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
    }
}
