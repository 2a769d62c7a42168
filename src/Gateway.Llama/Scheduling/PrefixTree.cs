using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>
/// What the context still knows of prompts and answers, by their tokens: a radix tree for each owner and set of adapters, so that nobody can find
/// out, by how fast an answer comes, what another has asked; and one of what is everybody's (<see cref="PrefixScope"/>), below which owners have
/// their own. Each node has its positions under a sequence id of its own; to begin a sequence with
/// a path costs marks on its cells and no computing. Every cell is counted at one place: at its node, or at the one running sequence that has it.
/// For the scheduler's thread.
/// </summary>
/// <param name="memory">The context.</param>
/// <param name="kind">What the model's memory can share.</param>
/// <param name="window">Tokens of the sliding window, for <see cref="PrefixMemory.Window"/>.</param>
/// <param name="freeIds">Sequence ids that nobody has; running sequences take theirs from here too.</param>
/// <param name="hostBytes">Bytes that nodes may take in the host's memory.</param>
internal sealed partial class PrefixTree(ISequenceMemory memory, PrefixMemory kind, int window, Stack<LLamaSeqId> freeIds, long hostBytes)
{
    private readonly List<PrefixNode> _roots = [];
    private readonly List<PrefixNode> _resident = [];
    private readonly List<PrefixNode> _saved = [];
    private long _uses;

    public PrefixMemory Kind => kind;

    /// <summary>Cells that nodes hold.</summary>
    public int Cells { get; private set; }

    /// <summary>Of <see cref="Cells"/>, those that running requests use.</summary>
    public int PinnedCells { get; private set; }

    /// <summary>Bytes of nodes in the host's memory.</summary>
    public long HostBytes { get; private set; }

    /// <summary>Nodes in the context.</summary>
    public int ResidentCount => _resident.Count;

    /// <summary>Nodes that went to the host's memory until now.</summary>
    public long Spills { get; private set; }

    /// <summary>Nodes that came back from there.</summary>
    public long Restores { get; private set; }

    /// <summary>The longest beginning of <paramref name="tokens"/> that a sequence can be forked from; null when there is none.</summary>
    public PrefixMatch? Find(PrefixScope scope, ReadOnlySpan<int> tokens)
    {
        if (RootOf(scope) is not { } root)
        {
            return null;
        }

        var match = kind == PrefixMemory.Checkpoints ? Deepest(root, scope, tokens) : Walk(root, scope, tokens);
        while (match.Length > 0 && kind == PrefixMemory.Window && !HasWindow(match))
        {
            match = new(match.Node.Parent!, match.Node.Start);
        }

        return match.Length > 0 ? match : null;
    }

    /// <summary>
    /// How many of <paramref name="tokens"/> an earlier request began with, whether or not that can be used: where a checkpoint would have been of use.
    /// </summary>
    public int CommonLength(PrefixScope scope, ReadOnlySpan<int> tokens) => RootOf(scope) is { } root ? CommonLength(root, scope, tokens) : 0;

    /// <summary>Marks what a running request uses.</summary>
    public void Pin(PrefixNode node)
    {
        for (var n = node; n.Parent is not null; n = n.Parent)
        {
            PinnedCells += n.Pins++ == 0 ? CellsOf(n) : 0;
            n.LastUsed = ++_uses;
        }
    }

    public void Unpin(PrefixNode node)
    {
        for (var n = node; n.Parent is not null; n = n.Parent)
        {
            PinnedCells -= --n.Pins == 0 ? CellsOf(n) : 0;
        }
    }

    /// <summary>
    /// Gives the tokens of a pinned path to a sequence that has none, bringing back what is in the host's memory. Returns how many it got: fewer
    /// where that failed. <paramref name="room"/> is asked to free cells first, and tells whether it could.
    /// </summary>
    public PrefixMatch Fork(PrefixMatch match, LLamaSeqId id, Func<int, bool> room)
    {
        var path = PathTo(match.Node);
        var node = match.Node.Root;
        var end = 0;
        foreach (var next in path)
        {
            if (!next.IsResident && !(room(next.Tokens.Length) && TryRestore(next)))
            {
                break;
            }

            end = Math.Min(next.End, match.Length);
            memory.Copy(next.Id!.Value, id, next.Start, end);
            node = next;
        }

        return new(node, end);
    }

