using Gateway.Stores;

namespace Gateway.Ledger;

/// <summary>Whether the ledger can be written.</summary>
/// <param name="Error">Why not; null when it can.</param>
/// <param name="Since">Since when it is so.</param>
internal sealed record LedgerHealth(StoreError? Error, DateTimeOffset Since)
{
    public bool IsAvailable => Error is null;
}
