namespace Gateway.Quotas.Redis;

/// <summary>What the store notes of a lease: where it is counted, and its place among those that are under way.</summary>
internal sealed class RedisLease(Lease lease, RedisCounter[] counters, long expiresAt)
{
    public Lease Lease { get; } = lease;

    public RedisCounter[] Counters { get; } = counters;

    /// <summary>When it counts as forgotten, by Redis's clock in microseconds.</summary>
    public long ExpiresAt { get; } = expiresAt;

    public RedisLease? Previous { get; set; }

    public RedisLease? Next { get; set; }
}

/// <summary>A reservation that waits for Redis's answer.</summary>
internal sealed class PendingReservation(Lease lease, RedisCounter[] counters)
{
    private readonly TaskCompletionSource<QuotaAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Lease Lease { get; } = lease;

    public RedisCounter[] Counters { get; } = counters;

    /// <summary>For each charge, the part of this node's lease that is kept for it meanwhile, and the bucket of that.</summary>
    public (long Amount, RedisBucket? Bucket)[] Held { get; } = new (long, RedisBucket?)[counters.Length];

    /// <summary>For each charge, what is asked for beyond it.</summary>
    public long[] More { get; } = new long[counters.Length];

    /// <summary>Whether it is asked for the second time.</summary>
    public bool IsAgain { get; private set; }

    public Task<QuotaAnswer> Answer => _answer.Task;

    /// <summary>Begins anew, with nothing held.</summary>
    public void AskAgain()
    {
        IsAgain = true;
        Array.Clear(Held);
        foreach (var counter in Counters)
        {
            counter.Pending++;
        }
    }

    public void Complete(QuotaAnswer answer) => _answer.TrySetResult(answer);
}
