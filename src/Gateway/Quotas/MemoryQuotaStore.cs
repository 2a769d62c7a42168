using System.Runtime.InteropServices;

namespace Gateway.Quotas;

/// <summary>
/// Counts in this process. Nothing outlives it, so nothing here is ever forgotten by somebody who died; what was used before is told by the ledger
/// (<see cref="QuotaRebuild"/>).
/// </summary>
/// <remarks>
/// One lock for all: all limits of a request are looked at and taken together, which is some hundred nanoseconds, much less than a request costs elsewhere.
/// </remarks>
internal sealed class MemoryQuotaStore(TimeProvider time) : QuotaStore
{
    // Counters looked at whenever a new one is made, so that there are never many more than are in use.
    private const int SweptAtATime = 2;

    // What was asked for a moment ago will be again; to make it anew each time would cost more than to keep it.
    private const long KeptFor = 10 * 60 * 1_000_000L;

    private readonly Lock _lock = new();
    private readonly Dictionary<LimitKey, Counter> _counters = [];
    private readonly List<LimitKey> _keys = [];
    private readonly long _startedAt = time.GetTimestamp();
    private readonly long _origin = Stores.StoreTime.ToMicroseconds(time.GetUtcNow());
    private int _swept;

    /// <summary>Counters in memory.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _keys.Count;
            }
        }
    }

    public override ValueTask<QuotaAnswer> ReserveAsync(Lease lease, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var now = Now();
            var answer = Check(lease.Charges, now);
            foreach (ref var charge in lease.Charges.AsSpan())
            {
                var counter = CounterOf(charge.Limit, now);
                if (answer.IsAdmitted)
                {
                    charge.Place = counter.Reserve(charge.Limit, charge.Reserved, now);
                }

                charge.Left = Math.Max(0, counter.LeftOf(charge.Limit, now));
                charge.Reset = counter.ResetIn(charge.Limit, now);
            }

            return new(answer);
        }
    }

    public override void Settle(Lease lease)
    {
        if (!lease.TrySettle())
        {
            return;
        }

        lock (_lock)
        {
            var now = Now();
            foreach (ref readonly var charge in lease.Charges.AsSpan())
            {
                // One that was swept away had nothing left to settle.
                if (_counters.TryGetValue(charge.Limit.Key, out var counter))
                {
                    counter.Settle(charge.Place, charge.Reserved, charge.Used, now);
                }
            }
        }

        OnFreed();
    }

    public override ValueTask<IReadOnlyList<LimitStatus>> ReadAsync(IReadOnlyList<LimitModel> limits, CancellationToken cancellationToken)
    {
        var statuses = new LimitStatus[limits.Count];
        lock (_lock)
        {
            var now = Now();
            for (var i = 0; i < statuses.Length; i++)
            {
                statuses[i] = _counters.TryGetValue(limits[i].Key, out var counter)
                    ? counter.StatusOf(limits[i], now)
                    : new(limits[i], limits[i].Amount, 0, 0, TimeSpan.Zero);
            }
        }

        return new(statuses);
    }

    public override ValueTask SeedAsync(LimitModel limit, IReadOnlyList<LedgerUse> uses, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var now = Now();
            var counter = CounterOf(limit, now);
            if (!counter.IsSeeded)
            {
                counter.MarkSeeded();
                foreach (var use in uses)
                {
                    counter.Seed(limit, use, now);
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask SetBalanceAsync(LimitModel limit, long paid, long spent, long version, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ((BalanceCounter)CounterOf(limit, Now())).Set(paid, spent, version);
        }

        OnFreed();
        return ValueTask.CompletedTask;
    }

    // All limits are looked at, so that the one is named that stands in the way longest: an empty balance before all, and a slot, which may be free at any moment, behind all.
    private QuotaAnswer Check(Charge[] charges, in QuotaMoment now)
    {
        var refused = -1;
        var longest = TimeSpan.MinValue;
        for (var i = 0; i < charges.Length; i++)
        {
            ref readonly var charge = ref charges[i];
            var limit = charge.Limit;
            if (limit.Key.Measure != QuotaMeasure.Balance && charge.Reserved > limit.Amount)
            {
                return new(QuotaVerdict.TooLarge, i);
            }

            var counter = CounterOf(limit, now);
            if (counter.LeftOf(limit, now) >= charge.Reserved)
            {
                continue;
            }

            var freeIn = limit.Key.Measure == QuotaMeasure.Balance ? TimeSpan.MaxValue : counter.FreeIn(limit, charge.Reserved, now) ?? TimeSpan.Zero;
            if (freeIn > longest)
            {
                (refused, longest) = (i, freeIn);
            }
        }

        return refused < 0 ? new(QuotaVerdict.Admitted)
            : new(QuotaVerdict.Refused, refused, charges[refused].Limit.Key.Measure is QuotaMeasure.Balance or QuotaMeasure.Concurrent ? null : longest);
    }

    private Counter CounterOf(LimitModel limit, in QuotaMoment now)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_counters, limit.Key, out var exists);
        if (exists)
        {
            slot!.AskedAt = now.Microseconds;
            return slot;
        }

        Counter counter = limit.Key.Measure switch
        {
            QuotaMeasure.Concurrent => new SlotCounter(),
            QuotaMeasure.Balance => new BalanceCounter(),
            _ => limit.IsCalendar ? new CalendarCounter() : new SlidingCounter(limit.Key.Window),
        };
        counter.AskedAt = now.Microseconds;
        slot = counter;
        _keys.Add(limit.Key);
        Sweep(now);
        return counter;
    }

    private void Sweep(in QuotaMoment now)
    {
        // Not the one just made, which stands at the end.
        for (var i = 0; i < SweptAtATime && _keys.Count > 1; i++)
        {
            _swept = _swept >= _keys.Count - 1 ? 0 : _swept;
            var key = _keys[_swept];
            if (_counters[key] is var counter && now.Microseconds - counter.AskedAt > KeptFor && counter.IsIdle(now))
            {
                _counters.Remove(key);
                _keys[_swept] = _keys[^2];
                _keys[^2] = _keys[^1];
                _keys.RemoveAt(_keys.Count - 1);
            }
            else
            {
                _swept++;
            }
        }
    }

    private QuotaMoment Now() => new(_origin + (time.GetElapsedTime(_startedAt).Ticks / TimeSpan.TicksPerMicrosecond), time.GetUtcNow());
}
