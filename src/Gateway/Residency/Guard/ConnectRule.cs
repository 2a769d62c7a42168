using System.Net;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Tenants;

namespace Gateway.Residency.Guard;

/// <summary>Where connections for a deployment may go. A record of plain values: it travels as metadata of YARP's cluster.</summary>
/// <param name="Host">Host of the base URL, as <see cref="Uri.IdnHost"/> gives it.</param>
/// <param name="Port">Port of the base URL.</param>
/// <param name="Reach">What kind of address the host may have.</param>
/// <param name="IsClear">Whether it is plain http, which never goes to public addresses.</param>
/// <param name="Networks">CIDR ranges that addresses must lie within; empty: anywhere.</param>
internal sealed record ConnectRule(string Host, int Port, Reach Reach, bool IsClear, IReadOnlyList<string> Networks)
{
    private readonly IPNetwork[] _networks = [.. Networks.Select(n => Tenants.Networks.TryParse(n, out var network) ? network : throw new FormatException("Not a network."))];

    /// <param name="deployment">A remote deployment, without errors.</param>
    public static ConnectRule Of(DeploymentConfig deployment)
    {
        var url = new Uri(deployment.BaseUrl!);
        return new ConnectRule(
            url.IdnHost,
            url.Port,
            ReachOf(url, deployment.Private),
            string.Equals(url.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal),
            deployment.Networks);
    }

    /// <summary>A rule as text, and back.</summary>
    public string ToText() => JsonSerializer.Serialize(this);

    /// <inheritdoc cref="ToText"/>
    public static ConnectRule Parse(string text) => JsonSerializer.Deserialize<ConnectRule>(text)!;

    public bool IsFor(DnsEndPoint endPoint) => endPoint.Port == Port && string.Equals(endPoint.Host, Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Why no connection may be made to an address, without naming it; null when one may.</summary>
    public string? Refuses(IPAddress address)
    {
        var kind = AddressKinds.Of(address, out var why);
        if (kind == AddressKind.Refused)
        {
            return $"its host name leads to an address that is {why}";
        }

        if (kind == AddressKind.Public ? Reach is Reach.Private or Reach.Loopback : Reach == Reach.Public || (Reach == Reach.Loopback && kind != AddressKind.Loopback))
        {
            return kind == AddressKind.Public
                ? "its host name leads to a public address, and it is said to be private"
                : "its host name leads to a private address, which needs `private: true`";
        }

        if (IsClear && kind == AddressKind.Public)
        {
            return "its host name leads to a public address, and plain http does not go there";
        }

        return _networks.Length > 0 && !_networks.Contain(Tenants.Networks.Normal(address)) ? "its host name leads to an address outside of its `networks`" : null;
    }

    /// <summary>What the base URL says by itself: an address that is written out is meant, and so is <c>localhost</c>; a name says nothing.</summary>
    private static Reach ReachOf(Uri url, bool isPrivate)
    {
        if (string.Equals(url.IdnHost, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            return Reach.Loopback;
        }

        return isPrivate || (IPAddress.TryParse(url.IdnHost, out var address) && AddressKinds.Of(address, out _) is AddressKind.Private or AddressKind.Loopback)
            ? Reach.Private
            : Reach.Public;
    }
}

/// <summary>What kind of addresses connections may be made to.</summary>
internal enum Reach
{
    /// <summary>Of the internet only.</summary>
    Public,

    /// <summary>Of private networks and this machine only.</summary>
    Private,

    /// <summary>Of this machine only.</summary>
    Loopback,

    /// <summary>Any of those.</summary>
    Any,
}
