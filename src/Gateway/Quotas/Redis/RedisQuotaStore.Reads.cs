using StackExchange.Redis;

namespace Gateway.Quotas.Redis;

/// <summary>What is asked beside reservations: how far limits are used, and what the ledger knows.</summary>
internal sealed partial class RedisQuotaStore
{
    private const int MostLimits = 100;

    // A balance lives as long as its tenant may be silent; the ledger has it anyway.
    private const long BalanceLife = 400L * 86_400_000;

    private readonly Dictionary<LimitKey, (long Version, string? Born)> _balances = [];

    public override async ValueTask<IReadOnlyList<LimitStatus>> ReadAsync(IReadOnlyList<LimitModel> limits, CancellationToken cancellationToken)
    {
        // What this node has not told yet is told first.
        await DrainAsync(cancellationToken);
        var statuses = new List<LimitStatus>(limits.Count);
        foreach (var some in limits.Chunk(MostLimits))
        {
            statuses.AddRange(await TryReadAsync(some, cancellationToken) ?? ReadAlone(some));
        }

        return statuses;
    }

    public override async ValueTask SeedAsync(LimitModel limit, IReadOnlyList<LedgerUse> uses, CancellationToken cancellationToken)
    {
        var counter = new RedisCounter(limit, _options.LimitRoot + limit.Key.Text);
        var sums = new SortedDictionary<long, long>();
        foreach (var use in uses)
        {
            // Of a calendar's window its beginning; of sliding ones the last moment of a bucket by the wall's clock, for the script knows how far its own is from that.
            var place = counter.IsCalendar
                ? Stores.StoreTime.ToMicroseconds(CalendarWindow.At(limit.Key.Window, limit.Zone, use.At).Start)
                : (Stores.StoreTime.ToMicroseconds(use.At) / counter.BucketLength * counter.BucketLength) + counter.BucketLength - 1;
            sums[place] = sums.GetValueOrDefault(place) + use.Amount;
        }

        if (sums.Count == 0)
        {
            return;
        }

        List<RedisValue> arguments = [counter.IsSliding ? "s" : "c", counter.BucketLength, LifeOf(limit)];
        foreach (var (place, amount) in sums)
        {
            arguments.AddRange([place, amount]);
        }

        await TellAsync(_seed, [_options.Meta, counter.RedisKey], arguments, cancellationToken);
    }

    public override async ValueTask SetBalanceAsync(LimitModel limit, long paid, long spent, long version, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            // It is told twice a second, and stands there as long as Redis keeps its data.
            if (_born is not null && _balances.GetValueOrDefault(limit.Key) == (version, _born))
            {
                return;
            }
        }

        if (await TellAsync(_balance, [_options.LimitRoot + limit.Key.Text], [paid, spent, version, BalanceLife], cancellationToken))
        {
            lock (_gate)
            {
                _balances[limit.Key] = (version, _born);
            }

            OnFreed();
        }
    }

    private static long LifeOf(LimitModel limit) => limit.Key.Window switch
    {
        QuotaWindow.Day => 3L * 86_400_000,
        QuotaWindow.Week => 9L * 86_400_000,
        QuotaWindow.Month => 33L * 86_400_000,
        var window => (2 * SlidingWindow.LengthOf(window) / 1000) + 60_000,
    };

    private async Task<bool> TellAsync(RedisScript script, RedisKey[] keys, List<RedisValue> arguments, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                // No request waits for what is known to be down.
                _seedMissed = true;
                return false;
            }
        }

        try
        {
            await _link.RunAsync(script, keys, arguments, cancellationToken);
            return true;
        }
        catch (Exception e) when (RedisFault.From(e) is not null)
        {
            // It is asked for again when Redis is back.
            lock (_gate)
            {
                _seedMissed = true;
            }

            return false;
        }
    }

    private async Task<IReadOnlyList<LimitStatus>?> TryReadAsync(LimitModel[] limits, CancellationToken cancellationToken)
    {
        RedisCounter[] counters;
        RedisCall call;
        List<RedisValue> arguments;
        lock (_gate)
        {
            if (_fault is not null || _generation is null)
            {
                return null;
            }

            counters = [.. limits.Select(l => new RedisCounter(l, _options.LimitRoot + l.Key.Text))];
            call = new RedisCall(isBeat: false);
            Array.ForEach(counters, c => call.Add(c));
            arguments = call.Arguments(_node, _generation, _epoch, _clock);
            call.Close();
        }

        try
        {
            var sentAt = _time.GetTimestamp();
            var reply = new RedisReply(await _link.RunAsync(_quota, call.Keys(_options, _node), arguments, cancellationToken));
            return reply.Text() == "ok" ? ReadStatuses(limits, reply, sentAt) : null;
        }
        catch (Exception e) when (RedisFault.From(e) is not null)
        {
            return null;
        }
    }

    private List<LimitStatus> ReadStatuses(LimitModel[] limits, RedisReply reply, long sentAt)
    {
        var (now, wall) = (reply.Number(), reply.Number());
        for (var i = 0; i < 3; i++)
        {
            // Nodes, whether it recovers, the number of limits.
            reply.Number();
        }

        var statuses = new List<LimitStatus>(limits.Length);
        lock (_gate)
        {
            _clock.Set(now, wall, sentAt, _time.GetTimestamp());
            foreach (var limit in limits)
            {
                var (_, _, total) = (reply.Text(), reply.Number(), reply.Number());
                var (used, whole, reset) = (reply.Number(), reply.Number(), reply.Number());
                var known = _counters.GetValueOrDefault(limit.Key);

                // What settled here since Redis was told last.
                used += known?.Buckets.Sum(b => b.Used - b.ToldUsed) ?? 0;
                var reserved = Math.Max(0, total - used - (known?.Unused ?? 0));
                statuses.Add(new LimitStatus(limit, limit.Key.Measure == QuotaMeasure.Balance ? whole : limit.Amount, used, reserved, total > 0 ? Span(reset) : TimeSpan.Zero));
            }
        }

        return statuses;
    }

    // What this node knows of itself.
    private List<LimitStatus> ReadAlone(LimitModel[] limits)
    {
        lock (_gate)
        {
            var lower = _clock.Lower();
            return
            [
                .. limits.Select(l => _counters.GetValueOrDefault(l.Key) is { } counter
                    ? new LimitStatus(l, counter.Allowed, counter.Buckets.Sum(b => b.Used), counter.Buckets.Sum(b => b.Reserved), ResetOf(counter, lower))
                    : new LimitStatus(l, l.Amount, 0, 0, TimeSpan.Zero)),
            ];
        }
    }

    private TimeSpan ResetOf(RedisCounter counter, long lower) =>
        counter.Buckets.Select(b => b.LeavesAt(_clock)).Where(at => at < long.MaxValue).Select(at => Span(at - lower)).DefaultIfEmpty(TimeSpan.Zero).Max();
}
