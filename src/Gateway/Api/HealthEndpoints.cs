using Gateway.Hosting;
using Gateway.Routing;
using Gateway.Tenants;

namespace Gateway.Api;

/// <summary>
/// <c>/healthz</c>: the process answers. <c>/readyz</c>: it can serve; 503 while a model of the configuration in force is being loaded, could not be,
/// or the gateway is stopping. A model that is loaded at its first use holds nothing up. What a reload loads does not count: until it is there the configuration before it serves.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", () => Results.Text("ok\n")).WithMetadata(new AnonymousAttribute(), new BothListenersAttribute());
        endpoints.MapGet("/readyz", Ready).WithMetadata(new AnonymousAttribute(), new BothListenersAttribute());
    }

    private static IResult Ready(GatewayState state, IHostApplicationLifetime lifetime)
    {
        var gateway = state.Acquire();
        var waiting = gateway.Engines.Where(e => !e.AtFirstUse && e.Loaded is null).Select(e => e.Deployment).ToList();
        gateway.Release();
        return lifetime.ApplicationStopping.IsCancellationRequested ? NotReady("stopping")
            : waiting.Count > 0 ? NotReady($"not loaded: {string.Join(", ", waiting)}")
            : Results.Text("ok\n");
    }

    private static IResult NotReady(string why) => Results.Text(why + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
