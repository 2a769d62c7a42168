namespace Gateway.Quotas;

/// <summary>A reservation of an exchange: of all its limits, or of none.</summary>
/// <param name="id">Id of the request.</param>
/// <param name="charges">What it takes of each limit; no two of one key. The store keeps its own notes in them.</param>
/// <param name="timeout">How long it can go on in silence; its whole length has no bound. When nothing was heard for so long of the node that holds it, others may free it.</param>
internal sealed class Lease(string id, Charge[] charges, TimeSpan timeout)
{
    private int _settled;

    public string Id { get; } = id;

    public Charge[] Charges { get; } = charges;

    public TimeSpan Timeout { get; } = timeout;

    /// <summary>The store's own.</summary>
    public object? Note { get; set; }

    /// <summary>Whether it may be settled now; true once.</summary>
    public bool TrySettle() => Interlocked.Exchange(ref _settled, 1) == 0;
}

/// <summary>What a lease takes of a limit.</summary>
internal struct Charge
{
    /// <summary>The limit.</summary>
    public LimitModel Limit;

    /// <summary>How much is reserved, in the measure's unit; 1 of requests and slots.</summary>
    public long Reserved;

    /// <summary>How much was used; to be set before settlement. May be more than was reserved, and is then counted in full. Of slots it has no meaning.</summary>
    public long Used;

    /// <summary>Out: what is left of the limit behind this reservation, or as it is where it was refused; never below 0.</summary>
    public long Left;

    /// <summary>Out: how long until the limit is whole again, if nothing else is taken; zero where it is.</summary>
    public TimeSpan Reset;

    /// <summary>Where it was counted; the store's own.</summary>
    public long Place;
}
