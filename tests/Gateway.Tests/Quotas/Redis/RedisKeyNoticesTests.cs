using Gateway.Admin;
using Gateway.Quotas.Redis;
using Gateway.Stores;
using Gateway.Tenants;
using Gateway.Tenants.Keys;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Quotas.Redis;

public sealed class RedisKeyNoticesTests
{
    // The clock stands still, so nobody looks: what comes through came by a notice.
    [RedisFact]
    public async Task A_key_that_one_node_revoked_ends_on_the_other_at_once()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        var (options, act) = (RedisNode.OptionsFor(await RedisServer.SharedAsync()), new AdminAct("root", "admin", "key.test", null, null, AdminAct.Done, null));
        await using var one = await Node.StartAsync(test, options);
        await using var other = await Node.StartAsync(test, options);
        await one.Keys.InsertAsync(
            new KeyRecord(new KeyId(1), "acme", "name", "gw_01234567", KeyScope.Everything, DateTimeOffset.UnixEpoch, "root"), KeyHash.Of("a"), most: null, act, default);
        await Eventually.TrueAsync(() => other.Directory.TryFind(KeyHash.Of("a"), out _), "the key is known");
        await one.Keys.RevokeAsync(new KeyId(1), DateTimeOffset.UnixEpoch, act, default);
        await Eventually.TrueAsync(() => other.Directory.TryFind(KeyHash.Of("a"), out var key) && key.IsRevoked, "the key is revoked");
    }

    private sealed class Node : IAsyncDisposable
    {
        private readonly Store _store;
        private readonly KeyRefresh _refresh;
        private readonly RedisLink _link;
        private readonly RedisKeyNotices _notices;

        private Node(TestStore test, RedisOptions options)
        {
            var time = new ManualTimeProvider();
            _store = test.Another(time);
            Keys = new KeyStore(_store, new AdminActStore(_store, time));
            Directory = new KeyDirectory(time);
            _refresh = new KeyRefresh(_store, Keys, Directory, time, NullLogger<KeyRefresh>.Instance);
            _link = new RedisLink(options, new RedisMetrics(null));
            _notices = new RedisKeyNotices(options, _link, Keys, _refresh);
        }

        public KeyStore Keys { get; }

        public KeyDirectory Directory { get; }

        public static async Task<Node> StartAsync(TestStore test, RedisOptions options)
        {
            var node = new Node(test, options);
            await node._refresh.StartAsync(default);
            await node._notices.StartAsync(default);

            // It has subscribed when this ends.
            await node._notices.ExecuteTask!;
            return node;
        }

        public async ValueTask DisposeAsync()
        {
            await _notices.StopAsync(default);
            _notices.Dispose();
            await _refresh.StopAsync(default);
            _refresh.Dispose();
            await _link.DisposeAsync();
            await _store.DisposeAsync();
        }
    }
}
