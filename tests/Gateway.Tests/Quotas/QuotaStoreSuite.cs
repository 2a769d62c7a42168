using FsCheck;
using FsCheck.Fluent;
using Gateway.Quotas;

namespace Gateway.Tests.Quotas;

/// <summary>
/// What every store of counters promises, tried by random limits, arrivals, sizes, failures and steps of the clock, against a record of all that was let through.
/// </summary>
public abstract class QuotaStoreSuite
{
    private static readonly TimeZoneInfo Lisbon = TimeZoneInfo.FindSystemTimeZoneById("Europe/Lisbon");

    /// <summary>How many random histories are tried.</summary>
    private protected virtual int Histories => 400;

    /// <summary>Steps of a history.</summary>
    private protected virtual int Steps => 120;

    /// <summary>Windows that histories are about; where time is real, short ones.</summary>
    private protected virtual IReadOnlyList<QuotaWindow> Windows => [QuotaWindow.Second, QuotaWindow.Minute, QuotaWindow.Hour, QuotaWindow.Day, QuotaWindow.Week, QuotaWindow.Month];

    /// <summary>Longest pause between two steps, in milliseconds, by its exponent: small ones are as frequent as large ones.</summary>
    private protected virtual int LongestPause => 100_000_000;

    /// <summary>Part of a limit that may be free while something that fits is refused.</summary>
    private protected virtual double Slack => 0;

    private protected abstract Task<QuotaHarness> StartAsync();

