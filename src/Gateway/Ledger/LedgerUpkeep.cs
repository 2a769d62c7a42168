namespace Gateway.Ledger;

/// <summary>
/// What the writer does beside writing: says that this node is alive, closes what dead ones left open, removes old lines. Each step is short; what is
/// not done in one goes on after the next lines are written.
/// </summary>
internal sealed class LedgerUpkeep(LedgerTables tables, Func<TimeSpan> retention, TimeProvider time)
{
    /// <summary>How often a node says that it is alive.</summary>
    public static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan SearchInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PruneInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PrepareInterval = TimeSpan.FromMinutes(1);

    private long? _beat;
    private bool _isUnknown = true;
    private long? _searched;
    private long? _pruned;
    private long? _prepared;

    /// <summary>Does what is due.</summary>
    /// <returns>How many lines of other nodes were closed as lost.</returns>
    public int Run()
    {
        var now = time.GetUtcNow();
        if (IsDue(ref _prepared, PrepareInterval))
        {
            tables.Prepare(now);
        }

        var silent = _beat is { } last ? time.GetElapsedTime(last) : TimeSpan.Zero;
        if (IsDue(ref _beat, BeatInterval) || _isUnknown)
        {
            _isUnknown = false;
            tables.Beat();

            // After so long others may have taken this node for dead. Less than their patience, for clocks do not run alike.
            if (silent > PostgreSqlLedgerTables.Lease / 2)
            {
                tables.Revive();
            }
        }

        var before = now - retention();
        if (IsDue(ref _pruned, PruneInterval) && (tables.Prune(before) | tables.PruneActs(before)))
        {
            _pruned = null;
        }

        return IsDue(ref _searched, SearchInterval) ? CloseLost(now) : 0;
    }

    /// <summary>Forgets what was done, for the store may not have it.</summary>
    public void Reset() => (_searched, _pruned, _prepared, _isUnknown) = (null, null, null, true);

    private int CloseLost(DateTimeOffset now)
    {
        var lost = 0;
        foreach (var node in tables.FindDeadNodes())
        {
            var closed = tables.CloseLost(node, now);
            lost += closed;
            if (closed == LedgerTables.LinesPerStep)
            {
                _searched = null;
            }
        }

        return lost;
    }

    private bool IsDue(ref long? last, TimeSpan interval)
    {
        if (last is { } timestamp && time.GetElapsedTime(timestamp) < interval)
        {
            return false;
        }

        last = time.GetTimestamp();
        return true;
    }
}
