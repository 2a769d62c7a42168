using Gateway.Stores;

namespace Gateway.Quotas.Redis;

/// <summary>
/// What a node knows of a limit: its own share of what is counted in Redis, bucket by bucket, and the sum over all nodes as it was last told. Used under the store's lock.
/// </summary>
internal sealed class RedisCounter(LimitModel limit, string redisKey)
{
    private const long MicrosecondsPerSecond = 1_000_000;

    private readonly long _bucketLength = IsSlidingWindow(limit.Key.Window) ? SlidingWindow.BucketOf(limit.Key.Window) : 0;
    private TimeZoneInfo? _zone;
    private CalendarWindow _before;
    private CalendarWindow _window;
    private CalendarWindow _after;
    private long _second;
    private long _spent;
    private long _spentBefore;

    public LimitKey Key { get; } = limit.Key;

    /// <summary>The limit as it was configured when it was asked for last.</summary>
    public LimitModel Limit { get; set; } = limit;

    public string RedisKey { get; } = redisKey;

    public List<RedisBucket> Buckets { get; } = [];

    /// <summary>Where reservations are counted now, when Redis was asked last.</summary>
    public RedisBucket? Current { get; private set; }

    /// <summary>What all nodes had taken when Redis last said so, with what this node took since; unused leases included.</summary>
    public long Total { get; set; }

    /// <summary>Of a balance, what was paid in.</summary>
    public long Whole { get; set; }

    /// <summary>Whether it waits to tell Redis something.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Reservations that wait for an answer.</summary>
    public int Pending { get; set; }

    /// <summary>The longest that a reservation of it can go on in silence.</summary>
    public TimeSpan LongestTimeout { get; private set; }

    /// <summary>Its place in the call that is being made; -1 outside of one.</summary>
    public int CallIndex { get; set; } = -1;

    /// <summary>The last call that asked for a lease.</summary>
    public RedisCall? Asked { get; set; }

    public bool IsSliding => _bucketLength > 0;

    public bool IsCalendar => Key.Window >= QuotaWindow.Day;

    public bool IsBalance => Key.Measure == QuotaMeasure.Balance;

    /// <summary>Whether what a dead node held would be missing for long, so that others must free it: not where it leaves the window by itself soon.</summary>
    public bool IsReclaimed => Key.Window is not (QuotaWindow.Second or QuotaWindow.Minute);

    public long BucketLength => _bucketLength;

    public long WindowLength => IsSliding ? SlidingWindow.LengthOf(Key.Window) : 0;

    /// <summary>What exchanges of this node have taken in windows that are not over.</summary>
    public long OwnAt(RedisClock clock) => Buckets.Sum(b => b.Counts(clock) ? b.Reserved + b.Used : 0);

    /// <summary>The limit's amount now.</summary>
    public long Allowed => IsBalance ? Whole : Limit.Amount;

    /// <summary>What of it no exchange has.</summary>
    public long Unused => Buckets.Sum(b => Math.Max(0, b.Free));

    /// <summary>Whether so much can be taken without asking: the lease has it, and the bucket that the lease was counted in is still the present one.</summary>
    public bool HasLease(long amount, RedisClock clock) => Current is { } bucket && bucket.Free >= amount && bucket.IsOpen(clock);

    /// <summary>The bucket of a time by Redis's clock, made if need be.</summary>
    public RedisBucket BucketOf(long id)
    {
        foreach (var known in Buckets)
        {
            if (known.Id == id)
            {
                return known;
            }
        }

        var bucket = IsSliding
            ? new RedisBucket(id) { OpenUntil = (id + 1) * _bucketLength, OutAt = SlidingWindow.LeavesAt(id, Key.Window) }
            : IsCalendar ? new RedisBucket(id) { EndsAt = EndOf(id) } : new RedisBucket(id);
        Buckets.Add(bucket);
        return bucket;
    }

    /// <summary>The bucket that Redis counts in now.</summary>
    public RedisBucket Enter(long id) => Current?.Id == id ? Current : Current = BucketOf(id);

    /// <summary>The bucket that would be the present one by this node's own reckoning.</summary>
    public RedisBucket Reckon(RedisClock clock)
    {
        if (IsCalendar)
        {
            SetWindows(clock.Wall());
            return Enter(Microseconds(_window.Start));
        }

        return Enter(IsSliding ? clock.Upper() / _bucketLength : 0);
    }

    public RedisBucket? Find(long id) => Buckets.Find(b => b.Id == id);

    /// <summary>Drops what no longer counts.</summary>
    public void Remove(RedisBucket bucket)
    {
        Buckets.Remove(bucket);
        if (Current == bucket)
        {
            Current = null;
        }
    }

