namespace Gateway.Quotas;

/// <summary>What became of a reservation.</summary>
/// <param name="Verdict">Admitted, or why not.</param>
/// <param name="Index">Of the charge that stood in the way: the one that does so longest.</param>
/// <param name="RetryAfter">How long until all of the lease fits, if nothing else is taken; null where that cannot be known: of slots and balances.</param>
internal readonly record struct QuotaAnswer(QuotaVerdict Verdict, int Index = 0, TimeSpan? RetryAfter = null)
{
    public bool IsAdmitted => Verdict == QuotaVerdict.Admitted;
}

internal enum QuotaVerdict
{
    Admitted,

    /// <summary>There is no room for it now.</summary>
    Refused,

    /// <summary>It is more than the whole limit, so it can never fit.</summary>
    TooLarge,

    /// <summary>The store cannot say, and the limit denies then.</summary>
    Unavailable,
}
