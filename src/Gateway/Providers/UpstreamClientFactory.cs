using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Providers;

/// <summary>
/// Connections to upstreams. YARP's own settings already keep off proxies of the environment, redirects, cookies and decompression.
/// </summary>
internal sealed class UpstreamClientFactory(ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = TimeSpan.FromSeconds(10);

        // Long-lived connections would keep to an address that DNS has long moved away from.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);

        // Our trace ids and baggage are not the upstream's to see.
        handler.ActivityHeadersPropagator = null;
    }
}
