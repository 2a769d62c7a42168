using System.Net;

namespace Gateway.Tenants;

/// <summary>Where a request comes from.</summary>
internal static class ClientAddress
{
    /// <summary>
    /// The connection's other end or, when that is a trusted proxy, the nearest address of <c>X-Forwarded-For</c> that is none. Each proxy adds what it
    /// saw at the right, so what is left of an address that is not trusted may be anybody's invention and is not read.
    /// </summary>
    /// <returns>Null where a trusted proxy names nothing that is an address, or the connection has none.</returns>
    public static IPAddress? Of(HttpContext context, IReadOnlyList<IPNetwork> trustedProxies)
    {
        if (context.Connection.RemoteIpAddress is not { } remote)
        {
            return null;
        }

        var address = Networks.Normal(remote);
        if (trustedProxies.Count == 0 || !trustedProxies.Contain(address))
        {
            return address;
        }

        var headers = context.Request.Headers["X-Forwarded-For"];
        for (var header = headers.Count - 1; header >= 0; header--)
        {
            var hops = (headers[header] ?? "").Split(',', StringSplitOptions.TrimEntries);
            for (var hop = hops.Length - 1; hop >= 0; hop--)
            {
                if (!TryParse(hops[hop], out address))
                {
                    return null;
                }

                if (!trustedProxies.Contain(address))
                {
                    return address;
                }
            }
        }

        // All the way through proxies of our own: the first of them asks for itself.
        return address;
    }

    // Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711.
    private static bool TryParse(string hop, out IPAddress address)
    {
        var end = hop.StartsWith('[') ? hop.IndexOf(']', StringComparison.Ordinal) : -1;
        var text = end > 0 ? hop[1..end] : hop.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && hop.LastIndexOf(':') == colon ? hop[..colon] : hop;
        return Networks.TryParseAddress(text, out address);
    }
}
