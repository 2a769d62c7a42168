using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Residency;

/// <summary>Leaves out the deployments of which the tenant has had its share of the month.</summary>
internal sealed class CapMiddleware(RequestDelegate next, CapKeeper keeper)
{
    public Task InvokeAsync(HttpContext context) => context.GetExchange().Caller.Tenant.Policy.Caps.Count == 0 ? next(context) : ReserveAsync(context);

    private async Task ReserveAsync(HttpContext context)
    {
        var (exchange, proxy) = (context.GetExchange(), context.GetReverseProxyFeature());
        var tenant = exchange.Caller.Tenant;
        await keeper.LoadAsync(tenant.Name, context.RequestAborted);
        var tokens = CapSize.Of(exchange.Envelope.Body.Span, exchange.Endpoint);
        var (left, reservation) = keeper.Reserve(tenant.Name, tenant.Policy.Caps, [.. proxy.AvailableDestinations.Select(d => d.DestinationId)], tokens);
        exchange.CapReservation = reservation;
        if (left.Count == 0)
        {
            var capped = proxy.AvailableDestinations.Select(d => d.DestinationId).ToHashSet(StringComparer.Ordinal);
            await exchange.RefuseAsync(context, ApiError.ResidencyDenied(
                exchange.Model!.Name,
                exchange.DataClass.Name,
                [.. exchange.Residency!.Verdicts.Select(v => new DeploymentRefusal(v.Deployment, capped.Contains(v.Deployment) ? [ReasonWords.Of(ReasonCode.CapReached)] : v.Reasons))]));
            return;
        }

        if (left.Count < proxy.AvailableDestinations.Count)
        {
            proxy.AvailableDestinations = [.. proxy.AvailableDestinations.Where(d => left.Contains(d.DestinationId, StringComparer.Ordinal))];
        }

        await next(context);
    }
}
