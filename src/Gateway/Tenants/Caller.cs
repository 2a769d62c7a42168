using Gateway.Routing;

namespace Gateway.Tenants;

/// <summary>
/// Who sent the request, with the configuration that was in force when it came. The request keeps to that snapshot, whatever is loaded meanwhile.
/// </summary>
internal sealed record Caller(TenantModel Tenant, KeyModel Key, GatewayModel Gateway);
