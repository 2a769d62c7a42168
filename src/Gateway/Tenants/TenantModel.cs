using System.Collections.Frozen;
using Gateway.Configuration;
using Gateway.Quotas;
using Gateway.Residency;

namespace Gateway.Tenants;

/// <summary>A tenant, as a request sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Models">Names of the models that it may use.</param>
/// <param name="Policy">Where its data may go.</param>
internal sealed record TenantModel(string Name, FrozenSet<string> Models, ResidencyPolicy Policy)
{
    /// <summary>Bounds on its keys.</summary>
    public KeyPolicyConfig KeyPolicy { get; init; } = new();

    /// <summary>Its limits.</summary>
    public TenantQuota Quota { get; init; } = TenantQuota.None;
}
