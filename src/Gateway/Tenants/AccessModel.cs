using System.Collections.Frozen;
using System.Net;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Configuration.Validators;
using Gateway.Exchanges;
using Gateway.Quotas;
using Gateway.Residency;
using Gateway.Tenants.Jwt;

namespace Gateway.Tenants;

/// <summary>Who is known to the configuration: part of the snapshot that requests go by.</summary>
/// <param name="Tenants">Tenants by name.</param>
/// <param name="Keys">Declared keys by hash.</param>
/// <param name="Admins">Admins by the hash of their key.</param>
/// <param name="Issuers">Issuers of tokens by their <c>iss</c>.</param>
/// <param name="Classes">Classes of data.</param>
/// <param name="TrustedProxies">See <see cref="ClientAddress"/>.</param>
internal sealed record AccessModel(
    FrozenDictionary<string, TenantModel> Tenants,
    FrozenDictionary<KeyHash, KeyModel> Keys,
    FrozenDictionary<KeyHash, AdminIdentity> Admins,
    FrozenDictionary<string, JwtIssuer> Issuers,
    DataClasses Classes,
    IReadOnlyList<IPNetwork> TrustedProxies)
{
    /// <param name="config">A configuration without errors.</param>
    /// <param name="residency">Its policies.</param>
    /// <param name="issuers">Its issuers.</param>
    public static AccessModel Of(GatewayConfig config, ResidencyModel residency, FrozenDictionary<string, JwtIssuer> issuers)
    {
        var allModels = config.Models.Select(m => m.Name).ToFrozenSet(StringComparer.Ordinal);
        var tenants = config.Tenants.ToFrozenDictionary(
            t => t.Name,
            t => new TenantModel(t.Name, ModelsOf(t, allModels), residency.PolicyOf(t.Name)) { KeyPolicy = t.KeyPolicy, Quota = TenantQuota.Of(t, config) },
            StringComparer.Ordinal);
        return new(
            tenants,
            config.Tenants.SelectMany(t => t.Keys.Select(k => KeyOf(tenants[t.Name], k))).ToFrozenDictionary(k => k.Hash),
            config.Admins.ToFrozenDictionary(a => KeyHash.FromHex(a.Sha256), a => new AdminIdentity(a.Name, [a.Role], a.Tenant)),
            issuers,
            residency.Classes,
            [.. config.Listen.TrustedProxies.Select(n => Networks.TryParse(n, out var network) ? network : throw new FormatException(n))]);
    }

    /// <summary>Least data class of requests with this scope; null when it names one that there is no longer.</summary>
    public DataClass? FloorOf(KeyScope scope) => scope.DataClass is null ? Classes.Lowest : Classes.Find(scope.DataClass);

    private static FrozenSet<string> ModelsOf(TenantConfig tenant, FrozenSet<string> allModels) =>
        tenant.Models.Contains(TenantModelsValidator.Every, StringComparer.Ordinal) ? allModels : tenant.Models.ToFrozenSet(StringComparer.Ordinal);

    private static KeyModel KeyOf(TenantModel tenant, KeyConfig key) => new(
        KeyModel.IdOf(tenant.Name, key.Name), key.Name, KeyHash.FromHex(key.Sha256), tenant, KeyScope.Of(key) with { Limits = key.Limits }, key.Expires ?? DateTimeOffset.MaxValue);
}