    /// <summary>
    /// Keeps what a sequence has computed: the positions behind what is known already get a node. Returns how far the tree has it now, which is
    /// less than all of it where ids are short.
    /// </summary>
    /// <param name="scope">Whose it is.</param>
    /// <param name="tokens">What the sequence has, all of it: its state can be kept as it is now only.</param>
    /// <param name="from">The sequence.</param>
    /// <param name="pinned">The node that it pins, if any.</param>
    /// <param name="taken">Of the sequence's cells, how many are counted here from now on.</param>
    public PrefixMatch Publish(PrefixScope scope, ReadOnlySpan<int> tokens, LLamaSeqId from, PrefixNode? pinned, out int taken)
    {
        taken = 0;
        var root = RootOf(scope);
        if (root is null)
        {
            root = new PrefixNode(scope.Adapters, scope.OwnerAt(0));
            _roots.Add(root);
        }

        // With checkpoints the same tokens may stand on several branches; on another one than its own the cells it shares would not be its any more.
        var match = kind == PrefixMemory.Checkpoints ? Deepest(pinned ?? root, scope, tokens) : Walk(root, scope, tokens);
        if (!match.Node.IsResident)
        {
            // What is in the host's memory cannot be split, nor have children here: what was computed anew takes its place.
            match = GiveUpSaved(match);
        }

        if (match.Length == tokens.Length)
        {
            match.Node.LastUsed = ++_uses;
            return match;
        }

        if (match.Length < match.Node.End)
        {
            if (Split(match) is not { } upper)
            {
                return match;
            }

            match = new(upper, match.Length);
        }

        var end = match;
        while (end.Length < tokens.Length)
        {
            // A state that cannot be cut in two is its owner's.
            var known = kind == PrefixMemory.Checkpoints ? tokens : tokens[..scope.EndOf(end.Length, tokens.Length)];
            var owner = scope.OwnerAt(known.Length - 1);
            var next = CanGrow(end.Node, pinned, owner) ? Grow(end.Node, known, from) : Add(end, owner, known, from);
            if (next.Length == end.Length)
            {
                break;
            }

            end = next;
        }

        taken = end.Length - match.Length;
        return end;
    }

    /// <summary>Forgets owners of whom nothing is left. Not to be called while anything of theirs is being put in.</summary>
    public void Tidy() => _roots.RemoveAll(static root => root.Children.Count == 0);

    /// <summary>Forgets what was computed with adapters that are gone.</summary>
    public void Forget(Predicate<AdapterSet> adapters)
    {
        foreach (var root in _roots.FindAll(r => adapters(r.Adapters)))
        {
            DropBelow(root);
            _roots.Remove(root);
        }
    }

    /// <summary>Forgets everything, where the context has been cleared and all ids are free again.</summary>
    public void Clear()
    {
        _roots.Clear();
        _resident.Clear();
        _saved.Clear();
        (Cells, PinnedCells, HostBytes) = (0, 0, 0);
    }

    private PrefixNode? RootOf(PrefixScope scope)
    {
        var owner = scope.OwnerAt(0);
        foreach (var root in _roots)
        {
            if (string.Equals(root.Owner, owner, StringComparison.Ordinal) && root.Adapters.Matches(scope.Adapters))
            {
                return root;
            }
        }

        return null;
    }

    // Children of one owner begin with different tokens here.
    private static PrefixMatch Walk(PrefixNode node, PrefixScope scope, ReadOnlySpan<int> tokens)
    {
        while (node.End < tokens.Length && ChildWith(node, scope.OwnerAt(node.End), tokens[node.End]) is { } child)
        {
            var common = CommonWith(child, scope, tokens);
            if (common < child.Tokens.Length)
            {
                return new(child, child.Start + common);
            }

            node = child;
        }

        return new(node, node.End);
    }

    // Of everybody's, only what is everybody's of this prompt too.
    private static int CommonWith(PrefixNode child, PrefixScope scope, ReadOnlySpan<int> tokens)
    {
        var visible = child.Owner is null ? scope.EndOf(child.Start, tokens.Length) : tokens.Length;
        return child.Start < visible ? tokens[child.Start..visible].CommonPrefixLength(child.Tokens) : 0;
    }

    private static PrefixNode? ChildWith(PrefixNode node, string? owner, int token)
    {
        foreach (var child in node.Children)
        {
            if (child.Tokens[0] == token && string.Equals(child.Owner, owner, StringComparison.Ordinal))
            {
                return child;
            }
        }

        return null;
    }