    /// <summary>The beginnings of the windows around a moment, and the end of the last of them: the border may be crossed while the call is on its way.</summary>
    public (long Before, long Start, long End, long After) WindowsAt(long wall)
    {
        SetWindows(wall);
        return (Microseconds(_before.Start), Microseconds(_window.Start), Microseconds(_window.End), Microseconds(_after.End));
    }

    /// <summary>Notes a reservation, for the size of leases.</summary>
    public void Note(long amount, TimeSpan timeout, long upper)
    {
        var second = upper / MicrosecondsPerSecond;
        if (second != _second)
        {
            (_spentBefore, _spent, _second) = (second == _second + 1 ? _spent : 0, 0, second);
        }

        _spent += amount;
        if (timeout > LongestTimeout)
        {
            LongestTimeout = timeout;
        }
    }

    /// <summary>Until when the share of a node may be under way that is not heard of after a moment. To be asked again while something of it is.</summary>
    public long HeldFrom(long moment, long margin) => moment + (LongestTimeout.Ticks / TimeSpan.TicksPerMicrosecond) + margin;

    /// <summary>How much to take ahead: what this node needs until the bucket ends or for a second, and no more than its part of what may be held in sum.</summary>
    /// <param name="most">The node's part.</param>
    /// <param name="upper">The time.</param>
    public long LeaseFor(long most, long upper)
    {
        if (Key.Window == QuotaWindow.None && !IsBalance)
        {
            // Slots come back; those are kept for the next request instead.
            return 0;
        }

        var horizon = IsSliding ? Math.Min(_bucketLength - (upper % _bucketLength), MicrosecondsPerSecond) : MicrosecondsPerSecond;
        var rate = (double)Math.Max(_spent, _spentBefore);
        return Math.Min(most, (long)(rate * horizon / MicrosecondsPerSecond));
    }

    private static bool IsSlidingWindow(QuotaWindow window) => window is QuotaWindow.Second or QuotaWindow.Minute or QuotaWindow.Hour;

    private static long Microseconds(DateTimeOffset time) => StoreTime.ToMicroseconds(time);

    private void SetWindows(long wall)
    {
        var moment = StoreTime.FromMicroseconds(wall);
        if (_window.Start <= moment && moment < _window.End && Equals(_zone, Limit.Zone))
        {
            return;
        }

        _zone = Limit.Zone;
        _window = CalendarWindow.At(Key.Window, _zone, moment);
        _before = CalendarWindow.At(Key.Window, _zone, _window.Start.AddTicks(-1));
        _after = CalendarWindow.At(Key.Window, _zone, _window.End);
    }

    private long EndOf(long start) =>
        start == Microseconds(_before.Start) ? Microseconds(_before.End) : start == Microseconds(_after.Start) ? Microseconds(_after.End) : Microseconds(_window.End);
}

/// <summary>A node's own share of what is counted in a bucket; of a calendar's window the bucket is all of it, of slots and balances there is one.</summary>
internal sealed class RedisBucket(long id)
{
    public long Id { get; } = id;

    /// <summary>What Redis counts as this node's: used, reserved, and the rest of a lease.</summary>
    public long Told { get; set; }

    /// <summary>What Redis knows as used of it.</summary>
    public long ToldUsed { get; set; }

    public long Reserved { get; set; }

    public long Used { get; set; }

    /// <summary>Until when a lease that was counted here may be used, by Redis's clock in microseconds: later it would count in another bucket. Of sliding windows.</summary>
    public long OpenUntil { get; init; } = long.MaxValue;

    /// <summary>When all of it is out of a sliding window.</summary>
    public long OutAt { get; init; } = long.MaxValue;

    /// <summary>When a window of the calendar ends, by the clock on Redis's wall, which may be set; 0 of others.</summary>
    public long EndsAt { get; init; }

    /// <summary>Until when something of it can be under way, if this node is not heard of any more.</summary>
    public long HeldUntil { get; set; }

    /// <summary>What Redis knows of that.</summary>
    public long ToldUntil { get; set; }

    /// <summary>When something of it was last taken.</summary>
    public long TakenAt { get; set; }

    public long Free => Told - Reserved - Used;

    /// <summary>Whether it is where Redis counts now, to the best of this node's knowledge.</summary>
    public bool IsOpen(RedisClock clock) => EndsAt > 0 ? clock.Wall() is var wall && wall >= Id && wall < EndsAt : clock.Upper() < OpenUntil;

    /// <summary>When nothing of it counts any more; <see cref="long.MaxValue"/> for never.</summary>
    public long LeavesAt(RedisClock clock) => EndsAt > 0 ? clock.FromWall(EndsAt) : OutAt;

    /// <summary>Whether it counts in the window that ends now.</summary>
    public bool Counts(RedisClock clock) => EndsAt > 0 ? IsOpen(clock) : OutAt > clock.Lower();
}
