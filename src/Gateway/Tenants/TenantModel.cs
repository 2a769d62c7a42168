using System.Collections.Frozen;

namespace Gateway.Tenants;

/// <summary>A tenant, as a request sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Models">Names of the models that it may use.</param>
internal sealed record TenantModel(string Name, FrozenSet<string> Models);

/// <summary>A key of a tenant. The key itself is not kept, only its hash.</summary>
internal sealed record KeyModel(string Name, KeyHash Hash, TenantModel Tenant);
