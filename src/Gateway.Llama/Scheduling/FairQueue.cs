namespace Gateway.Llama.Scheduling;

/// <summary>
/// The requests that wait. Weighted fair queueing: the next comes from the tenant for whom least was computed, by its weight, among those whose
/// first request has the highest priority. So nobody's queue, however long, holds up another for longer than that one's share makes it.
/// </summary>
internal sealed class FairQueue
{
    /// <summary>
    /// A token of an answer costs more than one of a prompt; 2 as in Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024.
    /// </summary>
    public const double AnswerToken = 2;

    // Each has something waiting or running.
    private readonly List<Tenant> _active = [];
    private long _round;

    public int Count { get; private set; }

    public void Enqueue(RunningSequence sequence)
    {
        var tenant = sequence.Tenant;
        if (!_active.Contains(tenant))
        {
            if (_active.Count > 0)
            {
                tenant.CatchUp(_active.Min(static t => t.Served));
            }

            _active.Add(tenant);
        }

        tenant.Weight = sequence.Generation.Request.Weight;
        tenant.Enqueue(sequence);
        Count++;
    }

    public void Remove(RunningSequence sequence)
    {
        if (sequence.Tenant.Waiting.Remove(sequence))
        {
            Count--;
        }
    }

    /// <summary>All that wait. Not to be changed meanwhile.</summary>
    public IEnumerable<RunningSequence> Waiting => Count == 0 ? [] : _active.SelectMany(static t => t.Waiting);

    public void Clear()
    {
        foreach (var tenant in _active)
        {
            tenant.Waiting.Clear();
            tenant.Running = 0;
        }

        _active.Clear();
        Count = 0;
    }

    /// <summary>Forgets tenants that have nothing here any more.</summary>
    public void Tidy() => _active.RemoveAll(static t => !t.IsActive);

    /// <summary>Begins a round of <see cref="Next"/>, in which nothing has been passed over yet.</summary>
    public void BeginRound() => _round++;

    /// <summary>The request whose turn it is; null when all were passed over.</summary>
    public RunningSequence? Next()
    {
        RunningSequence? next = null;
        foreach (var tenant in _active)
        {
            foreach (var sequence in tenant.Waiting)
            {
                if (sequence.PassedIn != _round)
                {
                    next = next is null || GoesBefore(sequence, next) ? sequence : next;
                    break;
                }
            }
        }

        return next;
    }

    /// <summary>Leaves one out for the rest of the round.</summary>
    public void Pass(RunningSequence sequence) => sequence.PassedIn = _round;

    /// <summary>Leaves out all of its tenant for the rest of the round: those behind must not get past it.</summary>
    public void PassAll(Tenant tenant)
    {
        foreach (var sequence in tenant.Waiting)
        {
            sequence.PassedIn = _round;
        }
    }

    /// <summary>The part of the engine that a tenant may have beside the others that are here, 0 to 1.</summary>
    public double ShareOf(Tenant tenant) => tenant.Weight / Math.Max(tenant.Weight, _active.Sum(static t => t.Weight));

    private static bool GoesBefore(RunningSequence sequence, RunningSequence other) =>
        sequence.Priority != other.Priority ? sequence.Priority > other.Priority
        : sequence.Tenant != other.Tenant ? sequence.Tenant.Served < other.Tenant.Served
        : sequence.GoesBefore(other);
}
