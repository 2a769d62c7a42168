using System.Collections.Concurrent;
using System.Collections.Frozen;
using Gateway.Configuration;
using Gateway.Residency.Guard;

namespace Gateway.Tenants.Jwt;

/// <summary>Keeps what is known of issuers over changes of the configuration.</summary>
internal sealed class JwtIssuers(GuardedConnector connector, TimeProvider time, ILogger<SigningKeys> logger) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    // What an issuer answers leads nowhere else, and nothing of the environment stands between.
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectCallback = (connection, cancellationToken) => connector.ConnectAsync([RuleFor(connection)], connection.DnsEndPoint, cancellationToken),
    })
    {
        Timeout = Timeout,
        MaxResponseContentBufferSize = SigningKeySet.LargestDocument,
    };

    private readonly ConcurrentDictionary<(string Issuer, string? Jwks), SigningKeys> _keys = new();

    /// <summary>The issuers of a configuration without errors, by the value of <c>iss</c>.</summary>
    public FrozenDictionary<string, JwtIssuer> Build(GatewayConfig config) => config.Jwt.ToFrozenDictionary(
        j => j.Issuer,
        j => new JwtIssuer(j, _keys.GetOrAdd((j.Issuer, j.Jwks), _ => new SigningKeys(j.Name, new JwksSource(j.Issuer, j.Jwks, _client), time, logger))),
        StringComparer.Ordinal);

    // An issuer may be anywhere, but never at a cloud's metadata, and in clear on private networks only.
    private static ConnectRule RuleFor(SocketsHttpConnectionContext connection) => new(
        connection.DnsEndPoint.Host,
        connection.DnsEndPoint.Port,
        Reach.Any,
        string.Equals(connection.InitialRequestMessage.RequestUri!.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal),
        []);

    public void Dispose() => _client.Dispose();
}
