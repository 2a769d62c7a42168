namespace Gateway.Admin;

/// <summary>What somebody is to the admin side. <see cref="AdminRoles"/> says what each may do.</summary>
internal enum AdminRole
{
    /// <summary>Reads tenants, keys and usage.</summary>
    Viewer,

    /// <summary>A viewer who also makes, rotates and revokes keys.</summary>
    Operator,

    /// <summary>Reads the ledger and the acts of admins.</summary>
    Auditor,

    /// <summary>Keys and usage of one tenant.</summary>
    TenantAdmin,

    /// <summary>Everything.</summary>
    Admin,
}