    // With checkpoints children may begin alike, since they cannot be split; what counts is the deepest whose tokens all fit.
    private static PrefixMatch Deepest(PrefixNode node, PrefixScope scope, ReadOnlySpan<int> tokens)
    {
        var best = new PrefixMatch(node, node.End);
        foreach (var child in node.Children)
        {
            if (scope.Sees(child) && CommonWith(child, scope, tokens) == child.Tokens.Length && Deepest(child, scope, tokens) is var match && match.Length > best.Length)
            {
                best = match;
            }
        }

        return best;
    }

    private static int CommonLength(PrefixNode node, PrefixScope scope, ReadOnlySpan<int> tokens)
    {
        var best = node.End;
        foreach (var child in node.Children)
        {
            if (scope.Sees(child))
            {
                var common = CommonWith(child, scope, tokens);
                best = Math.Max(best, common == child.Tokens.Length ? CommonLength(child, scope, tokens) : child.Start + common);
            }
        }

        return best;
    }

    private bool HasWindow(PrefixMatch match)
    {
        // The next token is at position Length and sees window - 1 others.
        var first = Math.Max(0, match.Length - window + 1);
        for (var node = match.Node; node.Parent is not null && node.End > first; node = node.Parent)
        {
            var kept = node.Id is { } id ? memory.FirstPosition(id) : node.FirstSaved;
            if (kept < 0 || kept > Math.Max(first, node.Start))
            {
                return false;
            }
        }

        return true;
    }

    private static Stack<PrefixNode> PathTo(PrefixNode node)
    {
        var path = new Stack<PrefixNode>();
        for (; node.Parent is not null; node = node.Parent)
        {
            path.Push(node);
        }

        return path;
    }

    // A conversation that goes on stays one node, rather than one more for each turn. With a window each turn's end has to be kept.
    private bool CanGrow(PrefixNode node, PrefixNode? pinned, string? owner) =>
        node == pinned && node.Pins == 1 && string.Equals(node.Owner, owner, StringComparison.Ordinal) && node.Children.Count == 0 && node.Parent is not null && kind == PrefixMemory.Any;

    private PrefixMatch Grow(PrefixNode node, ReadOnlySpan<int> tokens, LLamaSeqId from)
    {
        var added = tokens[node.End..];
        memory.Copy(from, node.Id!.Value, node.End, tokens.Length);
        node.Tokens = [.. node.Tokens, .. added];
        node.LastUsed = ++_uses;
        Cells += added.Length;
        PinnedCells += added.Length;
        return new(node, node.End);
    }

    private PrefixMatch Add(PrefixMatch match, string? owner, ReadOnlySpan<int> tokens, LLamaSeqId from)
    {
        // Pinned, so that it is not the one that has to go for its own child.
        Pin(match.Node);
        var hasId = TryTakeId(out var id);
        Unpin(match.Node);
        if (!hasId)
        {
            return match;
        }

        memory.Copy(from, id, match.Length, tokens.Length);
        var node = new PrefixNode(match.Node, owner, tokens[match.Length..].ToArray()) { Id = id, LastUsed = ++_uses };
        _resident.Add(node);
        Cells += CellsOf(node);
        return new(node, node.End);
    }

    /// <summary>Cuts a node that is in the context in two; null, with nothing changed, where ids are short. Returns the upper one.</summary>
    private PrefixNode? Split(PrefixMatch match)
    {
        var lower = match.Node;
        Pin(lower);
        var hasId = TryTakeId(out var id);
        Unpin(lower);
        if (!hasId)
        {
            return null;
        }

        var length = match.Length - lower.Start;
        memory.Copy(lower.Id!.Value, id, lower.Start, match.Length);
        memory.RemovePart(lower.Id.Value, lower.Start, match.Length);
        lower.Parent!.Children.Remove(lower);

        // All that use the lower part use the upper one.
        var upper = new PrefixNode(lower.Parent, lower.Owner, lower.Tokens[..length]) { Id = id, Pins = lower.Pins, LastUsed = lower.LastUsed };
        upper.Children.Add(lower);
        lower.Parent = upper;
        lower.Tokens = lower.Tokens[length..];
        lower.Start = match.Length;
        _resident.Add(upper);
        return upper;
    }

    private static int CellsOf(PrefixNode node) => node.IsResident ? node.Tokens.Length : 0;
}
