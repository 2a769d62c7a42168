using System.Runtime.InteropServices;

namespace Gateway.Llama.Grammars.Automata;

/// <summary>
/// A deterministic automaton over code points. State 0 is the start; from every state an accepting one can be reached, so that whoever
/// follows the edges never comes to a dead end. No states at all: the empty language.
/// </summary>
internal sealed class Dfa
{
    public const int MostStates = 20_000;

    // Each of them is a set of states to be found out; this many take a tenth of a second.
    private const int MostDetermined = 5_000;

    private Dfa(Edge[][] edges, bool[] accepting)
    {
        Edges = edges;
        Accepting = accepting;
    }

    /// <summary>Of each state, rising and without overlap.</summary>
    public Edge[][] Edges { get; }

    public bool[] Accepting { get; }

    public bool IsEmpty => Accepting.Length == 0;

    /// <summary>The texts that an expression describes.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="anywhere">Whether it may lie anywhere in the text, as the patterns of JSON Schema.</param>
    public static Dfa From(Regular expression, bool anywhere = false)
    {
        var nfa = new Nfa();
        var (start, end) = (nfa.AddState(), nfa.AddState());
        if (anywhere)
        {
            nfa.AddEdge(start, CharSet.Any, start);
            nfa.AddEdge(end, CharSet.Any, end);
            var begin = nfa.AddState();
            nfa.AddEmpty(start, begin);
            start = Prefixed(nfa, start);
            nfa.Add(expression, begin, end);
        }
        else
        {
            nfa.Add(expression, start, end);
        }

        return From(nfa, start, end, acceptsRest: anywhere);
    }

    /// <summary>The texts that lead from one state to another.</summary>
    /// <param name="nfa">The automaton.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="end">The accepting state.</param>
    /// <param name="acceptsRest">Whether everything is accepted once the end was reached.</param>
    public static Dfa From(Nfa nfa, int start, int end, bool acceptsRest = false)
    {
        var builder = new DfaBuilder();
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var open = new Queue<(SortedSet<int> States, int Id)>();

        int Known(SortedSet<int> states, bool atBegin)
        {
            nfa.Close(states, atBegin, atEnd: false);
            if (acceptsRest && states.Contains(end))
            {
                // What else could be reached does not matter any more.
                states = [end];
            }

            // The start is a state of its own: only there the beginning is.
            var key = string.Concat(atBegin ? "^" : "", new string(MemoryMarshal.Cast<int, char>(states.ToArray())));
            if (!known.TryGetValue(key, out var id))
            {
                var atEnd = new SortedSet<int>(states);
                nfa.Close(atEnd, atBegin, atEnd: true);
                id = known.Count < MostDetermined ? builder.AddState(atEnd.Contains(end)) : throw new AutomatonLimitException();
                known.Add(key, id);
                open.Enqueue((states, id));
            }

            return id;
        }

        Known([start], atBegin: true);
        while (open.TryDequeue(out var item))
        {
            foreach (var (low, high, targets) in Split(item.States.SelectMany(state => nfa.EdgesOf(state)).ToList()))
            {
                builder.AddEdge(item.Id, low, high, Known(targets, atBegin: false));
            }
        }

        return builder.Build();
    }

    /// <summary>All texts of so many characters; without a most there is no limit.</summary>
    public static Dfa OfLength(int least, int? most)
    {
        var builder = new DfaBuilder();
        var last = most ?? least;
        for (var length = 0; length <= last; length++)
        {
            builder.AddState(length >= least);
            if (length > 0)
            {
                builder.AddEdge(length - 1, CharSet.Any, length);
            }
        }

        if (most is null)
        {
            builder.AddEdge(last, CharSet.Any, last);
        }

        return builder.Build();
    }

    /// <summary>One of some texts.</summary>
    public static Dfa OneOf(IEnumerable<string> texts)
    {
        var builder = new DfaBuilder();
        builder.AddState(accepting: false);
        foreach (var text in texts)
        {
            builder.AddText(0, text);
        }

        return builder.Build();
    }

    public static Dfa Create(Edge[][] edges, bool[] accepting) => Trim(edges, accepting);

    /// <summary>The texts of both.</summary>
    public Dfa Intersect(Dfa other) => Combine(other, both: true);

    /// <summary>The texts of this one that are not among those of the other.</summary>
    public Dfa Except(Dfa other) => Combine(other, both: false);

    public bool Accepts(string text)
    {
        if (IsEmpty)
        {
            return false;
        }

        var state = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            state = Next(state, rune.Value);
            if (state < 0)
            {
                return false;
            }
        }

