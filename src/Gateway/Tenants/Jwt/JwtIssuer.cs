using System.Collections.Frozen;
using Gateway.Admin;
using Gateway.Configuration;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tenants.Jwt;

/// <summary>An issuer whose tokens are taken: part of the snapshot that requests go by.</summary>
internal sealed class JwtIssuer(JwtConfig config, SigningKeys keys)
{
    private static readonly FrozenDictionary<string, AdminRole> RoleWords =
        ConfigWords.Of(typeof(AdminRole)).ToFrozenDictionary(w => w.Key, w => (AdminRole)w.Value, StringComparer.Ordinal);

    private readonly FrozenSet<string> _algorithms = config.Algorithms.Select(ConfigWords.Word).ToFrozenSet(StringComparer.Ordinal);
    private readonly FrozenDictionary<string, string>? _tenants = config.Tenants.Count == 0 ? null
        : config.Tenants.ToFrozenDictionary(t => t.Value, t => t.Tenant, StringComparer.Ordinal);

    private readonly FrozenDictionary<string, AdminRole> _roles = config.Roles.Count == 0 ? RoleWords
        : config.Roles.ToFrozenDictionary(r => r.Value, r => r.Role, StringComparer.Ordinal);

    public string Name => config.Name;

    public SigningKeys Keys { get; } = keys;

    /// <summary>What its tokens may be used for.</summary>
    public KeyScope Scope { get; } = KeyScope.Of(config);

    public TimeSpan ClockSkew => config.ClockSkew;

    public string TenantClaim => config.TenantClaim;

    public bool Accepts(string? algorithm) => algorithm is not null && _algorithms.Contains(algorithm);

    /// <summary>How the library is to check a token; its time is not among that, for that goes by <see cref="TimeProvider"/>.</summary>
    public TokenValidationParameters ParametersFor(IReadOnlyList<SecurityKey> signingKeys) => new()
    {
        ValidIssuer = config.Issuer,
        ValidAudiences = config.Audiences,
        ValidAlgorithms = _algorithms,
        IssuerSigningKeys = signingKeys,
        TryAllIssuerSigningKeys = true,
        RequireSignedTokens = true,
        ValidateLifetime = false,
    };

    /// <summary>The tenants that the claims of a token stand for.</summary>
    public IReadOnlyList<string> TenantsOf(TokenClaims claims)
    {
        if (config.Tenant is { } tenant)
        {
            return [tenant];
        }

        var values = claims.Texts(config.TenantClaim);
        return _tenants is null ? values : [.. values.Select(v => _tenants.GetValueOrDefault(v)).OfType<string>().Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The roles that the claims of a token stand for; values that stand for none, such as roles of other systems, are passed over.</summary>
    public IReadOnlyList<AdminRole> RolesOf(TokenClaims claims)
    {
        if (config.RoleClaim is not { } claim)
        {
            return [];
        }

        return [.. claims.Texts(claim).Where(_roles.ContainsKey).Select(v => _roles[v]).Distinct()];
    }
}
