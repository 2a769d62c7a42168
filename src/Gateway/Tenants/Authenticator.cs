using Gateway.Api;
using Gateway.Routing;
using Gateway.Tenants.Jwt;
using Gateway.Tenants.Keys;

namespace Gateway.Tenants;

/// <summary>Credential to caller.</summary>
internal sealed class Authenticator(KeyDirectory keys, TokenValidator tokens, TimeProvider time)
{
    /// <summary>The caller, or why there is none.</summary>
    /// <param name="gateway">The snapshot that the request goes by.</param>
    /// <param name="credential">As <see cref="Credential.Read"/> found it.</param>
    /// <param name="cancellationToken">Ends the waiting for an issuer.</param>
    public ValueTask<(Caller? Caller, ApiError? Error)> AuthenticateAsync(GatewayModel gateway, string? credential, CancellationToken cancellationToken)
    {
        // Hash and look-up happen for any request, so that a missing key takes as long as a wrong one. That somebody configured the hash of
        // nothing must not let in all who send nothing.
        var hash = KeyHash.Of(credential);
        if (gateway.Access.Keys.TryGetValue(hash, out var declared) && !hash.Equals(KeyHash.OfNothing))
        {
            return new(declared.ExpiresAt > time.GetUtcNow()
                ? CallerOf(declared.Tenant, declared.Id, declared.Scope, gateway)
                : (null, ApiError.KeyExpired));
        }

        if (keys.TryFind(hash, out var key))
        {
            return new(AuthenticateKey(gateway, key));
        }

        if (gateway.Access.Issuers.Count > 0 && TokenValidator.IsToken(credential))
        {
            return AuthenticateTokenAsync(gateway, credential!, cancellationToken);
        }

        // What cannot have been made here is unknown whether or not the store answers.
        return new((null, keys.IsFresh || !ApiKey.IsWellFormed(credential) ? ApiError.InvalidApiKey : ApiError.KeysUnavailable));
    }

    private (Caller? Caller, ApiError? Error) AuthenticateKey(GatewayModel gateway, RuntimeKey key)
    {
        if (key.IsRevoked)
        {
            return (null, ApiError.KeyRevoked);
        }

        if (key.EndsAt != RuntimeKey.Never && key.EndsAt <= time.GetUtcNow().ToUnixTimeSeconds())
        {
            return (null, ApiError.KeyExpired);
        }

        // The configuration may no longer have the tenant; the key comes back to life with it.
        return key.Grant.Scope is { } scope && key.Grant.TenantIn(gateway.Access) is { } tenant
            ? CallerOf(tenant, key.Id.ToString(), scope, gateway)
            : (null, ApiError.InvalidApiKey);
    }

    // What class the requests of a key have at least must be known, or they would be of none.
    private static (Caller? Caller, ApiError? Error) CallerOf(TenantModel tenant, string keyId, KeyScope scope, GatewayModel gateway) =>
        gateway.Access.FloorOf(scope) is { } floor ? (new Caller(tenant, keyId, scope, gateway, floor), null) : (null, ApiError.KeyClassUnknown(scope.DataClass!));

    private async ValueTask<(Caller? Caller, ApiError? Error)> AuthenticateTokenAsync(GatewayModel gateway, string credential, CancellationToken cancellationToken)
    {
        var (token, error) = await tokens.ValidateAsync(credential, gateway.Access.Issuers, cancellationToken);
        if (token is null)
        {
            return (null, error);
        }

        return token.Tenants switch
        {
            [var name] when gateway.Access.Tenants.TryGetValue(name, out var tenant) => CallerOf(tenant, token.Id, token.Issuer.Scope, gateway),
            [_] => (null, ApiError.NoTenant($"The tenant that the token names (claim `{token.Issuer.TenantClaim}`) does not exist here.")),
            [] => (null, ApiError.NoTenant($"The token names no tenant of this gateway (claim `{token.Issuer.TenantClaim}`).")),
            _ => (null, ApiError.NoTenant($"The token names several tenants (claim `{token.Issuer.TenantClaim}`), and which is meant is not ours to guess.")),
        };
    }
}
