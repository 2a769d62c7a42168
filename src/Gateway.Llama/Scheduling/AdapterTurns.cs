namespace Gateway.Llama.Scheduling;

/// <summary>
/// Decides whose turn a step is, where sequences with different adapters run: each set in turn, for a few steps, since libllama builds its graph
/// anew at each change. A set that comes new waits for those that are there already, so that none starves.
/// </summary>
internal sealed class AdapterTurns
{
    /// <summary>
    /// Steps of a turn. A change costs 12 ms with a model whose step takes 18 ms for one token and 48 for four: 12 / (4 * 18 + 12) of the time is
    /// lost at most, and nobody's stream stands still for long.
    /// </summary>
    internal const int Steps = 4;

    /// <summary>Tokens that end a turn before that: pieces of prompts take long, and others wait.</summary>
    internal const int Tokens = StepPlanner.PromptTokensBesideOthers;

    private readonly List<AdapterSet> _order = [];
    private readonly List<RunningSequence> _group = [];
    private int _steps;
    private int _tokens;

    /// <summary>The sequences whose turn it is; all have matching sets. Valid until the next call.</summary>
    public IReadOnlyList<RunningSequence> Select(IReadOnlyList<RunningSequence> running)
    {
        if (_order.Count == 1 && AllHave(_order[0], running))
        {
            return running;
        }

        Update(running);
        if (_order.Count > 1 && (_steps >= Steps || _tokens >= Tokens))
        {
            _order.Add(_order[0]);
            _order.RemoveAt(0);
            (_steps, _tokens) = (0, 0);
        }

        _group.Clear();
        foreach (var sequence in running)
        {
            if (sequence.Adapters.Matches(_order[0]))
            {
                _group.Add(sequence);
            }
        }

        return _group;
    }

    /// <summary>Notes a step of the set whose turn it is.</summary>
    public void Record(int tokens)
    {
        _steps++;
        _tokens = Math.Min(_tokens + tokens, Tokens);
    }

    private void Update(IReadOnlyList<RunningSequence> running)
    {
        var current = _order.Count > 0 ? _order[0] : null;
        for (var i = _order.Count - 1; i >= 0; i--)
        {
            if (!AnyHas(_order[i], running))
            {
                _order.RemoveAt(i);
            }
        }

        foreach (var sequence in running)
        {
            if (!_order.Exists(sequence.Adapters.Matches))
            {
                _order.Add(sequence.Adapters);
            }
        }

        if (current is null || _order.Count == 0 || _order[0] != current)
        {
            (_steps, _tokens) = (0, 0);
        }
    }

    private static bool AllHave(AdapterSet set, IReadOnlyList<RunningSequence> running)
    {
        for (var i = 0; i < running.Count; i++)
        {
            if (!running[i].Adapters.Matches(set))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AnyHas(AdapterSet set, IReadOnlyList<RunningSequence> running)
    {
        for (var i = 0; i < running.Count; i++)
        {
            if (running[i].Adapters.Matches(set))
            {
                return true;
            }
        }

        return false;
    }
}
