using System.Data.Common;
using System.Runtime.CompilerServices;
using Gateway.Admin;
using Gateway.Stores;

namespace Gateway.Tenants.Keys;

/// <summary>Keys made at run time, where they last. Each change stands in one transaction with the record of who made it.</summary>
internal sealed class KeyStore(Store store, AdminActStore acts)
{
    /// <summary>PostgreSQL's channel on which nodes tell each other that keys changed.</summary>
    public const string Channel = "gateway_keys";

    private const string Columns = "id, tenant, name, prefix, scope, created_at, created_by, expires_at, revoked_at, rotated_at, grace_ends_at";

    // Seconds; a million rows take some.
    private const int LoadTimeout = 120;

    /// <summary>Raised when this process has changed a key.</summary>
    public event EventHandler? Changed;

    /// <summary>Adds a key with its first secret; false when its tenant has the most keys already that it may have.</summary>
    public Task<bool> InsertAsync(KeyRecord key, KeyHash secret, int? most, AdminAct act, CancellationToken cancellationToken) => ChangeAsync(
        async (transaction, change) =>
        {
            // Changes come one after the other, so two cannot both be the last that fits.
            if (most is { } limit && await CountActiveAsync(transaction, key.Tenant, key.CreatedAt, cancellationToken) >= limit)
            {
                return false;
            }

            await transaction.ExecuteAsync(
                "INSERT INTO api_keys (id, tenant, name, prefix, scope, created_at, created_by, expires_at, change) VALUES (@id, @tenant, @name, @prefix, @scope, @created, @by, @expires, @change)",
                [
                    ("id", key.Id.ToString()), ("tenant", key.Tenant), ("name", key.Name), ("prefix", key.Prefix), ("scope", ScopeJson.Write(key.Scope)),
                    ("created", StoreTime.ToMicroseconds(key.CreatedAt)), ("by", key.CreatedBy), ("expires", ToMicroseconds(key.ExpiresAt)), ("change", change),
                ],
                cancellationToken);
            await InsertSecretAsync(transaction, key.Id, secret, cancellationToken);
            return true;
        },
        act,
        cancellationToken);

    /// <summary>Gives a key another secret; those before it are good until <paramref name="graceEndsAt"/> at most. False when it was revoked or is not there.</summary>
    public Task<bool> RotateAsync(
        KeyId id, KeyHash secret, string prefix, DateTimeOffset now, DateTimeOffset graceEndsAt, AdminAct act, CancellationToken cancellationToken) => ChangeAsync(
        async (transaction, change) =>
        {
            var (key, ends) = (id.ToString(), StoreTime.ToMicroseconds(graceEndsAt));
            var touched = await transaction.ExecuteAsync(
                "UPDATE api_keys SET prefix = @prefix, rotated_at = @now, grace_ends_at = @ends, change = @change WHERE id = @id AND revoked_at IS NULL",
                [("prefix", prefix), ("now", StoreTime.ToMicroseconds(now)), ("ends", ends), ("change", change), ("id", key)],
                cancellationToken);
            if (touched == 0)
            {
                return false;
            }

            await transaction.ExecuteAsync(
                "UPDATE api_key_secrets SET ends_at = @ends WHERE key_id = @id AND (ends_at IS NULL OR ends_at > @ends)", [("ends", ends), ("id", key)], cancellationToken);
            await InsertSecretAsync(transaction, id, secret, cancellationToken);
            return true;
        },
        act,
        cancellationToken);

    /// <summary>Revokes a key, with all its secrets; false when it was revoked already or is not there.</summary>
    public Task<bool> RevokeAsync(KeyId id, DateTimeOffset now, AdminAct act, CancellationToken cancellationToken) => UpdateAsync(
        "UPDATE api_keys SET revoked_at = @value, change = @change WHERE id = @id AND revoked_at IS NULL", id, StoreTime.ToMicroseconds(now), act, cancellationToken);

    /// <summary>Sets when a key expires, or that it never does; false when it was revoked or is not there.</summary>
    public Task<bool> SetExpiryAsync(KeyId id, DateTimeOffset? expiresAt, AdminAct act, CancellationToken cancellationToken) => UpdateAsync(
        "UPDATE api_keys SET expires_at = @value, change = @change WHERE id = @id AND revoked_at IS NULL", id, ToMicroseconds(expiresAt), act, cancellationToken);

