using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Configuration;

/// <summary>Where to listen: <c>host:port</c>, <c>[IPv6]:port</c>, or <c>*:port</c> for every address of the machine.</summary>
/// <param name="Host">A name, an IPv4 address, an IPv6 address in brackets, or <c>*</c>.</param>
/// <param name="Port">0 to 65535; 0 takes a free one.</param>
internal readonly record struct ListenAddress(string Host, int Port)
{
    /// <summary>As Kestrel takes it.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://{Host}:{Port}");

    private bool IsEveryAddress => Host is "*" or "0.0.0.0" or "[::]";

    public static bool TryParse(string text, out ListenAddress address)
    {
        address = default;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            if (!IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var ip) || ip.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            address = new($"[{ip}]", port);
            return true;
        }

        // Digits and dots alone are an address or a slip (127.0.0, 300.1.1.1), never a name.
        var known = host is "*" || (host.All(c => char.IsAsciiDigit(c) || c == '.')
            ? host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out _)
            : Uri.CheckHostName(host) == UriHostNameType.Dns);
        address = new(host, port);
        return known;
    }

    /// <summary>Whether not both can be listened on. Port 0 is another port each time.</summary>
    public bool Collides(ListenAddress other) =>
        Port != 0 && Port == other.Port
        && (IsEveryAddress || other.IsEveryAddress || string.Equals(Normal, other.Normal, StringComparison.OrdinalIgnoreCase));

    private string Normal => string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : Host;
}
