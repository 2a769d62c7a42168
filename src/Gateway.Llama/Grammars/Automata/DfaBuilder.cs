using System.Text;

namespace Gateway.Llama.Grammars.Automata;

/// <summary>Puts a <see cref="Dfa"/> together, state by state; the first one is its start.</summary>
internal sealed class DfaBuilder
{
    private readonly List<List<Dfa.Edge>> _edges = [];
    private readonly List<bool> _accepting = [];

    public int AddState(bool accepting)
    {
        if (_accepting.Count == Dfa.MostStates)
        {
            throw new AutomatonLimitException();
        }

        _edges.Add([]);
        _accepting.Add(accepting);
        return _accepting.Count - 1;
    }

    /// <summary>Adds an edge; ranges of one state must not overlap.</summary>
    public void AddEdge(int from, int low, int high, int to) => _edges[from].Add(new Dfa.Edge(low, high, to));

    public void AddEdge(int from, CharSet set, int to)
    {
        foreach (var (low, high) in set.Ranges)
        {
            AddEdge(from, low, high, to);
        }
    }

    /// <summary>Adds a text as an accepted one, beside those that are there; its characters' edges are shared.</summary>
    public void AddText(int from, string text) => _accepting[AddPath(from, text, to: null)] = true;

    /// <summary>Adds a text that leads to a state, or to a new one; returns that state.</summary>
    public int AddPath(int from, string text, int? to)
    {
        var runes = text.EnumerateRunes().ToArray();
        for (var i = 0; i < runes.Length; i++)
        {
            from = to is { } last && i == runes.Length - 1 ? AddLast(from, runes[i], last) : NextOrNew(from, runes[i]);
        }

        return from;
    }

    public Dfa Build()
    {
        // Neighbours with the same target are one range.
        var edges = new Dfa.Edge[_edges.Count][];
        for (var state = 0; state < edges.Length; state++)
        {
            var merged = new List<Dfa.Edge>();
            foreach (var edge in _edges[state].OrderBy(edge => edge.Low))
            {
                if (merged.Count > 0 && merged[^1].Target == edge.Target && merged[^1].High + 1 == edge.Low)
                {
                    merged[^1] = merged[^1] with { High = edge.High };
                }
                else
                {
                    merged.Add(edge);
                }
            }

            edges[state] = [.. merged];
        }

        return Dfa.Create(edges, [.. _accepting]);
    }

    private int AddLast(int from, Rune rune, int to)
    {
        AddEdge(from, rune.Value, rune.Value, to);
        return to;
    }

    private int NextOrNew(int from, Rune rune)
    {
        foreach (var edge in _edges[from])
        {
            if (edge.Low == rune.Value && edge.High == rune.Value)
            {
                return edge.Target;
            }
        }

        var next = AddState(accepting: false);
        AddEdge(from, rune.Value, rune.Value, next);
        return next;
    }
}
