using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;
using Gateway.Quotas;
using Gateway.Routing;

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
        if ((exchange.Size = RequestSize.Read(exchange.Outgoing.Body.Span, exchange.Endpoint, out var error)) is not { } size)
        {
            await exchange.RefuseAsync(context, error!);
            return;
        }

        // An answer that the client does not bound is bound by this, so that no more is used than reserved.
        // Deployments in this process have the request as it came, which may be longer.
        var whole = exchange.Outgoing == exchange.Envelope ? size : RequestSize.Read(exchange.Envelope.Body.Span, exchange.Endpoint, out _) ?? size;
        var tokens = proxy.AvailableDestinations.Max(d => TokensOf(exchange.Model!.Deployments[d.DestinationId], size, whole, exchange.Endpoint));
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

    private static long TokensOf(DeploymentModel deployment, RequestSize outgoing, RequestSize whole, ApiEndpoint endpoint)
    {
        var size = deployment.Local is null ? outgoing : whole;
        var (images, answer) = deployment.Local is { } local ? (0, local.Defaults.MaxTokens) : (deployment.Upstream!.ImageTokens, deployment.Upstream.DefaultMaxTokens(endpoint));
        return size.Input(images) + (endpoint.Task == ModelTask.Generate ? size.Output(answer) : 0);
    }
}
