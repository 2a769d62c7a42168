namespace Gateway.Engine;

/// <summary>The time after a failure in which it is not tried again. It doubles from failure to failure. For one thread at a time.</summary>
internal sealed class RetryPause(TimeProvider time)
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private TimeSpan _pause;
    private long _failedAt;

    /// <summary>What is left of it.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = _pause - time.GetElapsedTime(_failedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Fail()
    {
        _failedAt = time.GetTimestamp();
        _pause = _pause == TimeSpan.Zero ? First : _pause * 2 < Longest ? _pause * 2 : Longest;
    }

    public void End() => _pause = TimeSpan.Zero;
}
