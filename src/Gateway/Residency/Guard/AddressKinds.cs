using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.Tenants;

namespace Gateway.Residency.Guard;

/// <summary>
/// Tells addresses apart by IANA's registries of special-purpose addresses
/// (https://www.iana.org/assignments/iana-ipv4-special-registry, .../iana-ipv6-special-registry) and by where clouds keep their metadata.
/// </summary>
internal static class AddressKinds
{
    private const string Metadata = "an address of a cloud's metadata";
    private const string LinkLocal = "link-local, where clouds keep their metadata";
    private const string Unspecified = "unspecified";
    private const string Multicast = "multicast";
    private const string Reserved = "reserved";
    private const string Disguise = "IPv4 in disguise";

    // The first that fits counts. What fits none is public.
    private static readonly Range[] IPv4 =
    [
        new("127.0.0.0/8", AddressKind.Loopback, ""),
        new("169.254.0.0/16", AddressKind.Refused, LinkLocal),
        new("100.100.100.200/32", AddressKind.Refused, Metadata),       // Alibaba
        new("168.63.129.16/32", AddressKind.Refused, Metadata),         // Azure's WireServer
        new("192.0.0.192/32", AddressKind.Refused, Metadata),           // Oracle
        new("10.0.0.0/8", AddressKind.Private, ""),
        new("172.16.0.0/12", AddressKind.Private, ""),
        new("192.168.0.0/16", AddressKind.Private, ""),
        new("100.64.0.0/10", AddressKind.Private, ""),                  // RFC 6598, which overlay networks use
        new("198.18.0.0/15", AddressKind.Private, ""),                  // RFC 2544
        new("0.0.0.0/8", AddressKind.Refused, Unspecified),
        new("192.0.0.0/24", AddressKind.Refused, Reserved),
        new("192.0.2.0/24", AddressKind.Refused, Reserved),
        new("192.88.99.0/24", AddressKind.Refused, Reserved),
        new("198.51.100.0/24", AddressKind.Refused, Reserved),
        new("203.0.113.0/24", AddressKind.Refused, Reserved),
        new("224.0.0.0/4", AddressKind.Refused, Multicast),
        new("240.0.0.0/4", AddressKind.Refused, Reserved),              // with 255.255.255.255, the broadcast
    ];

    // What fits none is refused: only 2000::/3 is given out.
    private static readonly Range[] IPv6 =
    [
        new("::1/128", AddressKind.Loopback, ""),
        new("::/128", AddressKind.Refused, Unspecified),
        new("fe80::/10", AddressKind.Refused, LinkLocal),
        new("fd00:ec2::254/128", AddressKind.Refused, Metadata),        // Amazon
        new("fd20:ce::254/128", AddressKind.Refused, Metadata),         // Google
        new("fd00:42::42/128", AddressKind.Refused, Metadata),          // Scaleway
        new("fd00:c1::a9fe:a9fe/128", AddressKind.Refused, Metadata),   // Oracle
        new("fc00::/7", AddressKind.Private, ""),
        new("ff00::/8", AddressKind.Refused, Multicast),
        new("2001::/32", AddressKind.Refused, Disguise),                // Teredo
        new("2002::/16", AddressKind.Refused, Disguise),                // 6to4
        new("2001:db8::/32", AddressKind.Refused, Reserved),
        new("3fff::/20", AddressKind.Refused, Reserved),
        new("2000::/3", AddressKind.Public, ""),
    ];

    // RFC 6052: how networks without IPv4 reach it, the last 32 bits being the address.
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    // ISATAP (RFC 5214): the last 64 bits say so and hold an IPv4 address.
    private const uint IsatapMark = 0x00005EFE;
    private const uint IsatapGlobalBit = 0x02000000;

    /// <param name="address">Any address; IPv4 mapped into IPv6 counts as IPv4.</param>
    /// <param name="why">Where it is refused, what it is, for messages.</param>
    public static AddressKind Of(IPAddress address, out string why)
    {
        address = Networks.Normal(address);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Find(IPv4, address, AddressKind.Public, out why);
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (Nat64.Contains(address))
        {
            var inside = Find(IPv4, new IPAddress(bytes[12..]), AddressKind.Public, out why);
            why = why.Length > 0 ? why : Disguise;
            return inside == AddressKind.Public ? inside : AddressKind.Refused;
        }

        if ((BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) & ~IsatapGlobalBit) == IsatapMark)
        {
            why = Disguise;
            return AddressKind.Refused;
        }

        return Find(IPv6, address, AddressKind.Refused, out why);
    }

    private static AddressKind Find(Range[] ranges, IPAddress address, AddressKind otherwise, out string why)
    {
        foreach (var range in ranges)
        {
            if (range.Network.Contains(address))
            {
                why = range.Why;
                return range.Kind;
            }
        }

        why = Reserved;
        return otherwise;
    }

    private readonly struct Range(string network, AddressKind kind, string why)
    {
        public IPNetwork Network { get; } = IPNetwork.Parse(network);

        public AddressKind Kind { get; } = kind;

        public string Why { get; } = why;
    }
}
