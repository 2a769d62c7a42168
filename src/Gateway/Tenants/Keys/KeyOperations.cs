using Gateway.Admin;
using Gateway.Api;
using Gateway.Configuration;

namespace Gateway.Tenants.Keys;

/// <summary>What can be done with keys made at run time: the same from the admin API and from the command line. Expected failures are values.</summary>
internal sealed class KeyOperations(KeyStore store, TimeProvider time)
{
    /// <summary>How long the secret before stays good when nothing else is said.</summary>
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromHours(24);

    public static readonly TimeSpan LongestGrace = TimeSpan.FromDays(90);

    /// <summary>Makes a key. Its secret is in the result and nowhere else.</summary>
    public async Task<(SecretKey? Key, ApiError? Error)> CreateAsync(AdminCaller caller, KeyDraft draft, CancellationToken cancellationToken)
    {
        // Seconds are all that an expiry has in memory, and all that people write.
        draft = draft with { Tenant = draft.Tenant ?? caller.Grant.Tenant, ExpiresAt = ToSeconds(draft.ExpiresAt) };
        if (draft.Tenant is { } named && !caller.Grant.Covers(named))
        {
            return (null, ApiError.OtherTenant);
        }

        var now = time.GetUtcNow();
        if (draft.Check(caller.Access, now, out var error) is not { } scope)
        {
            return (null, error);
        }

        var policy = caller.Access.Tenants[draft.Tenant!].KeyPolicy;
        var expiresAt = draft.ExpiresAt ?? ToSeconds(now + policy.MaxLife);
        if (CheckLife(policy, expiresAt, now) is { } tooLong)
        {
            return (null, tooLong);
        }

        var secret = ApiKey.Generate();
        var key = new KeyRecord(KeyId.Create(), draft.Tenant!, draft.Name!, ApiKey.Shown(secret), scope, now, caller.Grant.Who.Name) { ExpiresAt = expiresAt };
        return await store.InsertAsync(key, KeyHash.Of(secret), policy.MaxKeys, ActOf("key.create", key, caller), cancellationToken)
            ? (new SecretKey(key, secret), null)
            : (null, ApiError.TooManyKeys(policy.MaxKeys!.Value));
    }

    /// <summary>Keys in the order in which they were made, and where the next page begins.</summary>
    public async Task<(KeyPage? Page, ApiError? Error)> ListAsync(
        AdminCaller caller, string? tenant, PageRequest page, CancellationToken cancellationToken)
    {
        if (tenant is not null && !caller.Grant.Covers(tenant))
        {
            return (null, ApiError.OtherTenant);
        }

        var keys = await store.ListAsync(tenant ?? caller.Grant.Tenant, page.After, page.Limit + 1, cancellationToken);
        var next = keys.Count > page.Limit ? keys[page.Limit - 1] : null;
        return (new KeyPage([.. keys.Take(page.Limit)], next is null ? null : new(Stores.StoreTime.ToMicroseconds(next.CreatedAt), next.Id.ToString())), null);
    }

    /// <summary>One key; that of another tenant than the caller's is as one that is not there.</summary>
    public async Task<(KeyRecord? Key, ApiError? Error)> ShowAsync(AdminCaller caller, string id, CancellationToken cancellationToken) =>
        KeyId.TryParse(id, out var parsed) && await store.FindAsync(parsed, cancellationToken) is { } key && caller.Grant.Covers(key.Tenant)
            ? (key, null)
            : (null, ApiError.KeyNotFound(id, isDeclared: KeyOfFile(caller, id) is not null));

    /// <summary>Gives a key another secret, which is in the result and nowhere else. The one before stays good for the grace.</summary>
    public async Task<(SecretKey? Key, ApiError? Error)> RotateAsync(AdminCaller caller, string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (grace > LongestGrace)
        {
            return (null, ApiError.BadRequest("Invalid 'grace': must be from 0s to 90d.", "grace", "invalid_value"));
        }

        var (key, error) = await ShowAsync(caller, id, cancellationToken);
        var now = time.GetUtcNow();
        if (key is null || key.StatusAt(now) != "active")
        {
            return (null, error ?? ApiError.KeyNotActive(key!.StatusAt(now)));
        }

        var (secret, ends) = (ApiKey.Generate(), ToSeconds(now + grace)!.Value);
        if (!await store.RotateAsync(key.Id, KeyHash.Of(secret), ApiKey.Shown(secret), now, ends, ActOf("key.rotate", key, caller), cancellationToken))
        {
            return (null, ApiError.KeyNotActive("revoked"));
        }

        return (new SecretKey(key with { Prefix = ApiKey.Shown(secret), RotatedAt = now, GraceEndsAt = ends }, secret), null);
    }

