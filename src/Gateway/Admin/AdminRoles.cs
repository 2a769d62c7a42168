namespace Gateway.Admin;

/// <summary>Who may do what on the admin side: the one table of it.</summary>
internal static class AdminRoles
{
    private static readonly Dictionary<AdminPermission, AdminRole[]> Holders = new()
    {
        [AdminPermission.ReadTenants] = [AdminRole.Viewer, AdminRole.Operator, AdminRole.TenantAdmin, AdminRole.Admin],
        [AdminPermission.ReadKeys] = [AdminRole.Viewer, AdminRole.Operator, AdminRole.TenantAdmin, AdminRole.Admin],
        [AdminPermission.WriteKeys] = [AdminRole.Operator, AdminRole.TenantAdmin, AdminRole.Admin],
        [AdminPermission.ReadUsage] = [AdminRole.Viewer, AdminRole.Operator, AdminRole.Auditor, AdminRole.TenantAdmin, AdminRole.Admin],
        [AdminPermission.ReadExchanges] = [AdminRole.Auditor, AdminRole.Admin],
        [AdminPermission.WriteBalances] = [AdminRole.Operator, AdminRole.Admin],
        [AdminPermission.Explain] = [AdminRole.Viewer, AdminRole.Operator, AdminRole.Auditor, AdminRole.TenantAdmin, AdminRole.Admin],
        [AdminPermission.ReadActs] = [AdminRole.Auditor, AdminRole.Admin],
    };

    /// <summary>The role by which somebody may do this, and the one tenant that they may do it for; null when they may not.</summary>
    public static AdminGrant? Find(AdminIdentity who, AdminPermission permission)
    {
        var roles = who.Roles.Where(Holders[permission].Contains).ToList();

        // Of several roles the widest counts, which are all but that of one tenant's admin.
        return roles.Exists(r => r != AdminRole.TenantAdmin) ? new AdminGrant(who, roles.First(r => r != AdminRole.TenantAdmin), Tenant: null)
            : roles.Count > 0 && who.Tenant is { } tenant ? new AdminGrant(who, AdminRole.TenantAdmin, tenant)
            : null;
    }
}

/// <summary>Leave to do one thing.</summary>
/// <param name="Who">Who has it.</param>
/// <param name="Role">By which role.</param>
/// <param name="Tenant">The one tenant that it is for; null for all.</param>
internal sealed record AdminGrant(AdminIdentity Who, AdminRole Role, string? Tenant)
{
    /// <summary>Whether it is for this tenant too.</summary>
    public bool Covers(string tenant) => Tenant is null || string.Equals(Tenant, tenant, StringComparison.Ordinal);
}
