namespace Gateway.Quotas;

/// <summary>Counts over a second, a minute or an hour, as <see cref="SlidingWindow"/> says.</summary>
internal sealed class SlidingCounter(QuotaWindow window) : Counter
{
    private readonly long _bucketLength = SlidingWindow.BucketOf(window);
    private readonly Bucket[] _buckets = new Bucket[SlidingWindow.Counted];
    private long _used;
    private long _reserved;

    // Number of the newest bucket that may hold something.
    private long _newest = long.MinValue / 2;

    public override long LeftOf(LimitModel limit, in QuotaMoment now)
    {
        Advance(now);
        return limit.Amount - _used - _reserved;
    }

    public override TimeSpan? FreeIn(LimitModel limit, long amount, in QuotaMoment now)
    {
        Advance(now);
        var left = limit.Amount - _used - _reserved;
        for (var number = _newest - SlidingWindow.Counted + 1; left < amount && number <= _newest; number++)
        {
            left += BucketAt(number).Total;
            if (left >= amount)
            {
                return Until(number, now);
            }
        }

        return TimeSpan.Zero;
    }

    public override TimeSpan ResetIn(LimitModel limit, in QuotaMoment now)
    {
        Advance(now);
        for (var number = _newest; number > _newest - SlidingWindow.Counted; number--)
        {
            if (BucketAt(number).Total > 0)
            {
                return Until(number, now);
            }
        }

        return TimeSpan.Zero;
    }

    public override long Reserve(LimitModel limit, long amount, in QuotaMoment now)
    {
        Advance(now);
        BucketAt(_newest).Reserved += amount;
        _reserved += amount;
        return _newest;
    }

    public override void Settle(long place, long reserved, long used, in QuotaMoment now)
    {
        Advance(now);
        if (place > _newest - SlidingWindow.Counted)
        {
            ref var bucket = ref BucketAt(place);
            (bucket.Reserved, bucket.Used) = (bucket.Reserved - reserved, bucket.Used + used);
            (_reserved, _used) = (_reserved - reserved, _used + used);
        }
    }

    public override void Seed(LimitModel limit, LedgerUse use, in QuotaMoment now)
    {
        Advance(now);

        // What the clock of the time puts behind now is not to count longer than what is taken now.
        var number = Math.Min(Stores.StoreTime.ToMicroseconds(use.At) / _bucketLength, _newest);
        if (number > _newest - SlidingWindow.Counted)
        {
            BucketAt(number).Used += use.Amount;
            _used += use.Amount;
        }
    }

    public override LimitStatus StatusOf(LimitModel limit, in QuotaMoment now)
    {
        Advance(now);
        return new(limit, limit.Amount, _used, _reserved, ResetIn(limit, now));
    }

    public override bool IsIdle(in QuotaMoment now)
    {
        Advance(now);
        return _used == 0 && _reserved == 0 && ResetIn(null!, now) == TimeSpan.Zero;
    }

    private ref Bucket BucketAt(long number) => ref _buckets[(int)(number % SlidingWindow.Counted)];

    private TimeSpan Until(long number, in QuotaMoment now) =>
        TimeSpan.FromTicks((SlidingWindow.LeavesAt(number, window) - now.Microseconds) * TimeSpan.TicksPerMicrosecond);

    // Empties the buckets that have left the window since the last time.
    private void Advance(in QuotaMoment now)
    {
        var current = now.Microseconds / _bucketLength;
        if (current <= _newest)
        {
            return;
        }

        for (var number = Math.Max(_newest + 1, current - SlidingWindow.Counted + 1); number <= current; number++)
        {
            ref var bucket = ref BucketAt(number);
            (_used, _reserved) = (_used - bucket.Used, _reserved - bucket.Reserved);
            bucket = default;
        }

        _newest = current;
    }

    private struct Bucket
    {
        public long Used;
        public long Reserved;

        public readonly long Total => Used + Reserved;
    }
}
