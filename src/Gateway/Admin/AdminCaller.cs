using Gateway.Tenants;

namespace Gateway.Admin;

/// <summary>Who asks for something on the admin side, by what leave, and what the configuration knows at that moment.</summary>
/// <param name="Grant">The leave.</param>
/// <param name="Access">The configuration.</param>
/// <param name="RequestId">Id of the request; null from the command line.</param>
internal sealed record AdminCaller(AdminGrant Grant, AccessModel Access, string? RequestId);