    public async Task<KeyRecord?> FindAsync(KeyId id, CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand($"SELECT {Columns} FROM api_keys WHERE id = @id", ("id", id.ToString()));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>Keys in the order in which they were made.</summary>
    /// <param name="tenant">Whose; null for all.</param>
    /// <param name="after">Where the page before ended; null for the first.</param>
    /// <param name="limit">Most keys.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<KeyRecord>> ListAsync(string? tenant, PageCursor? after, int limit, CancellationToken cancellationToken)
    {
        var conditions = new List<string>();
        var parameters = new List<(string, object?)> { ("limit", (long)limit) };
        if (tenant is not null)
        {
            conditions.Add("tenant = @tenant");
            parameters.Add(("tenant", tenant));
        }

        if (after is { } cursor)
        {
            conditions.Add("(created_at, id) > (@at, @id)");
            parameters.AddRange([("at", cursor.At), ("id", cursor.Id)]);
        }

        var where = conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand($"SELECT {Columns} FROM api_keys{where} ORDER BY created_at, id LIMIT @limit", [.. parameters]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<KeyRecord>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(Read(reader));
        }

        return keys;
    }

    /// <summary>How far the store has got.</summary>
    public async Task<KeyStoreState> ReadStateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand("SELECT latest, (SELECT MIN(applied_at) FROM schema_versions) FROM api_key_changes");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new(reader.GetInt64(1), reader.GetInt64(0)) : default;
    }

    /// <summary>All secrets of the keys that changed after the change of this number.</summary>
    public async IAsyncEnumerable<StoredSecret> ReadChangesAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand(
            "SELECT s.sha256, k.id, k.tenant, k.scope, k.expires_at, s.ends_at, k.revoked_at FROM api_keys k JOIN api_key_secrets s ON s.key_id = k.id WHERE k.change > @after",
            ("after", after));
        command.CommandTimeout = LoadTimeout;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // The row is there whole: its columns cost no waiting, and a million rows seven calls each.
            if (ReadSecret(reader) is { } secret)
            {
                yield return secret;
            }
        }
    }

    private Task<bool> UpdateAsync(string sql, KeyId id, long? value, AdminAct act, CancellationToken cancellationToken) => ChangeAsync(
        async (transaction, change) =>
            await transaction.ExecuteAsync(sql, [("value", value), ("change", change), ("id", id.ToString())], cancellationToken) > 0,
        act,
        cancellationToken);

    // What comes to nothing is rolled back, and its record with it.
    private async Task<bool> ChangeAsync(Func<DbTransaction, long, Task<bool>> change, AdminAct act, CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var number = await transaction.ReadNumberAsync("UPDATE api_key_changes SET latest = latest + 1 RETURNING latest", [], cancellationToken);
        if (!await change(transaction, number))
        {
            return false;
        }

        await acts.AddAsync(transaction, act, cancellationToken);
        if (store is PostgreSqlStore)
        {
            await transaction.ExecuteAsync("SELECT pg_notify(@channel, '')", [("channel", Channel)], cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        Changed?.Invoke(this, EventArgs.Empty);
        return true;
    }

    private static Task<long> CountActiveAsync(DbTransaction transaction, string tenant, DateTimeOffset now, CancellationToken cancellationToken) => transaction.ReadNumberAsync(
        "SELECT COUNT(*) FROM api_keys WHERE tenant = @tenant AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now)",
        [("tenant", tenant), ("now", StoreTime.ToMicroseconds(now))],
        cancellationToken);

    private static Task<int> InsertSecretAsync(DbTransaction transaction, KeyId id, KeyHash secret, CancellationToken cancellationToken) => transaction.ExecuteAsync(
        "INSERT INTO api_key_secrets (sha256, key_id) VALUES (@sha256, @id)", [("sha256", secret.ToString()), ("id", id.ToString())], cancellationToken);

    // Null for a row that was not written here: it opens nothing, and must not keep the others out.
    private static StoredSecret? ReadSecret(DbDataReader reader) =>
        KeyHash.TryFromHex(reader.GetString(0), out var hash) && KeyId.TryParse(reader.GetString(1), out var id)
            ? new(hash, id, reader.GetString(2), reader.GetString(3), Math.Min(Seconds(reader, 4), Seconds(reader, 5)), !reader.IsDBNull(6))
            : null;

    private static KeyRecord Read(DbDataReader reader) => new(
        KeyId.TryParse(reader.GetString(0), out var id) ? id : default,
        reader.GetString(1),
        reader.GetString(2),
        reader.GetString(3),
        ScopeJson.Read(reader.GetString(4)) ?? KeyScope.Nothing,
        StoreTime.FromMicroseconds(reader.GetInt64(5)),
        reader.GetString(6))
    {
        ExpiresAt = Time(reader, 7),
        RevokedAt = Time(reader, 8),
        RotatedAt = Time(reader, 9),
        GraceEndsAt = Time(reader, 10),
    };

    private static DateTimeOffset? Time(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : StoreTime.FromMicroseconds(reader.GetInt64(column));

    private static uint Seconds(DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? RuntimeKey.Never : (uint)Math.Clamp(reader.GetInt64(column) / 1_000_000, 0, RuntimeKey.Never);

    private static long? ToMicroseconds(DateTimeOffset? time) => time is { } value ? StoreTime.ToMicroseconds(value) : null;
}

/// <summary>How far a store has got with its changes of keys.</summary>
/// <param name="Born">When its tables were made, by which a store is told from another.</param>
/// <param name="Latest">Number of the latest change.</param>
internal readonly record struct KeyStoreState(long Born, long Latest);
