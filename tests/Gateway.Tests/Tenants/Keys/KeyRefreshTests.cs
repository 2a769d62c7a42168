using System.Data.Common;
using Gateway.Admin;
using Gateway.Stores;
using Gateway.Tenants;
using Gateway.Tenants.Keys;
using Gateway.Tests.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Tenants.Keys;

public sealed class KeyRefreshTests
{
    private static readonly AdminAct Act = new("root", "admin", "key.test", null, null, AdminAct.Done, null);

    // The clock stands still, so nobody looks: what comes through came by notification.
    [PostgreSqlFact]
    public async Task PostgreSQL_tells_of_a_change_at_once()
    {
        await using var test = await TestStore.CreateAsync("postgresql");
        var writer = new KeyStore(test.Store, new AdminActStore(test.Store, TimeProvider.System));
        await using var node = await Node.StartAsync(test, new ManualTimeProvider());
        await test.ListenerAsync();
        await writer.InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        await Eventually.TrueAsync(() => node.Directory.TryFind(KeyHash.Of("a"), out _), "the key is known");
        await writer.RevokeAsync(new KeyId(1), DateTimeOffset.UnixEpoch, Act, default);
        await Eventually.TrueAsync(() => node.Directory.TryFind(KeyHash.Of("a"), out var key) && key.IsRevoked, "the key is revoked");
    }

