using Gateway.Quotas;
using Gateway.Tests.Testing;
using StackExchange.Redis;

namespace Gateway.Tests.Quotas.Redis;

public sealed class RedisQuotaStoreTests
{
    [RedisFact]
    public async Task All_limits_of_an_exchange_are_reserved_or_none()
    {
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(await RedisServer.SharedAsync()));
        var (requests, tokens) = (RedisNode.Limit(QuotaMeasure.Requests, QuotaWindow.Hour, 10), RedisNode.Limit(QuotaMeasure.Tokens, QuotaWindow.Hour, 100));

        var (first, admitted) = await node.ReserveAsync((requests, 1), (tokens, 60));
        var (_, refused) = await node.ReserveAsync((requests, 1), (tokens, 60));
        Assert.True(admitted.IsAdmitted);
        Assert.Equal((QuotaVerdict.Refused, 1), (refused.Verdict, refused.Index));
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(65));
        Assert.Equal((1, 60), ((await node.ReadAsync(requests)).Reserved, (await node.ReadAsync(tokens)).Reserved));

        first.Charges[0].Used = 1;
        first.Charges[1].Used = 20;
        node.Store.Settle(first);
        node.Store.Settle(first);
        var status = await node.ReadAsync(tokens);
        Assert.Equal((20, 0, 80), (status.Used, status.Reserved, status.Left));
        Assert.True((await node.ReserveAsync((requests, 1), (tokens, 80))).Answer.IsAdmitted);
    }

    [RedisFact]
    public async Task What_is_larger_than_the_limit_never_fits()
    {
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(await RedisServer.SharedAsync()));
        Assert.Equal(QuotaVerdict.TooLarge, (await node.UseAsync(RedisNode.Limit(QuotaMeasure.Tokens, QuotaWindow.Day, 10), 11, 0)).Verdict);
        Assert.Equal(QuotaVerdict.TooLarge, (await node.UseAsync(RedisNode.Limit(QuotaMeasure.Requests, QuotaWindow.Minute, 0), 1, 0)).Verdict);
    }

    [RedisFact]
    public async Task Money_is_exact_beyond_what_a_double_holds()
    {
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(await RedisServer.SharedAsync()));
        var limit = RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 40_000_000_000_000_001);
        for (var i = 0; i < 5; i++)
        {
            Assert.True((await node.UseAsync(limit, 8_000_000_000_000_000, 8_000_000_000_000_000)).IsAdmitted);
        }

        Assert.Equal(QuotaVerdict.Refused, (await node.UseAsync(limit, 2, 2)).Verdict);
        Assert.True((await node.UseAsync(limit, 1, 1)).IsAdmitted);
        Assert.Equal(QuotaVerdict.Refused, (await node.UseAsync(limit, 1, 1)).Verdict);
        Assert.Equal(limit.Amount, (await node.ReadAsync(limit)).Used);
    }

    [RedisFact]
    public async Task Slots_go_to_whoever_asks_and_come_back()
    {
        var options = RedisNode.OptionsFor(await RedisServer.SharedAsync());
        await using var one = await RedisNode.StartAsync(options);
        await using var two = await RedisNode.StartAsync(options);
        var slots = RedisNode.Limit(QuotaMeasure.Concurrent, QuotaWindow.None, 2);

        var (lease, _) = await one.ReserveAsync((slots, 1));
        Assert.True((await two.ReserveAsync((slots, 1))).Answer.IsAdmitted);
        var (_, refused) = await two.ReserveAsync((slots, 1));
        Assert.Equal((QuotaVerdict.Refused, null), (refused.Verdict, refused.RetryAfter));

        one.Settle(lease, 1);
        await one.Store.DrainAsync(CancellationToken.None);
        Assert.True((await two.ReserveAsync((slots, 1))).Answer.IsAdmitted);
    }

    [RedisFact]
    public async Task A_limit_that_changed_applies_to_what_is_counted()
    {
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(await RedisServer.SharedAsync()));
        var limit = RedisNode.Limit(QuotaMeasure.Tokens, QuotaWindow.Day, 100);
        await node.UseAsync(limit, 50, 50);
        Assert.Equal(QuotaVerdict.Refused, (await node.UseAsync(limit with { Amount = 50 }, 1, 1)).Verdict);
        Assert.True((await node.UseAsync(limit with { Amount = 60 }, 10, 10)).IsAdmitted);
    }

    [RedisFact]
    public async Task A_balance_is_what_was_paid_in_less_what_was_spent()
    {
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(await RedisServer.SharedAsync()));
        var balance = RedisNode.Limit(QuotaMeasure.Balance, QuotaWindow.None, 0);
        Assert.Equal(QuotaVerdict.Refused, (await node.UseAsync(balance, 1, 1)).Verdict);

        await node.Store.SetBalanceAsync(balance, paid: 100, spent: 30, version: 1, CancellationToken.None);
        Assert.True((await node.UseAsync(balance, 50, 40)).IsAdmitted);
        await node.Store.DrainAsync(CancellationToken.None);
        Assert.Equal(QuotaVerdict.Refused, (await node.UseAsync(balance, 31, 31)).Verdict);

        await node.Store.SetBalanceAsync(balance, paid: 150, spent: 70, version: 2, CancellationToken.None);
        await node.Store.SetBalanceAsync(balance, paid: 100, spent: 30, version: 1, CancellationToken.None);
        var status = await node.ReadAsync(balance);
        Assert.Equal((150, 70, 80), (status.Amount, status.Used, status.Left));
    }

    [RedisFact]
    public async Task The_ledger_counts_once_and_not_beside_what_was_counted()
    {
        var options = RedisNode.OptionsFor(await RedisServer.SharedAsync());
        await using var node = await RedisNode.StartAsync(options);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var window in new[] { QuotaWindow.Hour, QuotaWindow.Month })
        {
            var limit = RedisNode.Limit(QuotaMeasure.Tokens, window, 100);
            await node.Store.SeedAsync(limit, [new LedgerUse(now, 20), new LedgerUse(now, 22)], CancellationToken.None);
            await node.UseAsync(limit, 5, 5);
            await node.Store.SeedAsync(limit, [new LedgerUse(now, 47)], CancellationToken.None);
            Assert.Equal(47, (await node.ReadAsync(limit)).Used);
        }
    }

    [RedisFact]
    public async Task No_key_is_without_expiry()
    {
        var server = await RedisServer.SharedAsync();
        var options = RedisNode.OptionsFor(server);
        await using (var node = await RedisNode.StartAsync(options))
        {
            var balance = RedisNode.Limit(QuotaMeasure.Balance, QuotaWindow.None, 0);
            await node.Store.SetBalanceAsync(balance, 100, 0, 1, CancellationToken.None);
            await node.Store.SeedAsync(RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 9), [new LedgerUse(TimeProvider.System.GetUtcNow(), 1)], CancellationToken.None);
            foreach (var window in Enum.GetValues<QuotaWindow>())
            {
                await node.UseAsync(RedisNode.Limit(window == QuotaWindow.None ? QuotaMeasure.Concurrent : QuotaMeasure.Tokens, window, 100), 1, 1);
            }

            await node.UseAsync(balance, 1, 1);
            await node.Store.DrainAsync(CancellationToken.None);
        }

        var keys = ((string[])await server.ExecuteAsync("KEYS", $"{{gw:{options.Prefix}}}*"))!;
        Assert.True(keys.Length > 8, $"{keys.Length} keys");
        foreach (var key in keys)
        {
            Assert.True((long)await server.ExecuteAsync("PTTL", (RedisKey)key) > 0, $"{key} has no expiry");
        }
    }

    [RedisFact]
    public async Task Most_reservations_need_no_round_trip()
    {
        var options = RedisNode.OptionsFor(await RedisServer.SharedAsync());
        await using var one = await RedisNode.StartAsync(options);
        await using var two = await RedisNode.StartAsync(options);
        var (requests, slots) = (RedisNode.Limit(QuotaMeasure.Requests, QuotaWindow.Minute, 1_000_000), RedisNode.Limit(QuotaMeasure.Concurrent, QuotaWindow.None, 10_000));
        var before = one.Metrics.RoundTrips;
        const int Exchanges = 5_000;
        for (var i = 0; i < Exchanges; i++)
        {
            var (lease, answer) = await one.ReserveAsync((requests, 1), (slots, 1));
            Assert.True(answer.IsAdmitted);
            one.Settle(lease, 1);
        }

        Assert.InRange(one.Metrics.RoundTrips - before, 1, Exchanges / 10);
    }
}
