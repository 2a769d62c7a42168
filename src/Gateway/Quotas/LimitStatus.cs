namespace Gateway.Quotas;

/// <summary>How far a limit is used.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Amount">How much is allowed; of a balance, all that was paid in.</param>
/// <param name="Used">What settled exchanges used in the window, in the measure's unit.</param>
/// <param name="Reserved">What exchanges under way may use beside it.</param>
/// <param name="Reset">How long until it is whole again, if nothing else is taken.</param>
internal readonly record struct LimitStatus(LimitModel Limit, long Amount, long Used, long Reserved, TimeSpan Reset)
{
    /// <summary>What is left of it; not below 0, though more may be used than is allowed now.</summary>
    public long Left => Math.Max(0, Amount - Used - Reserved);
}

/// <summary>What the ledger knows of the use of a limit.</summary>
/// <param name="At">When it was reserved.</param>
/// <param name="Amount">How much, in the measure's unit.</param>
internal readonly record struct LedgerUse(DateTimeOffset At, long Amount);
