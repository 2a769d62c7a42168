namespace Gateway.Quotas;

/// <summary>
/// Counts what is used of limits. Whoever implements it keeps one promise: what is reserved and used in a window never passes the limit, however many ask at once.
/// Use beyond a reservation is counted too, and only that can pass it.
/// </summary>
/// <remarks>
/// An exchange counts in the window of its reservation, also when it ends later. A limit whose amount changed applies at once to what is counted: the amount comes with
/// each reservation, the counter is found by <see cref="LimitModel.Key"/>.
/// </remarks>
internal abstract class QuotaStore
{
    /// <summary>Raised, on any thread, when something that was reserved is free again before its window ends: somebody who waits may fit now.</summary>
    public event EventHandler? Freed;

    /// <summary>Raised, on any thread, when what the ledger knows has to be told again (<see cref="SeedAsync"/>, <see cref="SetBalanceAsync"/>): what counts lost its data, or could not be told.</summary>
    public event EventHandler? Emptied;

    /// <summary>Why limits are not counted as they should be now, as the end of a sentence; null while they are.</summary>
    public virtual string? Problem => null;

    /// <summary>Reserves all charges of a lease, or none. A failure of the store is an answer, not an exception.</summary>
    public abstract ValueTask<QuotaAnswer> ReserveAsync(Lease lease, CancellationToken cancellationToken);

    /// <summary>
    /// Puts what was used (<see cref="Charge.Used"/>) in the place of what was reserved, where that was counted, and frees the slots. Once: a lease that was settled before is
    /// left as it is. Does not wait and never fails; the store sees to it.
    /// </summary>
    public abstract void Settle(Lease lease);

    /// <summary>How far limits are used.</summary>
    public abstract ValueTask<IReadOnlyList<LimitStatus>> ReadAsync(IReadOnlyList<LimitModel> limits, CancellationToken cancellationToken);

    /// <summary>Counts what was used before this process began to count, which the ledger knows; once, a counter that was told before is left alone.</summary>
    /// <param name="limit">The limit; not of slots, nor a balance.</param>
    /// <param name="uses">Its use in windows that are not over.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract ValueTask SeedAsync(LimitModel limit, IReadOnlyList<LedgerUse> uses, CancellationToken cancellationToken);

    /// <summary>Sets a balance by what the ledger knows. Every node tells it, whenever it changes; the newest by <paramref name="version"/> counts.</summary>
    /// <param name="limit">A balance.</param>
    /// <param name="paid">All that was ever paid in, in billionths of the currency's unit.</param>
    /// <param name="spent">All that was ever spent; counts only where the counter has counted nothing yet, for it knows its own spending better.</param>
    /// <param name="version">Rises with each payment.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract ValueTask SetBalanceAsync(LimitModel limit, long paid, long spent, long version, CancellationToken cancellationToken);

    /// <summary>Completes when all that was settled before the call is counted.</summary>
    public virtual ValueTask DrainAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    protected void OnFreed() => Freed?.Invoke(this, EventArgs.Empty);

    protected void OnEmptied() => Emptied?.Invoke(this, EventArgs.Empty);
}