    // Nobody is told, as when the connection that listens is broken and not yet replaced: what comes through was seen by looking.
    [Theory, StoreKinds]
    public async Task A_change_that_nobody_tells_of_is_seen_at_the_next_look(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var time = new ManualTimeProvider();
        var writer = new KeyStore(test.Store, new AdminActStore(test.Store, TimeProvider.System));
        await writer.InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        await using var node = await Node.StartAsync(test, time);
        Assert.True(node.Directory.TryFind(KeyHash.Of("a"), out _));

        await test.ExecuteAsync("UPDATE api_key_changes SET latest = latest + 1; UPDATE api_keys SET revoked_at = 1, change = 2");
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(kind == "sqlite" ? KeyRefresh.SqliteInterval : KeyRefresh.PostgreSqlInterval);
                return node.Directory.TryFind(KeyHash.Of("a"), out var key) && key.IsRevoked;
            },
            "the key is revoked");
    }

    [PostgreSqlFact]
    public async Task A_listening_connection_that_was_ended_is_replaced()
    {
        await using var test = await TestStore.CreateAsync("postgresql");
        var time = new ManualTimeProvider();
        var writer = new KeyStore(test.Store, new AdminActStore(test.Store, TimeProvider.System));
        await using var node = await Node.StartAsync(test, time);
        var first = await test.ListenerAsync();
        await test.RowsAsync($"SELECT pg_terminate_backend({first})");
        await Eventually.TrueAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return (await test.ListenersAsync()).Any(pid => pid != first);
            },
            "another connection listens");
        await writer.InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        await Eventually.TrueAsync(() => node.Directory.TryFind(KeyHash.Of("a"), out _), "the key is known");
    }

    [Theory, StoreKinds]
    public async Task Where_an_older_store_stands_in_its_place_keys_that_it_does_not_have_are_forgotten(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var writer = new KeyStore(test.Store, new AdminActStore(test.Store, TimeProvider.System));
        await writer.InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        await writer.InsertAsync(Key(2), KeyHash.Of("b"), most: null, Act, default);
        await using var node = await Node.StartAsync(test, TimeProvider.System);

        await test.ExecuteAsync(
            "UPDATE api_key_changes SET latest = 1; DELETE FROM api_key_secrets WHERE key_id = 'key_0000000000000002'; DELETE FROM api_keys WHERE id = 'key_0000000000000002'");

        await Eventually.TrueAsync(() => !node.Directory.TryFind(KeyHash.Of("b"), out _) && node.Directory.IsFresh, "the key is forgotten");
        Assert.True(node.Directory.TryFind(KeyHash.Of("a"), out _));
    }

    [Fact]
    public async Task A_store_that_is_slow_to_read_holds_up_the_start_for_a_while_only()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        test.Store.Migrate();
        await using var store = new SlowStore(((SqliteStore)test.Store).Path);
        store.Migrate();
        store.Gate.Reset();
        var time = new ManualTimeProvider();
        using var refresh = new KeyRefresh(store, new KeyStore(store, new AdminActStore(store, time)), new KeyDirectory(time), time, NullLogger<KeyRefresh>.Instance);

        var starting = Task.Run(() => refresh.StartAsync(default));
        await time.TimerAsync();
        time.Advance(TimeSpan.FromSeconds(5));
        await starting.WaitAsync(ManualTimeProvider.Guard);

        Assert.True(refresh.IsFirst);
        store.Gate.Set();
        await Eventually.TrueAsync(() => !refresh.IsFirst, "the keys were read");
        await refresh.StopAsync(default);
    }

    // It has got further than the one before, so only its birth tells it from that.
    [Fact]
    public async Task Where_another_store_stands_in_its_place_only_that_ones_keys_are_good()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        await using var other = await TestStore.CreateAsync("sqlite");
        await new KeyStore(test.Store, new AdminActStore(test.Store, TimeProvider.System)).InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        var keys = new KeyStore(other.Store, new AdminActStore(other.Store, TimeProvider.System));
        await keys.InsertAsync(Key(2), KeyHash.Of("b"), most: null, Act, default);
        await keys.InsertAsync(Key(3), KeyHash.Of("c"), most: null, Act, default);
        await using var node = await Node.StartAsync(test, TimeProvider.System);
        Assert.True(node.Directory.TryFind(KeyHash.Of("a"), out _));

        File.Move(Path.Combine(other.Folder, SqliteStore.FileName), Path.Combine(test.Folder, SqliteStore.FileName), overwrite: true);

        await Eventually.TrueAsync(() => node.Directory.TryFind(KeyHash.Of("c"), out _) && node.Directory.IsFresh, "the other's keys are known");
        Assert.True(node.Directory.TryFind(KeyHash.Of("b"), out _));
        Assert.False(node.Directory.TryFind(KeyHash.Of("a"), out _));
    }

    [Fact]
    public async Task With_the_file_gone_known_keys_go_on_and_none_takes_its_place()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        await new KeyStore(test.Store, new AdminActStore(test.Store, TimeProvider.System)).InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        await using var node = await Node.StartAsync(test, TimeProvider.System);

        foreach (var file in Directory.GetFiles(test.Folder))
        {
            File.Delete(file);
        }

        await Eventually.TrueAsync(() => !node.Directory.IsFresh, "the store is down");
        Assert.True(node.Directory.TryFind(KeyHash.Of("a"), out _));
        Assert.Empty(Directory.GetFiles(test.Folder));
    }

    private static KeyRecord Key(ulong id) => new(new KeyId(id), "acme", "name", "gw_01234567", KeyScope.Everything, DateTimeOffset.UnixEpoch, "root");

    /// <summary>A file that answers when the test says so, and blocks who asks until then, as SQLite's driver does.</summary>
    private sealed class SlowStore(string path) : Store
    {
        public ManualResetEventSlim Gate { get; } = new(initialState: true);

        public override string Description => path;

        public override string Dialect => "sqlite";

        protected override TimeProvider Time => TimeProvider.System;

        public override void LockForMigration(DbTransaction transaction)
        {
        }

        public override ValueTask DisposeAsync()
        {
            Gate.Dispose();
            return ValueTask.CompletedTask;
        }

        protected override DbConnection CreateConnection()
        {
            Gate.Wait();
            return new SqliteConnection($"Data Source={path};Pooling=False");
        }
    }

    private sealed class Node : IAsyncDisposable
    {
        private readonly Store _store;
        private readonly KeyRefresh _refresh;

        private Node(TestStore test, TimeProvider time)
        {
            _store = test.Another(time);
            Directory = new KeyDirectory(time);
            _refresh = new KeyRefresh(_store, new KeyStore(_store, new AdminActStore(_store, time)), Directory, time, NullLogger<KeyRefresh>.Instance);
        }

        public KeyDirectory Directory { get; }

        public static async Task<Node> StartAsync(TestStore test, TimeProvider time)
        {
            var node = new Node(test, time);
            await node._refresh.StartAsync(default);
            return node;
        }

        public async ValueTask DisposeAsync()
        {
            await _refresh.StopAsync(default);
            _refresh.Dispose();
            await _store.DisposeAsync();
        }
    }
}

internal static class Listeners
{
    /// <summary>Process id of the connection that listens for keys; waits until there is one.</summary>
    public static async Task<string> ListenerAsync(this TestStore test)
    {
        IReadOnlyList<string> found = [];
        await Eventually.TrueAsync(async () => (found = await test.ListenersAsync()).Count > 0, "somebody listens");
        return found[0];
    }

    public static Task<IReadOnlyList<string>> ListenersAsync(this TestStore test) =>
        test.RowsAsync("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN gateway_keys' AND state = 'idle'");
}
