namespace Gateway.Quotas;

/// <summary>What one limit has counted, in this process. Not safe for concurrent use; <see cref="MemoryQuotaStore"/> guards it.</summary>
internal abstract class Counter
{
    /// <summary>Whether it was told of what was used before it began to count.</summary>
    public bool IsSeeded { get; protected set; }

    /// <summary>When it was last asked for, as <see cref="QuotaMoment.Microseconds"/>.</summary>
    public long AskedAt { get; set; }

    /// <summary>How much is free; less than nothing where the limit was lowered or use went beyond it.</summary>
    public abstract long LeftOf(LimitModel limit, in QuotaMoment now);

    /// <summary>How long until so much is free, if nothing else is taken; null where time alone does not free it.</summary>
    public abstract TimeSpan? FreeIn(LimitModel limit, long amount, in QuotaMoment now);

    /// <summary>How long until nothing counts any more.</summary>
    public abstract TimeSpan ResetIn(LimitModel limit, in QuotaMoment now);

    /// <summary>Counts a reservation.</summary>
    /// <returns>Where it was counted, for <see cref="Settle"/>.</returns>
    public abstract long Reserve(LimitModel limit, long amount, in QuotaMoment now);

    /// <summary>Puts what was used in the place of what was reserved.</summary>
    public abstract void Settle(long place, long reserved, long used, in QuotaMoment now);

    /// <summary>Counts use from before.</summary>
    public abstract void Seed(LimitModel limit, LedgerUse use, in QuotaMoment now);

    public abstract LimitStatus StatusOf(LimitModel limit, in QuotaMoment now);

    /// <summary>Whether a new counter would say the same.</summary>
    public abstract bool IsIdle(in QuotaMoment now);

    public void MarkSeeded() => IsSeeded = true;
}

/// <summary>A moment by two clocks.</summary>
/// <param name="Microseconds">By one that never goes back, near those since 1970: for windows that end now.</param>
/// <param name="Wall">By the one that people see, and set: for days, weeks and months.</param>
internal readonly record struct QuotaMoment(long Microseconds, DateTimeOffset Wall);
