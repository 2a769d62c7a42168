using System.Collections.Frozen;
using System.Net;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Configuration.Validators;
using Gateway.Quotas;
using Gateway.Tenants.Jwt;

namespace Gateway.Tenants;

/// <summary>Who is known to the configuration: part of the snapshot that requests go by.</summary>
/// <param name="Tenants">Tenants by name.</param>
/// <param name="Keys">Declared keys by hash.</param>
/// <param name="Admins">Admins by the hash of their key.</param>
/// <param name="Issuers">Issuers of tokens by their <c>iss</c>.</param>
/// <param name="TrustedProxies">See <see cref="ClientAddress"/>.</param>
internal sealed record AccessModel(
    FrozenDictionary<string, TenantModel> Tenants,
    FrozenDictionary<KeyHash, KeyModel> Keys,
    FrozenDictionary<KeyHash, AdminIdentity> Admins,
    FrozenDictionary<string, JwtIssuer> Issuers,
    IReadOnlyList<IPNetwork> TrustedProxies)
{
    /// <param name="config">A configuration without errors.</param>
    /// <param name="issuers">Its issuers.</param>
    public static AccessModel Of(GatewayConfig config, FrozenDictionary<string, JwtIssuer> issuers)
    {
        var allModels = config.Models.Select(m => m.Name).ToFrozenSet(StringComparer.Ordinal);
        var tenants = config.Tenants.ToFrozenDictionary(t => t.Name, t => new TenantModel(t.Name, ModelsOf(t, allModels)) { KeyPolicy = t.KeyPolicy, Quota = TenantQuota.Of(t, config) }, StringComparer.Ordinal);
        return new(
            tenants,
            config.Tenants.SelectMany(t => t.Keys.Select(k => KeyOf(tenants[t.Name], k))).ToFrozenDictionary(k => k.Hash),
            config.Admins.ToFrozenDictionary(a => KeyHash.FromHex(a.Sha256), a => new AdminIdentity(a.Name, [a.Role], a.Tenant)),
            issuers,
            [.. config.Listen.TrustedProxies.Select(n => Networks.TryParse(n, out var network) ? network : throw new FormatException(n))]);
    }

    private static FrozenSet<string> ModelsOf(TenantConfig tenant, FrozenSet<string> allModels) =>
        tenant.Models.Contains(TenantModelsValidator.Every, StringComparer.Ordinal) ? allModels : tenant.Models.ToFrozenSet(StringComparer.Ordinal);

    private static KeyModel KeyOf(TenantModel tenant, KeyConfig key) => new(
        KeyModel.IdOf(tenant.Name, key.Name), key.Name, KeyHash.FromHex(key.Sha256), tenant, KeyScope.Of(key) with { Limits = key.Limits }, key.Expires ?? DateTimeOffset.MaxValue);
}
