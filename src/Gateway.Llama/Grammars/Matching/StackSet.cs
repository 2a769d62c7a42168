namespace Gateway.Llama.Grammars.Matching;

/// <summary>The top of a stack: where in a node one is, and what lies below.</summary>
/// <param name="Node">Null for the empty stack: the whole text is complete.</param>
/// <param name="Position">Of a literal the byte, of a terminal the state, of a sequence the next part, of a repetition how many came.</param>
/// <param name="Rest">What goes on when the node is done; null with <paramref name="Node"/>.</param>
internal readonly record struct Frame(GrammarNode? Node, int Position, StackSet? Rest)
{
    /// <summary>The order of tops, whatever lies below.</summary>
    public static int CompareTops(Frame a, Frame b)
    {
        var order = (a.Node?.Id ?? -1).CompareTo(b.Node?.Id ?? -1);
        return order != 0 ? order : a.Position.CompareTo(b.Position);
    }
}

/// <summary>
/// All the ways in which a text can be read by a grammar so far: stacks, of which those with the same top share it, so that their number does not
/// multiply. Made by a <see cref="GrammarMachine"/>, which makes each set once; immutable but for what is remembered of it.
/// </summary>
internal sealed class StackSet(Frame[] frames, int generation)
{
    /// <summary>Rising, each top once.</summary>
    public Frame[] Frames => frames;

    /// <summary>Which of the machine's tables it is in.</summary>
    public int Generation => generation;

    /// <summary>Nested arrays and objects that are open.</summary>
    public int Depth { get; } = DepthOf(frames);

    /// <summary>Whether the text may end here; of a closed set only.</summary>
    public bool IsComplete => frames.Length > 0 && frames[0].Node is null;

    /// <summary>Whether nothing can follow.</summary>
    public bool MustEnd => frames.Length == 1 && IsComplete;

    public bool IsDead => frames.Length == 0;

    /// <summary>The set of the same texts in which all tops wait for a byte; null while not needed.</summary>
    public StackSet? Closed { get; set; }

    /// <summary>By byte, what was followed already.</summary>
    public StackSet?[]? Next { get; set; }

    /// <summary>The tokens that fit here, a bit each; null while not needed.</summary>
    public ulong[]? Mask { get; set; }

    private static int DepthOf(Frame[] frames)
    {
        var depth = 0;
        foreach (var frame in frames)
        {
            depth = Math.Max(depth, (frame.Rest?.Depth ?? 0) + (frame.Node is NestNode ? 1 : 0));
        }

        return depth;
    }
}

/// <summary>Two sets are the same when their tops are and lie on the same sets.</summary>
internal sealed class StackSetComparer : IEqualityComparer<StackSet>
{
    public bool Equals(StackSet? x, StackSet? y)
    {
        if (x is null || y is null || x.Frames.Length != y.Frames.Length)
        {
            return ReferenceEquals(x, y);
        }

        for (var i = 0; i < x.Frames.Length; i++)
        {
            var (a, b) = (x.Frames[i], y.Frames[i]);
            if (a.Node != b.Node || a.Position != b.Position || a.Rest != b.Rest)
            {
                return false;
            }
        }

        return true;
    }

    public int GetHashCode(StackSet obj)
    {
        var hash = default(HashCode);
        foreach (var frame in obj.Frames)
        {
            hash.Add(frame.Node?.Id ?? -1);
            hash.Add(frame.Position);
            hash.Add(frame.Rest is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(frame.Rest));
        }

        return hash.ToHashCode();
    }
}
