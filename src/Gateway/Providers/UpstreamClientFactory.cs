using System.Collections.Frozen;
using System.Text;
using Gateway.Residency.Guard;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Providers;

/// <summary>
/// Connections to upstreams, a handler with connections of its own for each model. YARP's settings already keep off proxies of the environment, redirects,
/// cookies and decompression; each connection is judged by the rules of the model's deployments.
/// </summary>
internal sealed class UpstreamClientFactory(GuardedConnector connector, ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private static readonly IReadOnlyDictionary<string, string> NoRules = FrozenDictionary<string, string>.Empty;

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) => new ScrubbingHandler(handler);

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = ConnectTimeout;

        // As at the front: without it one client's header beyond ASCII would fail the request, as if the upstream were down.
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;

        // Long-lived connections would keep to an address that DNS has long moved away from.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);

        // The cluster's id changes with its rules, so these are for good.
        ConnectRule[] rules = [.. (context.NewMetadata ?? NoRules).Values.Select(ConnectRule.Parse)];
        handler.ConnectCallback = (connection, cancellationToken) => connector.ConnectAsync(rules, connection.DnsEndPoint, cancellationToken);

        // Our trace ids and baggage are not the upstream's to see.
        handler.ActivityHeadersPropagator = null;
    }
}
