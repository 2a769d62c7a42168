using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Providers;

/// <summary>
/// Connections to upstreams. YARP's own settings already keep off proxies of the environment, redirects, cookies and decompression.
/// </summary>
internal sealed class UpstreamClientFactory(ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = ConnectTimeout;

        // As at the front: without it one client's header beyond ASCII would fail the request, as if the upstream were down.
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;

        // Long-lived connections would keep to an address that DNS has long moved away from.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);

        // Our trace ids and baggage are not the upstream's to see.
        handler.ActivityHeadersPropagator = null;
    }
}
