using Gateway.Api;
using Gateway.Exchanges;
using Yarp.ReverseProxy.Model;

namespace Gateway.Residency;

/// <summary>Narrows the deployments that a request may go to, once; what comes later only ever narrows further.</summary>
internal sealed class ResidencyMiddleware(RequestDelegate next, TimeProvider time)
{
    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var decision = exchange.Model!.Residency.Find(exchange.Caller.Tenant.Policy, HandlingOf(exchange), time.GetUtcNow());
        exchange.Residency = decision;
        ResidencyHeaders.SendWith(context);
        if (decision.Destinations.Count == 0)
        {
            return exchange.RefuseAsync(
                context, ApiError.ResidencyDenied(exchange.Model.Name, exchange.DataClass.Name, [.. decision.Verdicts.Select(v => new DeploymentRefusal(v.Deployment, v.Reasons))]));
        }

        var proxy = context.GetReverseProxyFeature();
        proxy.AvailableDestinations = Narrow(proxy.AvailableDestinations, decision);
        return next(context);
    }

    private static Handling HandlingOf(Exchange exchange) =>
        exchange.Screening is { } screening ? new(exchange.DataClass, screening.Elsewhere, screening.State) : Handling.AsItCame(exchange.DataClass);

    // What YARP takes for healthy, of what is permitted. When all of that is out, a try is better than a sure refusal, as it is for YARP.
    private static IReadOnlyList<DestinationState> Narrow(IReadOnlyList<DestinationState> healthy, ResidencyDecision decision)
    {
        if (healthy.Count == decision.Verdicts.Count)
        {
            return decision.Destinations;
        }

        var left = new List<DestinationState>(healthy.Count);
        for (var i = 0; i < healthy.Count; i++)
        {
            if (decision.Allows(healthy[i].DestinationId))
            {
                left.Add(healthy[i]);
            }
        }

        return left.Count > 0 ? left : decision.Destinations;
    }
}
