using System.Globalization;
using System.Runtime.InteropServices;

namespace Gateway.Quotas.Redis;

/// <summary>
/// Limits that nodes share through Redis. A node takes a part of a limit ahead (a lease), so that most reservations need no round trip; those that do are sent together,
/// one call at a time. Each node keeps count of its own share and is its only author: after anything uncertain it tells Redis what its share is, and nothing is counted
/// twice or lost.
/// </summary>
internal sealed partial class RedisQuotaStore : QuotaStore, IHostedService, IAsyncDisposable
{
    // Beyond its time-out a silent exchange may still be ending.
    private const long TimeoutMargin = 10_000_000;

    // Of all that nodes hold ahead of use, so that less than a tenth of a limit is out of reach of a node that asks; and what a node alone may hold.
    private const double LeasedInSum = 0.06;
    private const double LeasedAlone = 0.25;

    private readonly Lock _gate = new();
    private readonly Dictionary<LimitKey, RedisCounter> _counters = [];
    private readonly Queue<PendingReservation> _pending = new();
    private readonly List<RedisCounter> _dirty = [];
    private readonly RedisOptions _options;
    private readonly RedisLink _link;
    private readonly RedisClock _clock;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisScript _quota;
    private readonly RedisScript _join;
    private readonly RedisScript _seed;
    private readonly RedisScript _balance;
    private readonly RedisScript _reclaim;
    private int _open;
    private RedisFault? _fault = RedisFault.Starting;
    private int _alive;
    private long _aliveAt;

    public RedisQuotaStore(RedisOptions options, RedisLink link, RedisMetrics metrics, TimeProvider time, ILogger<RedisQuotaStore> logger)
    {
        (_options, _link, _time, _logger) = (options, link, time, logger);
        _clock = new RedisClock(time, options.ClockSlack);
        _lostAt = _lostAtWall = _clock.Upper();
        (_quota, _join, _seed, _balance, _reclaim) = (Load("quota"), Load("join"), Load("seed"), Load("balance"), Load("reclaim"));
        metrics.Watch(() => Fault, CountLeases);

        RedisScript Load(string name) => RedisScript.Load(name, options.Clock);
    }

    /// <summary>Why limits are not counted in Redis now; null while they are.</summary>
    public RedisFault? Fault => Volatile.Read(ref _fault);

    public override string? Problem => Fault is { } fault ? $"Redis is not available for quotas: {fault.Reason}" : _isForeign ? $"some limits cannot be counted in Redis: {RedisFault.Foreign.Reason}" : null;

    public override ValueTask<QuotaAnswer> ReserveAsync(Lease lease, CancellationToken cancellationToken)
    {
        PendingReservation pending;
        lock (_gate)
        {
            var counters = CountersOf(lease);
            if (IndexOfTooLarge(lease, counters) is >= 0 and var index)
            {
                Describe(lease, counters);
                return new(new QuotaAnswer(QuotaVerdict.TooLarge, index));
            }

            if (_fault is not null || _isStopping)
            {
                return new(ReserveAlone(lease, counters));
            }

            if (TryReserveLeased(lease, counters))
            {
                return new(new QuotaAnswer(QuotaVerdict.Admitted));
            }

            pending = Ask(lease, counters);
        }

        // A time-out of the call bounds the wait; who goes away meanwhile gives back what was taken, as ever.
        Wake();
        return new(pending.Answer);
    }

