using Gateway.Exchanges;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Routing;

/// <summary>
/// Runs the rest again on the deployments that are left when one is down, until the first byte has gone to the client. A deployment that was
/// silent until its time-out is not made good: the client has waited long enough, and the request may still be worked on.
/// </summary>
internal sealed class FallbackMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetReverseProxyFeature().AvailableDestinations.Count < 2 ? next(context) : TryAllAsync(context);

    private async Task TryAllAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var proxy = context.GetReverseProxyFeature();
        var left = proxy.AvailableDestinations.ToList();
        while (true)
        {
            proxy.AvailableDestinations = left;
            exchange.HasAlternatives = left.Count > 1;
            await next(context);
            if (!exchange.DeploymentDown || !exchange.HasAlternatives || context.Response.HasStarted
                || context.Response.StatusCode == StatusCodes.Status504GatewayTimeout || context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            left.Remove(proxy.ProxiedDestination!);
            exchange.Retry();
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
            RequestIds.Stamp(context);
        }
    }
}
