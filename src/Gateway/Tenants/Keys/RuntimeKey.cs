namespace Gateway.Tenants.Keys;

/// <summary>What memory has of one secret of a key made at run time: 24 bytes, for there may be a million.</summary>
/// <param name="Id">Id of the key.</param>
/// <param name="Grant">What it opens; shared by keys that are alike.</param>
/// <param name="EndsAt">From when on it is refused, in seconds since 1970; <see cref="Never"/> for never.</param>
/// <param name="IsRevoked">Whether it was revoked.</param>
internal readonly record struct RuntimeKey(KeyId Id, KeyGrant Grant, uint EndsAt, bool IsRevoked)
{
    /// <summary>In the year 2106, before which every expiry must lie.</summary>
    public const uint Never = uint.MaxValue;

    public static readonly DateTimeOffset LatestExpiry = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
}

/// <summary>A tenant and a scope.</summary>
/// <param name="tenant">Name of the tenant.</param>
/// <param name="scope">The scope; null when it could not be read, which opens nothing.</param>
internal sealed class KeyGrant(string tenant, KeyScope? scope)
{
    private Resolved? _resolved;

    public KeyScope? Scope { get; } = scope;

    /// <summary>The tenant in the configuration that a request goes by; null when it has none of this name.</summary>
    public TenantModel? TenantIn(AccessModel access)
    {
        // Looked up once for each configuration, not for each request.
        if (Volatile.Read(ref _resolved) is { } resolved && ReferenceEquals(resolved.Tenants, access.Tenants))
        {
            return resolved.Tenant;
        }

        access.Tenants.TryGetValue(tenant, out var found);
        Volatile.Write(ref _resolved, new Resolved(access.Tenants, found));
        return found;
    }

    private sealed record Resolved(object Tenants, TenantModel? Tenant);
}
