namespace Gateway.Quotas.Redis;

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
