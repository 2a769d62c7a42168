using Gateway.Api;
using Gateway.Exchanges;
using Yarp.ReverseProxy.Model;

namespace Gateway.Residency.Fields;

/// <summary>
/// Looks for side doors: fields by which a request makes an upstream do more than answer. One that the policy denies keeps the request in this process,
/// where no field does any of that; a model without a deployment here refuses it.
/// </summary>
internal sealed class FieldsMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var found = FieldScanner.Scan(exchange.Envelope.Body.Span, FieldTable.Of(exchange.Endpoint), exchange.Residency!.Rule.DeniedFields);
        return found.Path is null ? next(context)
            : found.IsDuplicate ? exchange.RefuseAsync(context, ApiError.DuplicateKey(found.Path))
            : StayAsync(context, exchange, found);
    }

    private Task StayAsync(HttpContext context, Exchange exchange, FieldFinding found)
    {
        var proxy = context.GetReverseProxyFeature();
        var here = HereOf(proxy.AvailableDestinations, exchange);

        // As ever: where all that is permitted looks down, a try is better than a sure refusal.
        here = here.Count > 0 ? here : HereOf(exchange.Residency!.Destinations, exchange);
        if (here.Count == 0)
        {
            return exchange.RefuseAsync(context, ApiError.FieldDenied(found.Path!, found.Effect, exchange.DataClass));
        }

        // What comes behind the field that was found was not looked at.
        var twice = FieldScanner.Scan(exchange.Envelope.Body.Span, FieldTable.Of(exchange.Endpoint), FieldEffects.None);
        if (twice.IsDuplicate)
        {
            return exchange.RefuseAsync(context, ApiError.DuplicateKey(twice.Path!));
        }

        proxy.AvailableDestinations = here;
        return next(context);
    }

    private static List<DestinationState> HereOf(IReadOnlyList<DestinationState> destinations, Exchange exchange) =>
        [.. destinations.Where(d => exchange.Model!.Deployments[d.DestinationId].Local is not null)];
}
