using Gateway.Api;
using Gateway.Exchanges;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tenants;

/// <summary>
/// Refuses what the credential's scope does not cover: where the request comes from, and which endpoint it is for (its model is known later, to
/// <see cref="Routing.RoutingMiddleware"/>). Stands twice in the pipeline, so that what would be an exchange is recorded as a refused one.
/// </summary>
internal sealed class ScopeMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.Features.Get<Exchange>();
        var name = exchange?.Endpoint.RouteId ?? context.GetEndpoint()?.Metadata.GetMetadata<ScopedAttribute>()?.Name;
        if (name is null || Check(context, context.Features.GetRequiredFeature<Caller>(), name) is not { } error)
        {
            return next(context);
        }

        return exchange is null ? ErrorResponse.WriteAsync(context, error) : exchange.RefuseAsync(context, error);
    }

    private static ApiError? Check(HttpContext context, Caller caller, string endpoint)
    {
        if (!caller.Scope.AllowsEndpoint(endpoint))
        {
            return ApiError.EndpointNotAllowed(endpoint);
        }

        if (caller.Scope.Networks is null)
        {
            return null;
        }

        var address = ClientAddress.Of(context, caller.Gateway.Access.TrustedProxies);
        return caller.Scope.AllowsAddress(address) ? null : ApiError.AddressNotAllowed(address);
    }
}

/// <summary>Metadata of an endpoint that is no exchange: its name in scopes, one of <see cref="KeyScope.EndpointNames"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ScopedAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
