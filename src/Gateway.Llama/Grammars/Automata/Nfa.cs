namespace Gateway.Llama.Grammars.Automata;

/// <summary>
/// A nondeterministic automaton over code points, from which <see cref="Dfa"/> is made. Besides plain empty edges it has those that may be
/// taken at the text's beginning or end only.
/// </summary>
internal sealed class Nfa
{
    /// <summary>A bounded repetition is written out, so a short pattern can need very many.</summary>
    public const int MostStates = 50_000;

    private readonly List<State> _states = [];

    public int AddState()
    {
        if (_states.Count == MostStates)
        {
            throw new AutomatonLimitException();
        }

        _states.Add(new State([], []));
        return _states.Count - 1;
    }

    public void AddEdge(int from, CharSet set, int to)
    {
        foreach (var (low, high) in set.Ranges)
        {
            _states[from].Edges.Add(new Edge(low, high, to));
        }
    }

    public void AddEmpty(int from, int to) => _states[from].Empty.Add((to, Kind.Anywhere));

    /// <summary>Adds what leads from one state to another by an expression.</summary>
    public void Add(Regular expression, int from, int to)
    {
        switch (expression)
        {
            case Regular.Characters characters:
                AddEdge(from, characters.Set, to);
                break;
            case Regular.Chain chain:
                var at = from;
                foreach (var part in chain.Parts)
                {
                    var next = AddState();
                    Add(part, at, next);
                    at = next;
                }

                AddEmpty(at, to);
                break;
            case Regular.Choice choice:
                foreach (var option in choice.Options)
                {
                    // States of its own: a loop in one option must not lead into another.
                    var begin = AddState();
                    AddEmpty(from, begin);
                    Add(option, begin, to);
                }

                break;
            case Regular.Repetition repetition:
                AddRepetition(repetition, from, to);
                break;
            case Regular.Border border:
                _states[from].Empty.Add((to, border.AtEnd ? Kind.AtEnd : Kind.AtBegin));
                break;
        }
    }

    /// <summary>Adds all that is reached without a character. The list is its own set of what was visited.</summary>
    public void Close(SortedSet<int> states, bool atBegin, bool atEnd)
    {
        var open = new Stack<int>(states);
        while (open.TryPop(out var state))
        {
            foreach (var (to, kind) in _states[state].Empty)
            {
                if ((kind == Kind.Anywhere || (kind == Kind.AtBegin ? atBegin : atEnd)) && states.Add(to))
                {
                    open.Push(to);
                }
            }
        }
    }

    public IReadOnlyList<Edge> EdgesOf(int state) => _states[state].Edges;

    private void AddRepetition(Regular.Repetition repetition, int from, int to)
    {
        var at = from;
        for (var i = 0; i < repetition.Least; i++)
        {
            var next = AddState();
            Add(repetition.Body, at, next);
            at = next;
        }

        if (repetition.Most is not { } most)
        {
            var loop = AddState();
            var back = AddState();
            AddEmpty(at, loop);
            Add(repetition.Body, loop, back);
            AddEmpty(back, loop);
            AddEmpty(loop, to);
            return;
        }

        for (var i = repetition.Least; i < most; i++)
        {
            AddEmpty(at, to);
            var next = AddState();
            Add(repetition.Body, at, next);
            at = next;
        }

        AddEmpty(at, to);
    }

    internal readonly record struct Edge(int Low, int High, int Target);

    private enum Kind
    {
        Anywhere,
        AtBegin,
        AtEnd,
    }

    private sealed record State(List<Edge> Edges, List<(int To, Kind Kind)> Empty);
}
