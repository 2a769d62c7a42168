using Gateway.Quotas;
using Gateway.Quotas.Redis;
using Gateway.Tests.Testing;
using StackExchange.Redis;

namespace Gateway.Tests.Quotas.Redis;

public sealed class RedisLossTests
{
    // On a machine with much else to do nodes may be slow to come back, and still are to be waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [RedisFact]
    public async Task A_Redis_that_was_killed_and_comes_back_empty_is_told_what_nodes_know()
    {
        await using var server = await RedisServer.StartAsync();
        var options = RedisNode.OptionsFor(server) with { Recovery = Patience };
        await using var one = await RedisNode.StartAsync(options);
        await using var two = await RedisNode.StartAsync(options);
        await BothAsync(one, two);
        var (tokens, money) = (RedisNode.Limit(QuotaMeasure.Tokens, QuotaWindow.Day, 1000), RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 1000, shares: false));
        Assert.True((await one.UseAsync(tokens, 300, 300)).IsAdmitted);
        var (open, _) = await two.ReserveAsync((tokens, 200), (money, 100));

        await server.KillAsync();
        Assert.NotNull(await one.FaultAsync(f => f is not null));
        Assert.NotNull(await two.FaultAsync(f => f is not null));
        Assert.Equal(QuotaVerdict.Unavailable, (await one.UseAsync(money, 1, 1)).Verdict);
        Assert.Equal(QuotaVerdict.Unavailable, (await one.UseAsync(tokens, 600, 600)).Verdict);
        two.Settle(open, 150);

