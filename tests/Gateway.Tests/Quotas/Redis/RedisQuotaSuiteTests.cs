using Gateway.Quotas;
using Gateway.Quotas.Redis;
using Gateway.Tests.Testing;
using StackExchange.Redis;

namespace Gateway.Tests.Quotas.Redis;

/// <summary>What every store of counters promises, of one node on a real Redis whose clock the test sets.</summary>
public sealed class RedisQuotaSuiteTests
{
    [RedisFact]
    public Task No_window_ever_has_more_than_its_limit_and_nothing_that_fits_is_refused() => Run(s => s.No_window_ever_has_more_than_its_limit_and_nothing_that_fits_is_refused());

    [RedisFact]
    public Task All_of_a_lease_is_reserved_or_nothing() => Suite.All_of_a_lease_is_reserved_or_nothing();

    [RedisFact]
    public Task A_lease_settles_once_with_a_refund_or_with_what_went_beyond_it() => Suite.A_lease_settles_once_with_a_refund_or_with_what_went_beyond_it();

    [RedisFact]
    public Task What_is_more_than_the_whole_limit_can_never_fit_and_0_lets_nothing_through() => Suite.What_is_more_than_the_whole_limit_can_never_fit_and_0_lets_nothing_through();

    [RedisFact]
    public Task Another_amount_applies_at_once_to_what_is_counted() => Suite.Another_amount_applies_at_once_to_what_is_counted();

    [RedisFact]
    public Task A_balance_is_what_was_paid_less_what_was_spent_and_reserved() => Suite.A_balance_is_what_was_paid_less_what_was_spent_and_reserved();

    [RedisFact]
    public Task What_the_ledger_knows_counts_once() => Suite.What_the_ledger_knows_counts_once();

    [RedisFact]
    public Task However_many_ask_at_once_the_limit_holds() => Suite.However_many_ask_at_once_the_limit_holds();

    private static RedisSuite Suite => new();

    private static Task Run(Action<RedisSuite> test) => Task.Run(() => test(Suite));

    private sealed class RedisSuite : QuotaStoreSuite
    {
        private protected override int Histories => 60;

        private protected override async Task<QuotaHarness> StartAsync() => await RedisHarness.StartAsync();
    }

    private sealed class RedisHarness(RedisServer server, RedisOptions options) : QuotaHarness
    {
        private static readonly DateTimeOffset Start = new(2026, 10, 30, 22, 59, 30, TimeSpan.Zero);

        private readonly ManualTimeProvider _time = new();
        private TimeSpan _step;
        private RedisNode _node = null!;

        public override QuotaStore Store => _node.Store;

        public override TimeSpan Elapsed => _time.GetUtcNow() - new ManualTimeProvider().GetUtcNow();

        public override DateTimeOffset Wall => Start + Elapsed + _step;

        public static async Task<RedisHarness> StartAsync()
        {
            var server = await RedisServer.SharedAsync();
            var options = RedisNode.OptionsFor(server);
            var harness = new RedisHarness(server, options with { Clock = $"redis.call('LRANGE', '{options.Meta}:clock', 0, 1)", ClockSlack = TimeSpan.Zero });
            await harness.SetClockAsync();
            harness._node = await RedisNode.StartAsync(harness._options with { Beats = harness._time }, harness._time);
            return harness;
        }

        private readonly RedisOptions _options = options;

        // No call may be on its way meanwhile: it would take as long as the time that passes, hours maybe, where a real one is given up after a fraction of a second. Signs of life
        // go by the same clock, so that none is due before, and one is after; nothing is left to chance.
        public override async Task PassAsync(TimeSpan time)
        {
            await Store.DrainAsync(default);
            _time.Advance(time);
            await SetClockAsync();
            await Store.DrainAsync(default);
        }

        public override async Task StepClockAsync(TimeSpan step)
        {
            await Store.DrainAsync(default);
            _step += step;
            await SetClockAsync();

            // A node hears of it with the next answer, which is there twice a second.
            await Store.ReadAsync([RedisNode.Limit(QuotaMeasure.Requests, QuotaWindow.Hour, 1)], default);
        }

        public override ValueTask DisposeAsync() => _node.DisposeAsync();

        private Task<RedisResult> SetClockAsync()
        {
            var now = Gateway.Stores.StoreTime.ToMicroseconds(Wall);
            return server.ExecuteAsync(
                "EVAL", "redis.call('DEL', KEYS[1]) return redis.call('RPUSH', KEYS[1], ARGV[1], ARGV[2])", 1, (RedisKey)(_options.Meta + ":clock"), now / 1_000_000, now % 1_000_000);
        }
    }
}
