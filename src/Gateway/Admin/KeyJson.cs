using System.ComponentModel;
using Gateway.Tenants;
using Gateway.Tenants.Keys;

namespace Gateway.Admin;

/// <summary>A key, as the admin API and <c>gateway keys --json</c> show it. What opens it is in <see cref="Key"/>, once, when it was just made.</summary>
internal sealed record KeyJson
{
    [Description("key_ and 16 hexadecimal digits.")]
    public required string Id { get; init; }

    public string Object { get; init; } = "key";

    public required string Tenant { get; init; }

    public required string Name { get; init; }

    [Description("store: made at run time. file: declared in the configuration, and changed there.")]
    public required string Source { get; init; }

    [Description("active, expired or revoked.")]
    public required string Status { get; init; }

    [Description("The key itself. Only in the answer that made it: nobody can read it again.")]
    public string? Key { get; init; }

    [Description("Its first characters; null for a declared key, of which only the hash is known.")]
    public string? Prefix { get; init; }

    [Description("What it may be used for, out of what its tenant may. What is left out is not narrowed.")]
    public required ScopeJson Scope { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public DateTimeOffset? RotatedAt { get; init; }

    [Description("After a rotation: until when the key before it works too.")]
    public DateTimeOffset? GraceEndsAt { get; init; }

    public static KeyJson Of(SecretKey made, DateTimeOffset now) => Of(made.Key, now) with { Key = made.Secret };

    public static KeyJson Of(KeyRecord key, DateTimeOffset now) => new()
    {
        Id = key.Id.ToString(),
        Tenant = key.Tenant,
        Name = key.Name,
        Source = "store",
        Status = key.StatusAt(now),
        Prefix = key.Prefix,
        Scope = ScopeJson.Of(key.Scope),
        CreatedAt = ToSeconds(key.CreatedAt),
        CreatedBy = key.CreatedBy,
        ExpiresAt = key.ExpiresAt,
        RevokedAt = ToSeconds(key.RevokedAt),
        RotatedAt = ToSeconds(key.RotatedAt),
        GraceEndsAt = key.GraceEndsAt > now && key.StatusAt(now) == "active" ? key.GraceEndsAt : null,
    };

    public static KeyJson Of(KeyModel key, DateTimeOffset now) => new()
    {
        Id = key.Id,
        Tenant = key.Tenant.Name,
        Name = key.Name,
        Source = "file",
        Status = key.ExpiresAt <= now ? "expired" : "active",
        Scope = ScopeJson.Of(key.Scope),
        ExpiresAt = key.ExpiresAt == DateTimeOffset.MaxValue ? null : key.ExpiresAt,
    };

    // Finer is of no use to anybody, and makes the lists hard to read.
    private static DateTimeOffset? ToSeconds(DateTimeOffset? time) => time is { } value ? DateTimeOffset.FromUnixTimeSeconds(value.ToUnixTimeSeconds()) : null;
}

/// <summary>A page of a list.</summary>
internal sealed record ListJson<T>(IReadOnlyList<T> Data, [property: Description("For the next page, as `cursor`; null on the last.")] string? NextCursor)
{
    public string Object { get; init; } = "list";

    public bool HasMore => NextCursor is not null;
}

internal sealed record CreateKeyJson
{
    [Description("Name of the tenant. An admin of one tenant may leave it out.")]
    public string? Tenant { get; init; }

    [Description("For people: 1 to 128 letters, digits, `.`, `_` or `-`.")]
    public string? Name { get; init; }

    [Description("Models that it may be used for. Default: all of the tenant's.")]
    public IReadOnlyList<string>? Models { get; init; }

    [Description("Endpoints that it may be used for, such as chat.completions. Default: all.")]
    public IReadOnlyList<string>? Endpoints { get; init; }

    [Description("Addresses or CIDR ranges that it may be used from. Default: all.")]
    public IReadOnlyList<string>? Networks { get; init; }

    [Description("Least data class of its requests: public, internal, personal or restricted. Default public.")]
    public string? DataClass { get; init; }

    [Description("Limits of the key, beside those of its tenant: all hold.")]
    public LimitsJson? Limits { get; init; }

    [Description("From when on it is refused, such as 2027-01-31T18:00:00Z. Default: never.")]
    public string? ExpiresAt { get; init; }
}

internal sealed record RotateKeyJson
{
    [Description("How long the key before works too, such as 24h; 0s for not at all. Default 24h, at most 90d.")]
    public string? Grace { get; init; }
}

internal sealed record UpdateKeyJson
{
    [Description("From when on it is refused; null for never.")]
    public required string? ExpiresAt { get; init; }
}

internal sealed record TenantJson(string Name, IReadOnlyList<string> Models)
{
    public string Object { get; init; } = "tenant";
}

internal sealed record ActJson(
    string Id, DateTimeOffset At, string Who, string Role, string Act, string? ObjectId, string? Tenant, string Outcome, string? RequestId)
{
    public string Object { get; init; } = "act";

    public static ActJson Of(AdminAct act) => new(act.Id, act.At, act.Who, act.Role, act.Act, act.Object, act.Tenant, act.Outcome, act.RequestId);
}