    [Fact]
    public void No_window_ever_has_more_than_its_limit_and_nothing_that_fits_is_refused()
    {
        var limits =
            from window in Gen.Elements<QuotaWindow>([.. Windows])
            from measure in Gen.Elements(QuotaMeasure.Requests, QuotaMeasure.Tokens, QuotaMeasure.Concurrent, QuotaMeasure.Money)
            from amount in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 6)), (4, Gen.Choose(7, 300)))
            select new LimitChoice(measure is QuotaMeasure.Concurrent ? QuotaWindow.None : window, measure, amount);
        var steps =
            from kind in Gen.Choose(0, 99)
            from which in Gen.Choose(0, 1_000_000)
            from size in Gen.Choose(1, 120)
            from exponent in Gen.Choose(0, 1_000)
            select new Step(kind, which, size, exponent / 1_000.0);
        var histories =
            from some in limits.ListOf().Resize(4)
            from one in limits
            from list in steps.ListOf(Steps)
            select (Limits: (LimitChoice[])[one, .. some], Steps: list.ToArray());
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Histories).WithEndSize(4),
            Prop.ForAll(histories.ToArbitrary(), history => Run(history.Limits, history.Steps)));
    }

    [Fact]
    public async Task All_of_a_lease_is_reserved_or_nothing()
    {
        await using var harness = await StartAsync();
        var (wide, narrow) = (Limit("wide", QuotaMeasure.Tokens, QuotaWindow.Hour, 100), Limit("narrow", QuotaMeasure.Requests, QuotaWindow.Hour, 1));
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((wide, 10), (narrow, 1)), default)).IsAdmitted);
        var refused = LeaseOf((wide, 10), (narrow, 1));
        var answer = await harness.Store.ReserveAsync(refused, default);

        Assert.Equal((QuotaVerdict.Refused, 1), (answer.Verdict, answer.Index));
        Assert.Equal(10, (await StatusAsync(harness, wide)).Reserved);
        Assert.Equal((90, 0), (refused.Charges[0].Left, refused.Charges[1].Left));
    }

    [Fact]
    public async Task A_lease_settles_once_with_a_refund_or_with_what_went_beyond_it()
    {
        await using var harness = await StartAsync();
        var limit = Limit("t", QuotaMeasure.Tokens, QuotaWindow.Hour, 100);
        foreach (var (used, left) in new[] { (3, 97), (60, 37), (50, 0) })
        {
            var lease = LeaseOf((limit, 30));
            Assert.True((await harness.Store.ReserveAsync(lease, default)).IsAdmitted);
            lease.Charges[0].Used = used;
            harness.Store.Settle(lease);
            harness.Store.Settle(lease);
            await harness.Store.DrainAsync(default);
            var status = await StatusAsync(harness, limit);
            Assert.Equal((left, 0), (status.Left, status.Reserved));
        }

        Assert.Equal(113, (await StatusAsync(harness, limit)).Used);
        Assert.Equal(QuotaVerdict.Refused, (await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).Verdict);
    }

    [Fact]
    public async Task What_is_more_than_the_whole_limit_can_never_fit_and_0_lets_nothing_through()
    {
        await using var harness = await StartAsync();
        var (some, none) = (Limit("some", QuotaMeasure.Tokens, QuotaWindow.Minute, 10), Limit("none", QuotaMeasure.Requests, QuotaWindow.Minute, 0));
        var large = await harness.Store.ReserveAsync(LeaseOf((some, 11)), default);
        Assert.Equal((QuotaVerdict.TooLarge, null), (large.Verdict, large.RetryAfter));
        Assert.Equal(QuotaVerdict.TooLarge, (await harness.Store.ReserveAsync(LeaseOf((some, Charges.Most)), default)).Verdict);
        Assert.Equal(QuotaVerdict.TooLarge, (await harness.Store.ReserveAsync(LeaseOf((none, 1)), default)).Verdict);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((some, 10)), default)).IsAdmitted);
    }

    [Fact]
    public async Task Another_amount_applies_at_once_to_what_is_counted()
    {
        await using var harness = await StartAsync();
        var limit = Limit("t", QuotaMeasure.Requests, QuotaWindow.Hour, 2);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        Assert.False((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit with { Amount = 3 }, 1)), default)).IsAdmitted);
        Assert.False((await harness.Store.ReserveAsync(LeaseOf((limit with { Amount = 1 }, 1)), default)).IsAdmitted);
        Assert.Equal(0, (await StatusAsync(harness, limit)).Left);
    }

    [Fact]
    public async Task A_balance_is_what_was_paid_less_what_was_spent_and_reserved()
    {
        await using var harness = await StartAsync();
        var balance = Limit("payer", QuotaMeasure.Balance, QuotaWindow.None, 0);
        Assert.Equal(QuotaVerdict.Refused, (await harness.Store.ReserveAsync(LeaseOf((balance, 1)), default)).Verdict);
        await harness.Store.SetBalanceAsync(balance, paid: 100, spent: 40, version: 1, default);
        var lease = LeaseOf((balance, 50));
        Assert.True((await harness.Store.ReserveAsync(lease, default)).IsAdmitted);
        Assert.Equal((QuotaVerdict.Refused, null), await harness.Store.ReserveAsync(LeaseOf((balance, 11)), default) is var a ? (a.Verdict, a.RetryAfter) : default);
        lease.Charges[0].Used = 20;
        harness.Store.Settle(lease);
        await harness.Store.DrainAsync(default);

        // The ledger has the spending a moment later, and older news of payments come late.
        await harness.Store.SetBalanceAsync(balance, paid: 150, spent: 40, version: 2, default);
        await harness.Store.SetBalanceAsync(balance, paid: 100, spent: 40, version: 1, default);
        var status = await StatusAsync(harness, balance);
        Assert.Equal((150, 60, 0, 90), (status.Amount, status.Used, status.Reserved, status.Left));
    }

    [Fact]
    public async Task What_the_ledger_knows_counts_once()
    {
        await using var harness = await StartAsync();
        var limit = Limit("t", QuotaMeasure.Tokens, QuotaWindow.Hour, 100);
        var at = harness.Wall.AddSeconds(-1);
        await harness.Store.SeedAsync(limit, [new LedgerUse(at, 60)], default);
        await harness.Store.SeedAsync(limit, [new LedgerUse(at, 60)], default);
        Assert.Equal(60, (await StatusAsync(harness, limit)).Used);
        Assert.False((await harness.Store.ReserveAsync(LeaseOf((limit, 41)), default)).IsAdmitted);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit, 40)), default)).IsAdmitted);
    }

    [Fact]
    public async Task However_many_ask_at_once_the_limit_holds()
    {
        await using var harness = await StartAsync();
        var (requests, tokens, slots) = (Limit("r", QuotaMeasure.Requests, QuotaWindow.Hour, 500), Limit("t", QuotaMeasure.Tokens, QuotaWindow.Day, 3_000), Limit("c", QuotaMeasure.Concurrent, QuotaWindow.None, 7));
        var (admitted, used, under, most) = (0, 0L, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 400; i++)
            {
                var lease = LeaseOf((requests, 1), (tokens, random.Next(1, 40)), (slots, 1));
                if ((await harness.Store.ReserveAsync(lease, default)).IsAdmitted)
                {
                    Interlocked.Increment(ref admitted);
                    InterlockedMax(ref most, Interlocked.Increment(ref under));
                    lease.Charges[0].Used = 1;
                    lease.Charges[1].Used = random.Next(0, (int)lease.Charges[1].Reserved + 1);
                    Interlocked.Add(ref used, lease.Charges[1].Used);
                    Interlocked.Decrement(ref under);
                    harness.Store.Settle(lease);
                }
            }
        })));
        await harness.Store.DrainAsync(default);

        Assert.True(admitted <= 500 && used <= 3_000 && most <= 7, $"{admitted} requests, {used} tokens, {most} at a time");
        var statuses = await harness.Store.ReadAsync([requests, tokens, slots], default);
        Assert.Equal([(admitted, 0L), (used, 0L), (0L, 0L)], statuses.Select(s => (s.Used, s.Reserved)));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private protected static LimitModel Limit(string name, QuotaMeasure measure, QuotaWindow window, long amount) => new(
        new LimitKey(QuotaOwner.Tenant, name, "", measure, window, measure is QuotaMeasure.Money or QuotaMeasure.Balance ? "EUR" : "", window >= QuotaWindow.Day ? Lisbon.Id : ""),
        amount,
        Lisbon,
        $"tenant `{name}`",
        SharesWithoutStore: false);

    private protected static Lease LeaseOf(params (LimitModel Limit, long Amount)[] charges) =>
        new($"req-{Guid.NewGuid():N}", [.. charges.Select(c => new Charge { Limit = c.Limit, Reserved = c.Amount })], TimeSpan.FromMinutes(10));

    private static async Task<LimitStatus> StatusAsync(QuotaHarness harness, LimitModel limit) => (await harness.Store.ReadAsync([limit], default))[0];

