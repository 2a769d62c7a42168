using Gateway.Hosting;
using Gateway.Ledger;
using Gateway.Quotas;
using Gateway.Routing;
using Gateway.Tenants;
using Gateway.Tenants.Keys;

namespace Gateway.Api;

/// <summary>
/// <c>/healthz</c>: the process answers. <c>/readyz</c>: it can serve; 503 while a model of the configuration in force is being loaded, could not be, the keys
/// are being read for the first time (a store that is down is not waited for: declared keys work), the ledger has no room for a line more, or the gateway is
/// stopping. A model that is loaded at its first use holds nothing up. A ledger that cannot be written does not keep a gateway from serving what needs no
/// durable line, so it is told and no more. What a reload loads does not count: until it is there the configuration before it serves.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", () => Results.Text("ok\n")).WithMetadata(new AnonymousAttribute(), new BothListenersAttribute());
        endpoints.MapGet("/readyz", Ready).WithMetadata(new AnonymousAttribute(), new BothListenersAttribute());
    }

    private static IResult Ready(GatewayState state, LedgerWriter ledger, KeyRefresh keys, QuotaStore quotas, IHostApplicationLifetime lifetime)
    {
        var gateway = state.Acquire();
        var waiting = gateway.Engines.Where(e => !e.AtFirstUse && e.Loaded is null).Select(e => e.Deployment).ToList();
        var isFull = ledger.Waiting >= gateway.Ledger.Buffer;
        gateway.Release();
        var why = ledger.Health.Error?.Reason ?? "it is slower than requests come";
        return lifetime.ApplicationStopping.IsCancellationRequested ? NotReady("stopping")
            : waiting.Count > 0 ? NotReady($"not loaded: {string.Join(", ", waiting)}")
            : keys.IsFirst ? NotReady("the keys are being read")
            : isFull ? NotReady($"the ledger has no room: {why}")
            : !ledger.Health.IsAvailable ? Results.Text($"ok, but the ledger cannot be written: {why}\n")
            : Results.Text(quotas.Problem is { } problem ? $"ok, but {problem}\n" : "ok\n");
    }

    private static IResult NotReady(string why) => Results.Text(why + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
