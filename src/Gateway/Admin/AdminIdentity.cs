namespace Gateway.Admin;

/// <summary>Who acts on the admin side.</summary>
/// <param name="Name">As the record of acts has it.</param>
/// <param name="Roles">What they are; a token may name several.</param>
/// <param name="Tenant">Whose keys and usage, as <see cref="AdminRole.TenantAdmin"/>.</param>
internal sealed record AdminIdentity(string Name, IReadOnlyList<AdminRole> Roles, string? Tenant);