#pragma warning disable VSTHRD002 // FsCheck takes no tasks; these tests have no context that a wait could block.
    private void Run(LimitChoice[] choices, Step[] steps) => RunAsync(choices, steps).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    private async Task RunAsync(LimitChoice[] choices, Step[] steps)
    {
        await using var harness = await StartAsync();

        // One counter for each thing that is counted: a second limit of it would be merged before it comes here.
        var limits = choices.DistinctBy(c => (c.Measure, c.Window)).Select(c => Limit("t", c.Measure, c.Window, c.Amount)).ToArray();
        var record = new Record(harness);
        var off = TimeSpan.Zero;
        foreach (var step in steps)
        {
            switch (step.Kind)
            {
                case < 50:
                    await record.ReserveAsync(limits, step, Slack);
                    break;
                case < 80:
                    record.Settle(step);
                    await harness.Store.DrainAsync(default);
                    break;
                case < 96:
                    await harness.PassAsync(TimeSpan.FromMilliseconds(Math.Pow(LongestPause, step.Part)));
                    break;
                default:
                    // Wrong by some hours or a day or two, one way or the other.
                    var wrong = TimeSpan.FromHours((step.Which % 100) - 50);
                    await harness.StepClockAsync(wrong - off);
                    off = wrong;
                    break;
            }
        }

        record.SettleAll();
        await harness.Store.DrainAsync(default);
        foreach (var status in await harness.Store.ReadAsync(limits, default))
        {
            Assert.Equal(0, status.Reserved);
            record.AssertUsed(status);
        }
    }

    internal sealed record LimitChoice(QuotaWindow Window, QuotaMeasure Measure, int Amount);

    internal sealed record Step(int Kind, int Which, int Size, double Part);

    /// <summary>What was let through, as an observer from outside knows it.</summary>
    private sealed class Record(QuotaHarness harness)
    {
        private readonly List<Entry> _entries = [];

        public async Task ReserveAsync(LimitModel[] limits, Step step, double slack)
        {
            // Any of the limits, one at least.
            var chosen = limits.Where((_, i) => i == step.Which % limits.Length || (step.Which >> i & 1) == 1).ToArray();
            var lease = LeaseOf([.. chosen.Select(l => (l, l.Key.Measure is QuotaMeasure.Tokens or QuotaMeasure.Money ? (long)step.Size : 1L))]);
            var (before, wall) = (harness.Elapsed, harness.Wall);
            var answer = await harness.Store.ReserveAsync(lease, default);
            var entry = new Entry(lease, before, harness.Elapsed, wall);
            if (answer.IsAdmitted)
            {
                foreach (ref readonly var charge in lease.Charges.AsSpan())
                {
                    var most = charge.Limit.Amount - charge.Reserved;
                    var taken = Certain(charge.Limit, entry);
                    Assert.True(taken <= most, $"{charge.Limit.Key}: {charge.Reserved} were let through where {taken} of {charge.Limit.Amount} were taken");
                }

                _entries.Add(entry);
                return;
            }

            var refusing = lease.Charges[answer.Index];
            var possible = Possible(refusing.Limit, entry);
            Assert.True(
                possible + refusing.Reserved > refusing.Limit.Amount * (1 - slack),
                $"{refusing.Limit.Key}: {refusing.Reserved} were refused where {possible} of {refusing.Limit.Amount} were taken");
            // Where the clock was ahead and was put back, days to come have been used already.
            if (answer.Verdict == QuotaVerdict.Refused && answer.RetryAfter is { } wait && slack == 0 && _entries.TrueForAll(e => e.Wall <= wall))
            {
                await AssertFitsAfterAsync(lease, wait);
            }
        }

        public void Settle(Step step)
        {
            var open = _entries.FindAll(e => !e.IsSettled);
            if (open.Count > 0)
            {
                Settle(open[step.Which % open.Count], step.Size % 5 == 0 ? 0 : step.Part);
            }
        }

        public void SettleAll() => _entries.FindAll(e => !e.IsSettled).ForEach(e => Settle(e, 0.5));

        public void AssertUsed(LimitStatus status)
        {
            if (status.Limit.Key.Measure == QuotaMeasure.Concurrent)
            {
                return;
            }

            var now = new Entry(LeaseOf(), harness.Elapsed, harness.Elapsed, harness.Wall);
            Assert.InRange(status.Used, Certain(status.Limit, now), Possible(status.Limit, now));
        }

        // A client that waits just as long gets in, for all limits at once.
        private async Task AssertFitsAfterAsync(Lease lease, TimeSpan wait)
        {
            await harness.PassAsync(wait);
            var again = LeaseOf([.. lease.Charges.Select(c => (c.Limit, c.Reserved))]);
            var entry = new Entry(again, harness.Elapsed, harness.Elapsed, harness.Wall);
            var answer = await harness.Store.ReserveAsync(again, default);
            if (!answer.IsAdmitted)
            {
                // But for a slot, which no clock frees.
                Assert.Equal(QuotaMeasure.Concurrent, again.Charges[answer.Index].Limit.Key.Measure);
                return;
            }

            _entries.Add(entry);
        }

        private void Settle(Entry entry, double part)
        {
            for (var i = 0; i < entry.Lease.Charges.Length; i++)
            {
                ref var charge = ref entry.Lease.Charges[i];
                charge.Used = charge.Limit.Key.Measure == QuotaMeasure.Requests ? (part == 0 ? 0 : 1) : (long)(charge.Reserved * part);
            }

            harness.Store.Settle(entry.Lease);
            harness.Store.Settle(entry.Lease);
            entry.IsSettled = true;
        }

        // What surely counts in the window of a moment, and what may.
        private long Certain(LimitModel limit, Entry at) => Sum(limit, e => limit.Key.Measure == QuotaMeasure.Concurrent ? !e.IsSettled
            : limit.IsCalendar ? CalendarWindow.At(limit.Key.Window, limit.Zone, e.Wall) == CalendarWindow.At(limit.Key.Window, limit.Zone, at.Wall)
            : at.After - e.Before < Length(limit));

        private long Possible(LimitModel limit, Entry at) => limit.IsCalendar || limit.Key.Measure == QuotaMeasure.Concurrent
            ? Certain(limit, at)
            : Sum(limit, e => at.Before - e.After <= Length(limit) + (Length(limit) / SlidingWindow.Buckets));

        private long Sum(LimitModel limit, Func<Entry, bool> counts)
        {
            var sum = 0L;
            foreach (var entry in _entries)
            {
                var index = Array.FindIndex(entry.Lease.Charges, c => c.Limit.Key.Equals(limit.Key));
                if (index >= 0 && counts(entry))
                {
                    sum += entry.IsSettled && limit.Key.Measure != QuotaMeasure.Concurrent ? entry.Lease.Charges[index].Used : entry.Lease.Charges[index].Reserved;
                }
            }

            return sum;
        }

        private static TimeSpan Length(LimitModel limit) => TimeSpan.FromMicroseconds(SlidingWindow.LengthOf(limit.Key.Window));
    }

    private sealed class Entry(Lease lease, TimeSpan before, TimeSpan after, DateTimeOffset wall)
    {
        public Lease Lease { get; } = lease;

        public TimeSpan Before { get; } = before;

        public TimeSpan After { get; } = after;

        public DateTimeOffset Wall { get; } = wall;

        public bool IsSettled { get; set; }
    }
}