        await server.StartServerAsync();
        await one.AvailableAsync();
        await two.AvailableAsync();
        Assert.Equal((450, 0), ((await one.ReadAsync(tokens)).Used, (await one.ReadAsync(tokens)).Reserved));
        Assert.Equal(150, (await one.ReadAsync(money)).Used);
        Assert.Equal(550, await CountAdmittedAsync(tokens, one, two));
    }

    [RedisFact]
    public async Task A_Redis_that_was_flushed_is_told_what_nodes_know()
    {
        await using var server = await RedisServer.StartAsync();
        var options = RedisNode.OptionsFor(server) with { Recovery = Patience };
        await using var one = await RedisNode.StartAsync(options);
        await using var two = await RedisNode.StartAsync(options);

        // Only a node that is known of is waited for: without it the one is there again before the other has even noticed.
        await BothAsync(one, two);
        var (tokens, balance) = (RedisNode.Limit(QuotaMeasure.Tokens, QuotaWindow.Minute, 100), RedisNode.Limit(QuotaMeasure.Balance, QuotaWindow.None, 0));

        // 30 was spent before the nodes began.
        await one.Store.SetBalanceAsync(balance, paid: 100, spent: 30, version: 1, CancellationToken.None);
        await one.UseAsync(tokens, 40, 40);
        await two.UseAsync(balance, 25, 20);
        var emptied = new TaskCompletionSource();
        one.Store.Emptied += (_, _) => emptied.TrySetResult();

        await server.ExecuteAsync("FLUSHALL");
        await one.FaultAsync(f => f is not null);
        await one.AvailableAsync();
        await two.AvailableAsync();
        await emptied.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(QuotaVerdict.Unavailable, (await one.UseAsync(balance, 1, 1)).Verdict);
        await one.Store.SetBalanceAsync(balance, paid: 100, spent: 50, version: 1, CancellationToken.None);
        Assert.Equal((50, 50), ((await two.ReadAsync(balance)).Used, (await two.ReadAsync(balance)).Left));
        Assert.Equal(50, await CountAdmittedAsync(balance, one, two));
        Assert.Equal(60, await CountAdmittedAsync(tokens, one, two));
    }

    [RedisFact]
    public async Task Alone_each_node_has_its_share_once_what_others_took_is_out_of_the_window()
    {
        await using var server = await RedisServer.StartAsync();
        var (options, time) = (RedisNode.OptionsFor(server), new ManualTimeProvider());
        await using var one = await RedisNode.StartAsync(options, time);
        await using var two = await RedisNode.StartAsync(options, time);
        var (limit, denied) = (RedisNode.Limit(QuotaMeasure.Requests, QuotaWindow.Minute, 100), RedisNode.Limit(QuotaMeasure.Tokens, QuotaWindow.Minute, 100, shares: false));
        await one.UseAsync(limit, 1, 1);
        await BothAsync(one, two);

        await server.KillAsync();
        await one.FaultAsync(f => f is not null);
        await two.FaultAsync(f => f is not null);
        Assert.Equal(0, await CountAdmittedAsync(limit, two));
        time.Advance(TimeSpan.FromSeconds(66));
        Assert.Equal(100, await CountAdmittedAsync(limit, one, two));
        Assert.Equal(QuotaVerdict.Unavailable, (await one.UseAsync(denied, 1, 1)).Verdict);

        var refused = await one.UseAsync(limit, 1, 1);
        Assert.Equal(QuotaVerdict.Refused, refused.Verdict);
        time.Advance(refused.RetryAfter!.Value);
        Assert.Equal(50, await CountAdmittedAsync(limit, one));
    }

    [RedisFact]
    public async Task A_node_that_never_met_Redis_denies_unless_it_was_told_how_many_nodes_there_are()
    {
        var nowhere = new RedisOptions("127.0.0.1:1", "none") { StartPatience = TimeSpan.Zero };
        var limit = RedisNode.Limit(QuotaMeasure.Requests, QuotaWindow.Minute, 100);
        await using var unknown = await RedisNode.StartAsync(nowhere);
        Assert.Equal(QuotaVerdict.Unavailable, (await unknown.UseAsync(limit, 1, 1)).Verdict);

        var time = new ManualTimeProvider();
        await using var told = await RedisNode.StartAsync(nowhere with { Nodes = 4 }, time);
        Assert.Equal(QuotaVerdict.Unavailable, (await told.UseAsync(limit, 1, 1)).Verdict);
        time.Advance(TimeSpan.FromSeconds(66));
        Assert.Equal(25, await CountAdmittedAsync(limit, told));
    }

    [RedisFact]
    public async Task What_was_reserved_in_an_answer_that_got_lost_is_not_counted()
    {
        await using var server = await RedisServer.StartAsync();
        using var relay = new RedisRelay(server.Port);
        var options = RedisNode.OptionsFor(server);
        await using var node = await RedisNode.StartAsync(options with { Connection = relay.ConnectionString });
        await using var other = await RedisNode.StartAsync(options);
        var money = RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 1000, shares: false);
        Assert.True((await node.UseAsync(money, 100, 100)).IsAdmitted);

        await node.Store.DrainAsync(CancellationToken.None);

        relay.LoseAnswers();
        Assert.Equal(QuotaVerdict.Unavailable, (await node.UseAsync(money, 400, 400)).Verdict);
        Assert.InRange((await other.ReadAsync(money)).Reserved, 400, 900);
        relay.Mend();
        await node.AvailableAsync();
        Assert.Equal((100, 0), ((await other.ReadAsync(money)).Used, (await other.ReadAsync(money)).Reserved));
        Assert.Equal(900, await CountAdmittedAsync(money, node, other));
    }

    [RedisFact]
    public async Task One_request_waits_for_a_Redis_that_hangs_and_no_other()
    {
        await using var server = await RedisServer.StartAsync();
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(server));
        var limit = RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 1000, shares: false);
        await server.SignalAsync("STOP");
        Assert.Equal(QuotaVerdict.Unavailable, (await node.UseAsync(limit, 1, 1)).Verdict);
        Assert.Equal(RedisFault.TimedOut, node.Store.Fault);
        var second = node.Store.ReserveAsync(new Lease("second", [new Charge { Limit = limit, Reserved = 1 }], TimeSpan.FromMinutes(1)), CancellationToken.None);
        Assert.True(second.IsCompleted);
        Assert.Equal(QuotaVerdict.Unavailable, (await second).Verdict);

        await server.SignalAsync("CONT");
        await node.AvailableAsync();
        Assert.Equal(1000, await CountAdmittedAsync(limit, node));
    }

    [RedisFact]
    public async Task What_a_node_held_that_is_gone_comes_back_when_nothing_of_it_can_be_under_way()
    {
        await using var server = await RedisServer.StartAsync();
        using var relay = new RedisRelay(server.Port);
        var time = new ManualTimeProvider();
        var options = RedisNode.OptionsFor(server);
        options = options with { Clock = $"redis.call('LRANGE', '{options.Meta}:clock', 0, 1)" };
        await SetClockAsync(server, options, time);
        await using var gone = await RedisNode.StartAsync(options with { Connection = relay.ConnectionString }, time);
        await using var other = await RedisNode.StartAsync(options, time);
        var (slots, money) = (RedisNode.Limit(QuotaMeasure.Concurrent, QuotaWindow.None, 3), RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 1000));
        await gone.UseAsync(money, 300, 200);
        await gone.ReserveAsync((slots, 1), (money, 400));
        await gone.Store.DrainAsync(CancellationToken.None);

        // An answer that is long has its slot for as long as it lasts, whatever its time-out for silence.
        for (var i = 0; i < 3; i++)
        {
            await AdvanceAsync(80, gone, other);
            Assert.Equal((1, 400), ((await other.ReadAsync(slots)).Reserved, (await other.ReadAsync(money)).Reserved));
        }

        relay.Cut();

        // While its requests may still run, nothing of it is given to others.
        await AdvanceAsync(30, other);
        Assert.Equal(1, (await other.ReadAsync(slots)).Reserved);
        for (var i = 0; i < 5 && (await other.ReadAsync(slots)).Reserved > 0; i++)
        {
            await AdvanceAsync(80, other);
        }

        Assert.Equal(0, (await other.ReadAsync(slots)).Reserved);
        Assert.Equal((200, 0), ((await other.ReadAsync(money)).Used, (await other.ReadAsync(money)).Reserved));
        Assert.Equal(800, await CountAdmittedAsync(money, other));

        async Task AdvanceAsync(int seconds, params RedisNode[] alive)
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            await SetClockAsync(server, options, time);

            // Two signs of life: one tells who is gone, then what they held is looked at.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            foreach (var node in alive)
            {
                var before = node.Metrics.RoundTrips;
                while (node.Metrics.RoundTrips < before + 3)
                {
                    await Task.Delay(20, patience.Token);
                }
            }
        }
    }

    [RedisFact]
    public async Task A_clock_that_is_set_frees_nothing_early_and_holds_nothing_for_ever()
    {
        var server = await RedisServer.SharedAsync();
        var (options, time, wall) = (RedisNode.OptionsFor(server), new ManualTimeProvider(), new ManualTimeProvider());
        options = options with { Clock = $"redis.call('LRANGE', '{options.Meta}:clock', 0, 1)" };
        await SetClockAsync(server, options, wall);
        await using var node = await RedisNode.StartAsync(options, time);
        var limit = RedisNode.Limit(QuotaMeasure.Tokens, QuotaWindow.Minute, 100);
        Assert.Equal(100, await CountAdmittedAsync(limit, node));

        // An hour forward: none of it has passed.
        wall.Advance(TimeSpan.FromHours(1));
        await SetClockAsync(server, options, wall);
        Assert.Equal(QuotaVerdict.Refused, (await node.UseAsync(limit, 1, 1)).Verdict);

        // Five hours back: the minute goes on all the same.
        wall.Advance(TimeSpan.FromHours(-5));
        await SetClockAsync(server, options, wall);
        var refused = await node.UseAsync(limit, 1, 1);
        Assert.Equal(QuotaVerdict.Refused, refused.Verdict);
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(65));
        time.Advance(refused.RetryAfter.Value);
        wall.Advance(refused.RetryAfter.Value);
        await SetClockAsync(server, options, wall);
        Assert.Equal(100, await CountAdmittedAsync(limit, node));
    }

    internal static Task SetClockAsync(RedisServer server, RedisOptions options, TimeProvider time)
    {
        var now = Gateway.Stores.StoreTime.ToMicroseconds(time.GetUtcNow());
        return server.ExecuteAsync(
            "EVAL", "redis.call('DEL', KEYS[1]) return redis.call('RPUSH', KEYS[1], ARGV[1], ARGV[2])", 1, (RedisKey)(options.Meta + ":clock"), now / 1_000_000, now % 1_000_000);
    }

    // Ones until all nodes refuse; how many were admitted.
    private static async Task<int> CountAdmittedAsync(LimitModel limit, params RedisNode[] nodes)
    {
        var admitted = 0;
        foreach (var node in nodes)
        {
            while ((await node.UseAsync(limit, 1, 1)).IsAdmitted)
            {
                admitted++;
            }

            // What it held ahead goes to the others.
            await node.Store.DrainAsync(CancellationToken.None);
        }

        return admitted;
    }

    // Both have seen each other.
    private static async Task BothAsync(RedisNode one, RedisNode two)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        foreach (var node in new[] { one, two })
        {
            var before = node.Metrics.RoundTrips;
            while (node.Metrics.RoundTrips < before + 2)
            {
                await Task.Delay(20, patience.Token);
            }
        }
    }
}
