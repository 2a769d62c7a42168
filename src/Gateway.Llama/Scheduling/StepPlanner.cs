namespace Gateway.Llama.Scheduling;

/// <summary>
/// Decides what one decode takes: a token of every request that is generating, then pieces of prompts, as many tokens as <see cref="StepCost"/>
/// allows. The pieces go round: each to the tenant for whom least was computed by its weight, and of its prompts by turns to the one that is nearest to
/// its end and the one that came first: so a long one holds up no short one, short ones no long one, and of many alike the first is answered when it is
/// read and not when all are. Pieces are added to a step as long as there is room, so what a tenant leaves is the others'.
/// </summary>
internal sealed class StepPlanner(int batchSize, StepCost cost)
{
    /// <summary>Prompt tokens of a step at most while others generate.</summary>
    internal const int PromptTokensBesideOthers = StepCost.MostBesideOthers;

    /// <summary>Tokens of one piece: what a tenant may get ahead of another.</summary>
    internal const int Piece = 64;

    private readonly List<RunningSequence> _group = [];

    /// <summary>Prompt tokens of the step that was planned last.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>Sets <see cref="RunningSequence.Scheduled"/> of all, and returns those with a part in the step. Valid until the next call.</summary>
    /// <param name="running">What the step may take.</param>
    /// <param name="besideOthers">Whether there are others, which wait for the step.</param>
    public IReadOnlyList<RunningSequence> Plan(IReadOnlyList<RunningSequence> running, bool besideOthers = false)
    {
        _group.Clear();
        var generating = 0;
        foreach (var sequence in running)
        {
            // One pending token is a generated one, or the last of a prompt: it costs the same.
            sequence.Scheduled = sequence.Pending == 1 && generating < batchSize ? 1 : 0;
            generating += sequence.Scheduled;
        }

        PromptTokens = Share(running, Math.Min(batchSize - generating, cost.PromptTokens(batchSize, generating > 0 || besideOthers)));
        foreach (var sequence in running)
        {
            if (sequence.Scheduled > 0)
            {
                _group.Add(sequence);
            }
        }

        return _group;
    }

    private static int Share(IReadOnlyList<RunningSequence> running, int budget)
    {
        var taken = 0;
        while (taken < budget && Next(running) is { } next)
        {
            var take = Math.Min(Math.Min(next.CanTake, Piece), budget - taken);
            next.Scheduled += take;
            next.Tenant.TakesOldest = !next.Tenant.TakesOldest;
            next.Tenant.Serve(take);
            taken += take;
        }

        return taken;
    }

    private static RunningSequence? Next(IReadOnlyList<RunningSequence> running)
    {
        RunningSequence? next = null;
        foreach (var sequence in running)
        {
            if (sequence.Pending > 1 && sequence.CanTake > 0 && (next is null || GoesBefore(sequence, next)))
            {
                next = sequence;
            }
        }

        return next;
    }

    private static bool GoesBefore(RunningSequence sequence, RunningSequence other) =>
        sequence.Tenant != other.Tenant && sequence.Tenant.Served != other.Tenant.Served ? sequence.Tenant.Served < other.Tenant.Served
        : (sequence.Tenant == other.Tenant && sequence.Tenant.TakesOldest) || sequence.Left == other.Left ? sequence.Order < other.Order
        : sequence.Left < other.Left;
}