    /// <summary>Ends a key now. To revoke it again changes nothing and is no error.</summary>
    public async Task<(KeyRecord? Key, ApiError? Error)> RevokeAsync(AdminCaller caller, string id, CancellationToken cancellationToken)
    {
        var (key, error) = await ShowAsync(caller, id, cancellationToken);
        if (key is null || key.RevokedAt is not null)
        {
            return (key, error);
        }

        await store.RevokeAsync(key.Id, time.GetUtcNow(), ActOf("key.revoke", key, caller), cancellationToken);
        return await ShowAsync(caller, id, cancellationToken);
    }

    /// <summary>Sets when a key expires; null for never. An expired key can be brought back so, a revoked one cannot.</summary>
    public async Task<(KeyRecord? Key, ApiError? Error)> SetExpiryAsync(
        AdminCaller caller, string id, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        expiresAt = ToSeconds(expiresAt);
        if (KeyDraft.CheckExpiry(expiresAt, now) is { } invalid)
        {
            return (null, invalid);
        }

        var (key, error) = await ShowAsync(caller, id, cancellationToken);
        if (key is null || (caller.Access.Tenants.TryGetValue(key.Tenant, out var tenant) && (error = CheckLife(tenant.KeyPolicy, expiresAt, now)) is not null))
        {
            return (null, error);
        }

        return await store.SetExpiryAsync(key.Id, expiresAt, ActOf("key.set_expiry", key, caller), cancellationToken)
            ? (key with { ExpiresAt = expiresAt }, null)
            : (null, ApiError.KeyNotActive("revoked"));
    }

    /// <summary>The declared keys that the caller may see.</summary>
    public static IEnumerable<KeyModel> DeclaredKeys(AdminCaller caller, string? tenant) => caller.Access.Keys.Values
        .Where(k => caller.Grant.Covers(k.Tenant.Name) && (tenant is null || string.Equals(k.Tenant.Name, tenant, StringComparison.Ordinal)))
        .OrderBy(k => k.Tenant.Name, StringComparer.Ordinal).ThenBy(k => k.Name, StringComparer.Ordinal);

    /// <summary>The declared key of this id, if the caller may see it.</summary>
    public static KeyModel? KeyOfFile(AdminCaller caller, string id) => DeclaredKeys(caller, tenant: null).FirstOrDefault(k => string.Equals(k.Id, id, StringComparison.Ordinal));

    private static ApiError? CheckLife(KeyPolicyConfig policy, DateTimeOffset? expiresAt, DateTimeOffset now) =>
        policy.MaxLife is not { } life || expiresAt <= now + life ? null
        : ApiError.BadRequest(
            $"Invalid 'expires_at': keys of this tenant must expire by {Moment.Format(now + life)} (`key_policy.max_life` in the configuration).", "expires_at", "invalid_value");

    private static AdminAct ActOf(string act, KeyRecord key, AdminCaller caller) =>
        new(caller.Grant.Who.Name, ConfigWords.Word(caller.Grant.Role), act, key.Id.ToString(), key.Tenant, AdminAct.Done, caller.RequestId);

    private static DateTimeOffset? ToSeconds(DateTimeOffset? time) => time is { } value ? DateTimeOffset.FromUnixTimeSeconds(value.ToUnixTimeSeconds()) : null;
}

/// <summary>A key with the secret that opens it, to be shown once.</summary>
internal sealed record SecretKey(KeyRecord Key, string Secret)
{
    // The compiler's would print the secret.
    public override string ToString() => Key.Id.ToString();
}

/// <summary>A page of keys.</summary>
internal sealed record KeyPage(IReadOnlyList<KeyRecord> Keys, Stores.PageCursor? Next);
