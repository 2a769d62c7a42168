using Gateway.Exchanges;
using Gateway.Routing;

namespace Gateway.Tenants;

/// <summary>
/// Who sent the request, with the configuration that was in force when it came. The request keeps to that snapshot, whatever is loaded meanwhile.
/// </summary>
/// <param name="Tenant">Whose request it is.</param>
/// <param name="KeyId">Id of the key, or what stands for the holder of a token; fit for the ledger.</param>
/// <param name="Scope">What the credential may be used for.</param>
/// <param name="Gateway">The snapshot.</param>
/// <param name="Floor">Least data class of its requests.</param>
internal sealed record Caller(TenantModel Tenant, string KeyId, KeyScope Scope, GatewayModel Gateway, DataClass Floor)
{
    /// <summary>Whether both the tenant and its credential may use the model.</summary>
    public bool MayUse(string model) => Tenant.Models.Contains(model) && Scope.AllowsModel(model);
}
