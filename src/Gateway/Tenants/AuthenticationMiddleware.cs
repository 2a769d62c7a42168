using Gateway.Api;
using Gateway.Hosting;
using Gateway.Routing;

namespace Gateway.Tenants;

/// <summary>Finds the tenant of a request by its key, and holds the configuration in force for it. No store is asked.</summary>
internal sealed class AuthenticationMiddleware(RequestDelegate next, GatewayState state, Authenticator authenticator)
{
    public Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();

        // What is no endpoint of ours is routing's answer with a 405.
        return endpoint is not RouteEndpoint || endpoint.Metadata.GetMetadata<AnonymousAttribute>() is not null || endpoint.Metadata.GetMetadata<AdminAttribute>() is not null
            ? next(context)
            : AuthenticateAsync(context);
    }

    private async Task AuthenticateAsync(HttpContext context)
    {
        var gateway = state.Acquire();
        try
        {
            var credential = Credential.Read(context.Request, out var error);
            if (error is null)
            {
                (var caller, error) = await authenticator.AuthenticateAsync(gateway, credential, context.RequestAborted);
                context.Features.Set(caller);
            }

            await (error is null ? next(context) : ErrorResponse.WriteAsync(context, error));
        }
        finally
        {
            gateway.Release();
        }
    }
}

/// <summary>Metadata of an endpoint that needs no key.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AnonymousAttribute : Attribute;
