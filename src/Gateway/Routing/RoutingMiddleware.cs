using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Routing;

/// <summary>Sends the request on to the cluster of the model that it names, if the tenant may use it.</summary>
internal sealed class RoutingMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var caller = exchange.Caller;
        var name = exchange.Envelope.Model;

        // One answer for a model that is not there, for one of another tenant and for one out of the key's scope.
        if (!caller.MayUse(name) || !caller.Gateway.Models.TryGetValue(name, out var model))
        {
            return exchange.RefuseAsync(context, ApiError.ModelNotFound(name));
        }

        exchange.Model = model;
        var route = model.Routes[exchange.Endpoint.Index];
        context.ReassignProxyRequest(route, route.Cluster!);
        return next(context);
    }
}