        return Accepting[state];
    }

    /// <summary>Characters of the shortest text and of the longest; null when there is no longest.</summary>
    public (int Shortest, int? Longest) Lengths()
    {
        // All states are on the way from the start to an end, so that any loop makes texts of any length.
        var (shortest, longest, incoming) = (new int[Accepting.Length], new int[Accepting.Length], new int[Accepting.Length]);
        foreach (var edge in Edges.SelectMany(edges => edges))
        {
            incoming[edge.Target]++;
        }

        Array.Fill(shortest, int.MaxValue);
        var least = int.MaxValue;
        var open = new Queue<int>();
        if (!IsEmpty)
        {
            shortest[0] = 0;
            open.Enqueue(0);
        }

        while (open.TryDequeue(out var state))
        {
            least = Accepting[state] ? Math.Min(least, shortest[state]) : least;
            foreach (var edge in Edges[state].Where(edge => shortest[edge.Target] == int.MaxValue))
            {
                shortest[edge.Target] = shortest[state] + 1;
                open.Enqueue(edge.Target);
            }
        }

        var done = 0;
        var most = 0;
        open = new Queue<int>(Enumerable.Range(0, incoming.Length).Where(state => incoming[state] == 0));
        while (open.TryDequeue(out var state))
        {
            done++;
            most = Accepting[state] ? Math.Max(most, longest[state]) : most;
            foreach (var edge in Edges[state])
            {
                longest[edge.Target] = Math.Max(longest[edge.Target], longest[state] + 1);
                if (--incoming[edge.Target] == 0)
                {
                    open.Enqueue(edge.Target);
                }
            }
        }

        return (least, done == Accepting.Length ? most : null);
    }

    public int Next(int state, int codePoint)
    {
        foreach (var edge in Edges[state])
        {
            if (codePoint <= edge.High)
            {
                return codePoint >= edge.Low ? edge.Target : -1;
            }
        }

        return -1;
    }

    // The loop over what comes before must not be entered through the beginning's edges: a copy of the start that is never come back to.
    private static int Prefixed(Nfa nfa, int loop)
    {
        var start = nfa.AddState();
        nfa.AddEmpty(start, loop);
        return start;
    }

    private Dfa Combine(Dfa other, bool both)
    {
        if (IsEmpty || (other.IsEmpty && both))
        {
            return new Dfa([], []);
        }

        var builder = new DfaBuilder();
        var known = new Dictionary<(int, int), int>();
        var open = new Queue<(int, int)>();

        int Known(int a, int b)
        {
            if (!known.TryGetValue((a, b), out var id))
            {
                var inOther = b >= 0 && other.Accepting[b];
                known.Add((a, b), id = builder.AddState(Accepting[a] && inOther == both));
                open.Enqueue((a, b));
            }

            return id;
        }

        Known(0, other.IsEmpty ? -1 : 0);
        while (open.TryDequeue(out var pair))
        {
            var from = known[pair];
            foreach (var edge in Edges[pair.Item1])
            {
                var low = edge.Low;
                foreach (var opposite in pair.Item2 < 0 ? [] : other.Edges[pair.Item2])
                {
                    if (opposite.High < low || opposite.Low > edge.High)
                    {
                        continue;
                    }

                    if (opposite.Low > low && !both)
                    {
                        builder.AddEdge(from, low, opposite.Low - 1, Known(edge.Target, -1));
                    }

                    var high = Math.Min(opposite.High, edge.High);
                    builder.AddEdge(from, Math.Max(low, opposite.Low), high, Known(edge.Target, opposite.Target));
                    low = high + 1;
                }

                if (low <= edge.High && !both)
                {
                    builder.AddEdge(from, low, edge.High, Known(edge.Target, -1));
                }
            }
        }

        return builder.Build();
    }

    /// <summary>Cuts overlapping edges into ranges that each have one set of targets.</summary>
    private static IEnumerable<(int Low, int High, SortedSet<int> Targets)> Split(List<Nfa.Edge> edges)
    {
        var cuts = new SortedSet<int>();
        foreach (var edge in edges)
        {
            cuts.Add(edge.Low);
            cuts.Add(edge.High + 1);
        }

        var low = -1;
        foreach (var cut in cuts)
        {
            if (low >= 0)
            {
                var targets = new SortedSet<int>();
                foreach (var edge in edges)
                {
                    if (edge.Low <= low && cut - 1 <= edge.High)
                    {
                        targets.Add(edge.Target);
                    }
                }

                if (targets.Count > 0)
                {
                    yield return (low, cut - 1, targets);
                }
            }

            low = cut;
        }
    }

    /// <summary>Leaves out the states that no accepting one is reached from.</summary>
    private static Dfa Trim(Edge[][] edges, bool[] accepting)
    {
        var sources = new List<int>[accepting.Length];
        for (var state = 0; state < edges.Length; state++)
        {
            foreach (var edge in edges[state])
            {
                (sources[edge.Target] ??= []).Add(state);
            }
        }

        var alive = (bool[])accepting.Clone();
        var open = new Stack<int>(Enumerable.Range(0, alive.Length).Where(state => alive[state]));
        while (open.TryPop(out var state))
        {
            foreach (var source in sources[state] ?? [])
            {
                if (!alive[source])
                {
                    alive[source] = true;
                    open.Push(source);
                }
            }
        }

        if (alive.Length == 0 || !alive[0])
        {
            return new Dfa([], []);
        }

        var newIds = new int[alive.Length];
        var count = 0;
        for (var state = 0; state < alive.Length; state++)
        {
            newIds[state] = alive[state] ? count++ : -1;
        }

        return new Dfa(
            [.. edges.Where((_, state) => alive[state])
                .Select(list => list.Where(edge => alive[edge.Target]).Select(edge => edge with { Target = newIds[edge.Target] }).ToArray())],
            [.. accepting.Where((_, state) => alive[state])]);
    }

    internal readonly record struct Edge(int Low, int High, int Target);
}
