namespace Gateway.Engine;

/// <summary>The time after a failure in which it is not tried again. It doubles from failure to failure. For one thread at a time.</summary>
/// <param name="time">The clock.</param>
/// <param name="first">After a first failure.</param>
/// <param name="longest">However many there were.</param>
internal sealed class RetryPause(TimeProvider time, TimeSpan first, TimeSpan longest)
{
    /// <summary>After a load that failed.</summary>
    public static readonly TimeSpan First = TimeSpan.FromSeconds(5);

    /// <summary>After many loads that failed.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private TimeSpan _pause;
    private long _failedAt;

    /// <summary>The pause after a load.</summary>
    public RetryPause(TimeProvider time)
        : this(time, First, Longest)
    {
    }

    /// <summary>What is left of it.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = _pause - time.GetElapsedTime(_failedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Begins it, and tells how long it is.</summary>
    public TimeSpan Fail()
    {
        _failedAt = time.GetTimestamp();
        return _pause = _pause == TimeSpan.Zero ? first : _pause * 2 < longest ? _pause * 2 : longest;
    }

    public void End() => _pause = TimeSpan.Zero;
}
