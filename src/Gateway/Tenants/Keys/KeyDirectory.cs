using System.Collections.Concurrent;

namespace Gateway.Tenants.Keys;

/// <summary>
/// The keys made at run time, in memory: a look-up takes one hash and one dictionary and never asks the store. <see cref="KeyRefresh"/> keeps it fresh; it alone
/// writes.
/// </summary>
internal sealed class KeyDirectory(TimeProvider time)
{
    /// <summary>How long after the store last answered a key that is not here counts as unknown; later it might be new.</summary>
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<KeyHash, RuntimeKey> _keys = new();
    private readonly Dictionary<(string Tenant, string Scope), KeyGrant> _grants = [];
    private long _freshAt = -1;

    /// <summary>Secrets, of revoked and expired keys too.</summary>
    public int Count => _keys.Count;

    /// <summary>Whether a key that is not here is unknown. While the store is down, or was never reached, it may be one that was made meanwhile.</summary>
    public bool IsFresh => Volatile.Read(ref _freshAt) is >= 0 and var at && time.GetElapsedTime(at) < FreshFor;

    public bool TryFind(KeyHash hash, out RuntimeKey key) => _keys.TryGetValue(hash, out key);

    /// <summary>Puts a secret in, or in the place of what is known of it.</summary>
    public void Put(StoredSecret secret)
    {
        if (!_grants.TryGetValue((secret.Tenant, secret.Scope), out var grant))
        {
            grant = new KeyGrant(secret.Tenant, ScopeJson.Read(secret.Scope));
            _grants.Add((secret.Tenant, secret.Scope), grant);
        }

        _keys[secret.Hash] = new RuntimeKey(secret.Id, grant, secret.EndsAt, secret.IsRevoked);
    }

    /// <summary>Forgets all, and that it knew any.</summary>
    public void Clear()
    {
        MarkStale();
        _keys.Clear();
    }

    /// <summary>Notes that all was in that the store had at this moment.</summary>
    /// <param name="timestamp"><see cref="TimeProvider.GetTimestamp"/>.</param>
    public void MarkFresh(long timestamp) => Volatile.Write(ref _freshAt, timestamp);

    /// <summary>Notes that the store does not answer.</summary>
    public void MarkStale() => Volatile.Write(ref _freshAt, -1);
}

/// <summary>A secret and its key, as the store has them.</summary>
internal readonly record struct StoredSecret(KeyHash Hash, KeyId Id, string Tenant, string Scope, uint EndsAt, bool IsRevoked);
