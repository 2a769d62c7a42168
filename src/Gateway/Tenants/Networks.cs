using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tenants;

/// <summary>Addresses and ranges of them. IPv4 inside of IPv6 (<c>::ffff:10.0.0.1</c>, as dual-stack sockets give it) is IPv4.</summary>
internal static class Networks
{
    public const string InWords = "an address such as 10.1.2.3 or a range such as 10.0.0.0/8 or fd00::/8";

    private static readonly SearchValues<char> DigitsAndDots = SearchValues.Create("0123456789.");

    // 96 of 128 bits are the prefix ::ffff:0:0.
    private const int MappedPrefixLength = 96;

    /// <summary>Reads an address, which is a range of one, or a range whose host bits are zero.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (TryParseAddress(text, out var address))
        {
            network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
            return true;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IsPlain(text.AsSpan(0, slash)) || !IPNetwork.TryParse(text, out network)
            || !network.BaseAddress.Equals(IPAddress.Parse(text.AsSpan(0, slash))))
        {
            // Bits behind the prefix, which the framework would clear, are a slip in one of the two.
            network = default;
            return false;
        }

        if (network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= MappedPrefixLength)
        {
            network = new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - MappedPrefixLength);
        }

        return true;
    }

    /// <summary>Reads an address as people write it; not <c>010.1</c>, <c>0x0a000001</c> or <c>167772161</c>, which old libraries take for one.</summary>
    public static bool TryParseAddress(string text, out IPAddress address)
    {
        if (IsPlain(text) && IPAddress.TryParse(text, out var parsed))
        {
            address = Normal(parsed);
            return true;
        }

        address = IPAddress.None;
        return false;
    }

    public static IPAddress Normal(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <param name="networks">The ranges.</param>
    /// <param name="address">In <see cref="Normal"/> form.</param>
    public static bool Contain(this IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        for (var i = 0; i < networks.Count; i++)
        {
            if (networks[i].Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPlain(ReadOnlySpan<char> text) =>
        text.Contains(':') || (text.Count('.') == 3 && !text.ContainsAnyExcept(DigitsAndDots) && !HasLeadingZero(text));

    private static bool HasLeadingZero(ReadOnlySpan<char> text)
    {
        foreach (var part in text.Split('.'))
        {
            if (text[part] is ['0', _, ..])
            {
                return true;
            }
        }

        return false;
    }
}
