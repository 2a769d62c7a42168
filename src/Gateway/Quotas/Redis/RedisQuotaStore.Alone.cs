namespace Gateway.Quotas.Redis;

/// <summary>While Redis cannot be used: a limit denies, or each node goes by a share of it.</summary>
internal sealed partial class RedisQuotaStore
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    // Slots of a limit that this node has never given may be held by others for as long as requests commonly last.
    private static readonly TimeSpan CommonTimeout = TimeSpan.FromMinutes(10);

    private long _lostAt;
    private long _lostAtWall;

    /// <summary>
    /// Goes by what this node knows. What the others took before Redis was lost is not known, so it counts as all of the rest, until it is out of the window; until then just
    /// this node's lease may be used, which Redis had counted. From then on each node has the limit divided by the number of nodes. So the sum never passes the limit.
    /// </summary>
    private QuotaAnswer ReserveAlone(Lease lease, RedisCounter[] counters)
    {
        var (upper, nodes) = (_clock.Upper(), Math.Max(_options.Nodes ?? 0, _alive));
        for (var i = 0; i < counters.Length; i++)
        {
            if (CheckAlone(counters[i], lease.Charges[i].Reserved, nodes, upper) is var (verdict, retryAfter))
            {
                Describe(lease, counters);
                return new QuotaAnswer(verdict, i, retryAfter);
            }
        }

        for (var i = 0; i < counters.Length; i++)
        {
            var bucket = counters[i].Reckon(_clock);
            bucket.Reserved += lease.Charges[i].Reserved;
            lease.Charges[i].Place = bucket.Id;
            MarkDirty(counters[i]);
        }

        Begin(lease, counters, upper);
        for (var i = 0; i < counters.Length; i++)
        {
            lease.Charges[i].Left = Math.Max(0, (counters[i].Limit.Amount / nodes) - counters[i].OwnAt(_clock));
        }

        return new QuotaAnswer(QuotaVerdict.Admitted);
    }

    private (QuotaVerdict Verdict, TimeSpan? RetryAfter)? CheckAlone(RedisCounter counter, long amount, int nodes, long upper)
    {
        // Before anybody told what was paid in, nothing was.
        if (_fault is null && counter.IsBalance && !_balances.ContainsKey(counter.Key))
        {
            return (QuotaVerdict.Refused, null);
        }

        // How many others there are is not known to a node that never met Redis and was not told.
        if (!counter.Limit.SharesWithoutStore || !counter.Limit.IsRate || nodes == 0)
        {
            return (QuotaVerdict.Unavailable, AskAgain);
        }

        var bucket = counter.Reckon(_clock);
        if (nodes > 1 && upper < OthersCountUntil(counter))
        {
            return counter.HasLease(amount, _clock) ? null : (QuotaVerdict.Unavailable, AskAgain);
        }

        var share = counter.Limit.Amount / nodes;
        if (counter.OwnAt(_clock) + amount <= share)
        {
            return null;
        }

        return (QuotaVerdict.Refused, bucket.LeavesAt(_clock) == long.MaxValue ? null : Span(FreeAt(counter, amount, share) - _clock.Lower()));
    }

    // When enough of this node's own use is out of the window for so much more.
    private long FreeAt(RedisCounter counter, long amount, long share)
    {
        var taken = counter.Buckets.Sum(b => b.Reserved + b.Used);
        foreach (var bucket in counter.Buckets.OrderBy(b => b.LeavesAt(_clock)))
        {
            taken -= bucket.Reserved + bucket.Used;
            if (taken + amount <= share)
            {
                return bucket.LeavesAt(_clock);
            }
        }

        return counter.Buckets.Max(b => b.LeavesAt(_clock));
    }

    private long OthersCountUntil(RedisCounter counter)
    {
        if (counter.IsSliding)
        {
            return SlidingWindow.LeavesAt(_lostAt / counter.BucketLength, counter.Key.Window);
        }

        if (counter.IsCalendar)
        {
            var (_, start, end, _) = counter.WindowsAt(_clock.Wall());
            return _lostAtWall < start ? 0 : _clock.FromWall(end);
        }

        var longest = counter.LongestTimeout > CommonTimeout ? counter.LongestTimeout : CommonTimeout;
        return _lostAt + (longest.Ticks / TimeSpan.TicksPerMicrosecond) + TimeoutMargin;
    }
}
