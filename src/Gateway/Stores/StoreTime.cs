namespace Gateway.Stores;

/// <summary>Points in time as the tables have them: microseconds since 1970, UTC. PostgreSQL's own times are no finer, and SQLite has none.</summary>
internal static class StoreTime
{
    public static long ToMicroseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
