namespace Gateway.Quotas;

/// <summary>
/// Windows that end now: a second, a minute, an hour. What is counted stands in buckets, and a bucket counts until all of it is out of the window; so in no window
/// of the length is more than the limit, wherever it begins, and what was taken is back a bucket's length late at most.
/// </summary>
internal static class SlidingWindow
{
    /// <summary>Buckets of a window.</summary>
    public const int Buckets = 25;

    /// <summary>Buckets that may count: those of a window, and the one that is half out of it.</summary>
    public const int Counted = Buckets + 1;

    /// <summary>Length of a window in microseconds.</summary>
    public static long LengthOf(QuotaWindow window) => window switch
    {
        QuotaWindow.Second => 1_000_000,
        QuotaWindow.Minute => 60_000_000,
        QuotaWindow.Hour => 3_600_000_000,
        _ => throw new ArgumentOutOfRangeException(nameof(window)),
    };

    /// <summary>Length of a bucket in microseconds: 40 ms, 2.4 s, 144 s.</summary>
    public static long BucketOf(QuotaWindow window) => LengthOf(window) / Buckets;

    /// <summary>When a bucket counts no more: its end is a whole window ago.</summary>
    /// <param name="bucket">Its number: microseconds divided by <see cref="BucketOf"/>.</param>
    /// <param name="window">Its window.</param>
    public static long LeavesAt(long bucket, QuotaWindow window) => ((bucket + 1) * BucketOf(window)) + LengthOf(window);
}
