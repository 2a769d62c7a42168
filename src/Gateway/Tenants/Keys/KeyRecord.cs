namespace Gateway.Tenants.Keys;

/// <summary>A key made at run time, as the store has it. What opens it is known by its hash only, which never leaves the store.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Name">For people; need not be unique.</param>
/// <param name="Prefix">The first characters of its secret.</param>
/// <param name="Scope">What it may be used for.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
internal sealed record KeyRecord(KeyId Id, string Tenant, string Name, string Prefix, KeyScope Scope, DateTimeOffset CreatedAt, string CreatedBy)
{
    /// <summary>From when on it is refused; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>When it got its present secret, if not at first.</summary>
    public DateTimeOffset? RotatedAt { get; init; }

    /// <summary>Until when the secrets before the present one are good.</summary>
    public DateTimeOffset? GraceEndsAt { get; init; }

    /// <summary><c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
    public string StatusAt(DateTimeOffset now) => RevokedAt is not null ? "revoked" : ExpiresAt <= now ? "expired" : "active";
}
