namespace Gateway.Admin;

/// <summary>What an endpoint of the admin API needs; <see cref="AdminRoles"/> says which roles have it.</summary>
internal enum AdminPermission
{
    ReadTenants,
    ReadKeys,
    WriteKeys,
    ReadUsage,

    /// <summary>Single exchanges of the ledger.</summary>
    ReadExchanges,

    /// <summary>Payments of tenants.</summary>
    WriteBalances,
    /// <summary>Where a request would go, and why.</summary>
    Explain,

    /// <summary>What admins did.</summary>
    ReadActs,
}

/// <summary>Metadata of an endpoint of the admin API. One without it is refused to everybody but <see cref="AdminRole.Admin"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PermissionAttribute(AdminPermission permission) : Attribute
{
    public AdminPermission Permission { get; } = permission;
}
