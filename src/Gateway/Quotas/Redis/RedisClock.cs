namespace Gateway.Quotas.Redis;

/// <summary>
/// Redis's time as a node knows it: what an answer said, and how long ago that was at least and at most. In microseconds since 1970, and only going on.
/// </summary>
internal sealed class RedisClock(TimeProvider time, TimeSpan slack)
{
    // Clocks drift by some seconds a day, which is no harm here; who was away for longer bears no witness.
    private static readonly TimeSpan WitnessFor = TimeSpan.FromDays(7);

    private long _now = -1;
    private long _wall;
    private long _sentAt;
    private long _receivedAt;

    public void Set(long now, long wall, long sentAt, long receivedAt)
    {
        // An answer that was overtaken by a later one.
        if (now >= _now || receivedAt > _receivedAt)
        {
            (_now, _wall, _sentAt, _receivedAt) = (now, wall, sentAt, receivedAt);
        }
    }

    /// <summary>The latest that it can be.</summary>
    public long Upper() => _now < 0 ? Own() : _now + Elapsed(_sentAt);

    /// <summary>The earliest that it can be.</summary>
    public long Lower() => _now < 0 ? Own() : _now + Elapsed(_receivedAt);

    /// <summary>What the clock on its wall shows, for windows of the calendar.</summary>
    public long Wall() => _now < 0 ? Own() : _wall + Elapsed(_sentAt);

    /// <summary>From the wall's time to the one that only goes on.</summary>
    public long FromWall(long wall) => _now < 0 ? wall : wall - _wall + _now;

    /// <summary>The bounds that this node bears witness of; null where it cannot.</summary>
    public (long Low, long High)? Witness() =>
        _now < 0 || time.GetElapsedTime(_receivedAt) > WitnessFor ? null : (Lower(), Upper() + (slack.Ticks / TimeSpan.TicksPerMicrosecond));

    // Before Redis was ever reached.
    private long Own() => Stores.StoreTime.ToMicroseconds(time.GetUtcNow());

    private long Elapsed(long since) => time.GetElapsedTime(since).Ticks / TimeSpan.TicksPerMicrosecond;
}