    public override void Settle(Lease lease)
    {
        if (!lease.TrySettle() || lease.Note is not RedisCounter[] counters)
        {
            return;
        }

        bool isUrgent, isFreed;
        lock (_gate)
        {
            (isUrgent, isFreed) = SettleLocked(lease, counters);
        }

        if (isUrgent)
        {
            Wake();
        }

        if (isFreed)
        {
            OnFreed();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        await _link.DisposeAsync();
        _wake.Dispose();
    }

    private RedisCounter[] CountersOf(Lease lease)
    {
        var counters = new RedisCounter[lease.Charges.Length];
        for (var i = 0; i < counters.Length; i++)
        {
            counters[i] = CounterOf(lease.Charges[i].Limit);
        }

        return counters;
    }

    private RedisCounter CounterOf(LimitModel limit)
    {
        ref var counter = ref CollectionsMarshal.GetValueRefOrAddDefault(_counters, limit.Key, out _);
        counter ??= new RedisCounter(limit, _options.LimitRoot + limit.Key.Text);
        counter.Limit = limit;
        return counter;
    }

    private static int IndexOfTooLarge(Lease lease, RedisCounter[] counters)
    {
        for (var i = 0; i < counters.Length; i++)
        {
            if (!counters[i].IsBalance && lease.Charges[i].Reserved > counters[i].Limit.Amount)
            {
                return i;
            }
        }

        return -1;
    }

    // All from leases, or nothing.
    private bool TryReserveLeased(Lease lease, RedisCounter[] counters)
    {
        var upper = _clock.Upper();
        for (var i = 0; i < counters.Length; i++)
        {
            if (!counters[i].HasLease(lease.Charges[i].Reserved, _clock) || counters[i].Total > counters[i].Allowed)
            {
                return false;
            }
        }

        for (var i = 0; i < counters.Length; i++)
        {
            counters[i].Current!.Reserved += lease.Charges[i].Reserved;
            lease.Charges[i].Place = counters[i].Current!.Id;
        }

        Begin(lease, counters, upper);
        return true;
    }

    private PendingReservation Ask(Lease lease, RedisCounter[] counters)
    {
        var pending = new PendingReservation(lease, counters);
        for (var i = 0; i < counters.Length; i++)
        {
            // What it holds in vain goes back in the same call.
            counters[i].Pending++;
            MarkDirty(counters[i]);
            if (counters[i].Current is { Free: > 0 } bucket && bucket.IsOpen(_clock))
            {
                var held = Math.Min(bucket.Free, lease.Charges[i].Reserved);
                bucket.Reserved += held;
                pending.Held[i] = (held, bucket);
            }
        }

        _pending.Enqueue(pending);
        return pending;
    }

    // What was reserved is in the buckets; the lease is under way from now on.
    private void Begin(Lease lease, RedisCounter[] counters, long upper)
    {
        _open++;
        lease.Note = counters;
        for (var i = 0; i < counters.Length; i++)
        {
            counters[i].Note(lease.Charges[i].Reserved, lease.Timeout, upper);
            if (counters[i].Find(lease.Charges[i].Place) is { } bucket)
            {
                bucket.TakenAt = upper;
                bucket.HeldUntil = counters[i].HeldFrom(upper, TimeoutMargin);
            }
        }

        Describe(lease, counters);
    }

    private (bool IsUrgent, bool IsFreed) SettleLocked(Lease lease, RedisCounter[] counters)
    {
        _open--;
        lease.Note = null;
        var (isUrgent, isFreed) = (false, false);
        for (var i = 0; i < counters.Length; i++)
        {
            var (counter, charge) = (counters[i], lease.Charges[i]);
            if (counter.Find(charge.Place) is not { } bucket)
            {
                continue;
            }

            var used = counter.Key.Measure == QuotaMeasure.Concurrent ? 0 : Math.Max(0, charge.Used);
            bucket.Reserved -= charge.Reserved;
            bucket.Used += used;
            isFreed |= used < charge.Reserved;
            isUrgent |= bucket.Free < 0 || bucket.Free > MostLeased(counter);
            MarkDirty(counter);
        }

        _isUrgent |= isUrgent;
        return (isUrgent && _fault is null, isFreed);
    }

    private void MarkDirty(RedisCounter counter)
    {
        if (!counter.IsDirty)
        {
            counter.IsDirty = true;
            _dirty.Add(counter);
        }
    }

    // What this node may hold of a limit ahead of use.
    private long MostLeased(RedisCounter counter) =>
        (long)(counter.Allowed * (_alive <= 1 && _options.Nodes is null or 1 ? LeasedAlone : LeasedInSum / Math.Max(_alive, _options.Nodes ?? 1)));

    private void Describe(Lease lease, RedisCounter[] counters)
    {
        var lower = _clock.Lower();
        for (var i = 0; i < counters.Length; i++)
        {
            var counter = counters[i];
            ref var charge = ref lease.Charges[i];
            charge.Left = Math.Clamp(counter.Allowed - counter.Total + counter.Unused, 0, counter.Allowed);
            charge.Reset = TimeSpan.Zero;
            if (counter.Current?.LeavesAt(_clock) is { } leavesAt and < long.MaxValue)
            {
                charge.Reset = Span(leavesAt - lower);
            }
        }
    }

    private int CountLeases()
    {
        lock (_gate)
        {
            return _counters.Values.Count(c => c.Current is { Free: > 0 });
        }
    }

    private static TimeSpan Span(long microseconds) => TimeSpan.FromTicks(Math.Max(0, microseconds) * TimeSpan.TicksPerMicrosecond);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
