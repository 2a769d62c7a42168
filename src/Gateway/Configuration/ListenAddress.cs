using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Configuration;

/// <summary>Where to listen: <c>IPv4:port</c>, <c>[IPv6]:port</c>, <c>localhost:port</c>, or <c>*:port</c> for every address of the machine.</summary>
/// <param name="Host">An IPv4 address, an IPv6 address in brackets, <c>localhost</c> or <c>*</c>.</param>
/// <param name="Port">0 to 65535; 0 takes a free one.</param>
internal readonly record struct ListenAddress(string Host, int Port)
{
    private const string Localhost = "localhost";

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

        // No other names: Kestrel takes one that it does not know for every address of the machine. Nor short forms such as 127.1.
        address = new(host, port);
        return host is "*" || string.Equals(host, Localhost, StringComparison.OrdinalIgnoreCase)
            || (host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out var ip4) && ip4.AddressFamily == AddressFamily.InterNetwork);
    }

    /// <summary>Whether not both can be listened on. Port 0 is another port each time.</summary>
    public bool Collides(ListenAddress other) =>
        Port != 0 && Port == other.Port
        && (IsEveryAddress || other.IsEveryAddress || string.Equals(Normal, other.Normal, StringComparison.OrdinalIgnoreCase));

    private string Normal => string.Equals(Host, Localhost, StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : Host;
}
