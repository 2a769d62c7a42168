using Gateway.Api;
using Gateway.Routing;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tenants;

/// <summary>Finds the tenant of a request by its key, and holds the configuration in force for it. No store is asked.</summary>
internal sealed class AuthenticationMiddleware(RequestDelegate next, GatewayState state)
{
    private const string BearerPrefix = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        return endpoint is null || endpoint.Metadata.GetMetadata<AnonymousAttribute>() is not null
            ? next(context)
            : AuthenticateAsync(context);
    }

    private async Task AuthenticateAsync(HttpContext context)
    {
        var gateway = state.Acquire();
        try
        {
            // Hash and look-up happen for any request, so that a missing key takes as long as a wrong one. That somebody configured the hash
            // of nothing must not let in all who send nothing.
            var hash = KeyHash.Of(GetKey(context.Request.Headers));
            if (!gateway.Keys.TryGetValue(hash, out var key) || hash.Equals(KeyHash.OfNothing))
            {
                await ErrorResponse.WriteAsync(context, ApiError.InvalidApiKey);
                return;
            }

            context.Features.Set(new Caller(key.Tenant, key, gateway));
            await next(context);
        }
        finally
        {
            gateway.Release();
        }
    }

    /// <summary>The key that a request carries; null when it has none, or two that differ: which one was meant is not ours to guess.</summary>
    public static string? GetKey(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization;
        var apiKey = headers["x-api-key"];
        if (authorization.Count > 1 || apiKey.Count > 1)
        {
            return null;
        }

        var bearer = authorization.Count == 0 ? null : GetBearer(authorization.ToString());
        if (apiKey.Count == 0)
        {
            return bearer;
        }

        return StringValues.IsNullOrEmpty(authorization) || string.Equals(bearer, apiKey.ToString(), StringComparison.Ordinal)
            ? apiKey.ToString()
            : null;
    }

    private static string? GetBearer(string authorization) =>
        authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase) ? authorization[BearerPrefix.Length..].Trim() : null;
}

/// <summary>Metadata of an endpoint that needs no key.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AnonymousAttribute : Attribute;
