using Gateway.Api;
using Gateway.Configuration;
using Gateway.Routing;
using Gateway.Stores;
using Gateway.Tenants;
using Gateway.Tenants.Jwt;

namespace Gateway.Admin;

/// <summary>
/// Lets those onto the admin API who may do what the endpoint does: by an admin's key of the configuration, or a token whose claims name a role. Refusals,
/// and looks at what only auditors see, are recorded.
/// </summary>
internal sealed class AdminMiddleware(RequestDelegate next, GatewayState state, TokenValidator tokens, AdminActStore acts)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<PermissionAttribute>() is { Permission: var permission } ? AuthorizeAsync(context, permission) : next(context);

    private async Task AuthorizeAsync(HttpContext context, AdminPermission permission)
    {
        var gateway = state.Acquire();
        try
        {
            var (who, error) = await AuthenticateAsync(context, gateway.Access);
            var grant = who is null ? null : AdminRoles.Find(who, permission);
            if (who is not null && grant is null)
            {
                error = ApiError.NotPermitted(WordOf(permission));
                var roles = string.Join(' ', who.Roles.Select(ConfigWords.Word));
                await acts.AddAsync(new(who.Name, roles, WordOf(permission), EndpointOf(context), who.Tenant, AdminAct.Refused, context.TraceIdentifier), context.RequestAborted);
            }
            else if (grant is not null && permission is AdminPermission.ReadExchanges or AdminPermission.ReadActs)
            {
                await acts.AddAsync(
                    new(grant!.Who.Name, ConfigWords.Word(grant.Role), WordOf(permission), Object: null, grant.Tenant, AdminAct.Done, context.TraceIdentifier), context.RequestAborted);
            }

            if (error is null)
            {
                context.Features.Set(new AdminCaller(grant!, gateway.Access, context.TraceIdentifier));
                await next(context);
            }
            else
            {
                await ErrorResponse.WriteAsync(context, error);
            }
        }
        catch (Exception e) when (!context.Response.HasStarted && StoreError.From(e) is { } storeError)
        {
            await ErrorResponse.WriteAsync(context, ApiError.StoreUnavailable(storeError.Reason));
        }
        finally
        {
            gateway.Release();
        }
    }

    private async Task<(AdminIdentity? Who, ApiError? Error)> AuthenticateAsync(HttpContext context, AccessModel access)
    {
        var credential = Credential.Read(context.Request, out var error);
        if (error is not null)
        {
            return (null, error);
        }

        var hash = KeyHash.Of(credential);
        if (access.Admins.TryGetValue(hash, out var admin) && !hash.Equals(KeyHash.OfNothing))
        {
            return (admin, null);
        }

        if (access.Issuers.Count == 0 || !TokenValidator.IsToken(credential))
        {
            return (null, ApiError.InvalidAdminKey);
        }

        var (token, refusal) = await tokens.ValidateAsync(credential!, access.Issuers, context.RequestAborted);
        if (token is null)
        {
            return (null, refusal);
        }

        // Of a token that names several tenants none is the one.
        return token.Roles.Count == 0
            ? (null, ApiError.NoRole)
            : (new AdminIdentity($"{token.Issuer.Name}:{ConfigText.Clean(token.Subject)}", token.Roles, token.Tenants is [var tenant] && access.Tenants.ContainsKey(tenant) ? tenant : null), null);
    }

    // Its pattern, for a path may hold anything, a key too.
    private static string? EndpointOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;

    private static string WordOf(AdminPermission permission) => permission switch
    {
        AdminPermission.ReadTenants => "tenants.read",
        AdminPermission.ReadKeys => "keys.read",
        AdminPermission.WriteKeys => "keys.write",
        AdminPermission.ReadUsage => "usage.read",
        AdminPermission.ReadExchanges => "exchanges.read",
        AdminPermission.WriteBalances => "balances.write",
        AdminPermission.Explain => "explain",
        AdminPermission.ReadActs => "acts.read",
        _ => throw new ArgumentOutOfRangeException(nameof(permission)),
    };
}
