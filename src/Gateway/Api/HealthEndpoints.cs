using Gateway.Engine;
using Gateway.Hosting;
using Gateway.Tenants;

namespace Gateway.Api;

/// <summary>
/// <c>/healthz</c>: the process answers. <c>/readyz</c>: it can serve; 503 while a model is being loaded, could not be, or the gateway is stopping.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", () => Results.Text("ok\n")).WithMetadata(new AnonymousAttribute(), new BothListenersAttribute());
        endpoints.MapGet("/readyz", Ready).WithMetadata(new AnonymousAttribute(), new BothListenersAttribute());
    }

    private static IResult Ready(EngineHost engines, IHostApplicationLifetime lifetime)
    {
        var waiting = engines.NotReady();
        return lifetime.ApplicationStopping.IsCancellationRequested ? NotReady("stopping")
            : waiting.Count > 0 ? NotReady($"not loaded: {string.Join(", ", waiting)}")
            : Results.Text("ok\n");
    }

    private static IResult NotReady(string why) => Results.Text(why + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
