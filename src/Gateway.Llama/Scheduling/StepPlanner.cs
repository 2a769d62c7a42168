namespace Gateway.Llama.Scheduling;

/// <summary>
/// Decides what one decode takes: a token of every request that is generating, then pieces of prompts. While others generate the pieces
/// together stay small, since the whole step makes those wait; every prompt gets an equal share, so that a long one holds up no other.
/// </summary>
internal sealed class StepPlanner(int batchSize)
{
    /// <summary>
    /// Prompt tokens of a step while others generate. On CPU 64 to 256 lose no throughput, and 256 keep the gap between two tokens of a
    /// small model near 100 ms.
    /// </summary>
    internal const int PromptTokensBesideOthers = 256;

    private readonly List<RunningSequence> _group = [];

    // Moves on with each step, so that what is left over by the division goes to another prompt each time.
    private int _turn;

    /// <summary>Sets <see cref="RunningSequence.Scheduled"/> of all, and returns those with a part in the step. Valid until the next call.</summary>
    /// <param name="running">What the step may take.</param>
    /// <param name="besideOthers">Whether there are others, which wait for the step.</param>
    public IReadOnlyList<RunningSequence> Plan(IReadOnlyList<RunningSequence> running, bool besideOthers = false)
    {
        _group.Clear();
        var prompts = 0;
        foreach (var sequence in running)
        {
            // One pending token is a generated one, or the last of a prompt: it costs the same.
            sequence.Scheduled = sequence.Pending == 1 ? 1 : 0;
            prompts += 1 - sequence.Scheduled;
        }

        var generating = running.Count - prompts;
        var budget = batchSize - generating;
        if (generating > 0 || besideOthers)
        {
            budget = Math.Min(budget, PromptTokensBesideOthers);
        }

        Share(running, prompts, budget);
        foreach (var sequence in running)
        {
            if (sequence.Scheduled > 0)
            {
                _group.Add(sequence);
            }
        }

        return _group;
    }

    private void Share(IReadOnlyList<RunningSequence> running, int prompts, int budget)
    {
        _turn = prompts > 0 ? _turn + 1 : 0;

        // Short prompts leave of their share; what they leave is shared again.
        while (prompts > 0 && budget > 0)
        {
            var share = Math.Max(1, budget / prompts);
            prompts = 0;
            for (var i = 0; i < running.Count && budget > 0; i++)
            {
                var sequence = running[(i + _turn) % running.Count];
                var left = sequence.Pending - sequence.Scheduled;
                var take = Math.Min(Math.Min(left, share), budget);
                sequence.Scheduled += take;
                budget -= take;
                prompts += take < left ? 1 : 0;
            }
        }
    }
}
