namespace Gateway.Llama.Grammars.Matching;

/// <summary>
/// Follows a grammar byte by byte, with all ways of reading kept at once, and remembers what it found. For one thread. Its memory is bounded:
/// beyond that it forgets, at <see cref="BeginToken"/>.
/// </summary>
internal sealed class GrammarMachine
{
    /// <summary>Frames looked at for one token. A sensible grammar needs a few thousand; beyond this the others would wait too long.</summary>
    public const int MostWork = 500_000;

    // 2 KB for each set that was followed, about 200 bytes for others.
    private const int MostFollowed = 2_048;
    private const int MostSets = 20_000;

    private readonly Grammar _grammar;
    private readonly int _mostMasks;
    private Dictionary<StackSet, StackSet> _sets = [];
    private StackSet? _start;
    private int _generation;
    private int _followed;
    private int _masks;
    private int _work;

    public GrammarMachine(Grammar grammar, int mostMasks)
    {
        _grammar = grammar;
        _mostMasks = mostMasks;
        Reset();
    }

    /// <summary>No way of reading is left.</summary>
    public StackSet Dead { get; private set; } = null!;

    /// <summary>Whether the token under way took more than <see cref="MostWork"/>; everything is dead then.</summary>
    public bool IsOverworked => _work > MostWork;

    public StackSet Start
    {
        get
        {
            if (_start is null)
            {
                var frames = new List<Frame>();
                Enter(_grammar.Root, Intern([new Frame(null, 0, null)]), frames);
                _start = InternClosed(frames);
            }

            return _start;
        }
    }

    /// <summary>Begins a token in a state, which may be one of before the machine forgot; returns it as it is now.</summary>
    public StackSet BeginToken(StackSet state)
    {
        // What was broken off half way must not be remembered.
        if (IsOverworked || _followed > MostFollowed || _sets.Count > MostSets || _masks > _mostMasks)
        {
            Reset();
        }

        _work = 0;

        if (state.Generation == _generation)
        {
            return state;
        }

        var known = Import(state, new Dictionary<StackSet, StackSet>(ReferenceEqualityComparer.Instance));
        known.Closed = known;
        return known;
    }

    /// <summary>The state after one more byte.</summary>
    public StackSet Step(StackSet state, byte value)
    {
        if (state.Next is null)
        {
            state.Next = new StackSet[256];
            _followed++;
        }

        return state.Next[value] ??= Follow(state, value);
    }

    public void Remember(StackSet state, ulong[] mask)
    {
        state.Mask = mask;
        _masks++;
    }

    private StackSet Follow(StackSet state, byte value)
    {
        if (IsOverworked)
        {
            return Dead;
        }

        var frames = new List<Frame>();
        foreach (var frame in state.Frames)
        {
            switch (frame.Node)
            {
                case LiteralNode literal when literal.Bytes[frame.Position] == value:
                    if (frame.Position + 1 < literal.Bytes.Length)
                    {
                        frames.Add(frame with { Position = frame.Position + 1 });
                    }
                    else
                    {
                        Continue(frame.Rest!, frames);
                    }

                    break;
                case TerminalNode { Terminal.Bytes: var automaton } when automaton.Next(frame.Position, value) is >= 0 and var next:
                    if (automaton.CanContinue(next))
                    {
                        frames.Add(frame with { Position = next });
                    }

                    if (automaton.Accepts(next))
                    {
                        Continue(frame.Rest!, frames);
                    }

                    break;
            }
        }

        _work += state.Frames.Length;
        return IsOverworked ? Dead : InternClosed(frames);
    }

    private void Continue(StackSet rest, List<Frame> frames) => frames.AddRange(Close(rest).Frames);

    private StackSet Close(StackSet set)
    {
        if (set.Closed is null)
        {
            var frames = new List<Frame>();
            foreach (var frame in set.Frames)
            {
                switch (frame.Node)
                {
                    case SequenceNode sequence:
                        EnterPart(sequence, frame.Position, frame.Rest!, frames);
                        break;
                    case RepeatNode repeat:
                        EnterAgain(repeat, frame.Position, frame.Rest!, frames);
                        break;
                    case NestNode:
                        Continue(frame.Rest!, frames);
                        break;
                    default:
                        frames.Add(frame);
                        break;
                }
            }

            _work += set.Frames.Length;
            set.Closed = InternClosed(frames);
        }

        return set.Closed;
    }

    /// <summary>Adds the tops that wait for a byte when a node begins.</summary>
    private void Enter(GrammarNode node, StackSet rest, List<Frame> frames)
    {
        // The last option and the first part go around the loop: chains of thousands of options are no recursion.
        while (true)
        {
            // What cannot end within the depth that is left is not begun; what is begun can always end.
            _work++;
            if (IsOverworked || rest.Depth + node.MinDepth > GrammarBuilder.MostDepth)
            {
                return;
            }

            switch (node)
            {
                case LiteralNode literal:
                    if (literal.Bytes.Length > 0)
                    {
                        frames.Add(new Frame(literal, 0, rest));
                    }
                    else
                    {
                        Continue(rest, frames);
                    }

                    return;
                case TerminalNode terminal:
                    frames.Add(new Frame(terminal, 0, rest));
                    if (terminal.CanBeEmpty)
                    {
                        Continue(rest, frames);
                    }

                    return;
                case ChoiceNode choice:
                    foreach (var option in choice.Options.AsSpan(..^1))
                    {
                        Enter(option, rest, frames);
                    }

                    node = choice.Options[^1];
                    break;
                case SequenceNode { Parts: [] }:
                    Continue(rest, frames);
                    return;
                case SequenceNode sequence:
                    rest = sequence.Parts.Length > 1 ? Push(sequence, 1, rest) : rest;
                    node = sequence.Parts[0];
                    break;
                case RepeatNode repeat:
                    EnterAgain(repeat, 0, rest, frames);
                    return;
                case NestNode nest:
                    rest = Push(nest, 0, rest);
                    node = nest.Body;
                    break;
                case RuleNode rule:
                    node = rule.Body!;
                    break;
            }
        }
    }

    private void EnterPart(SequenceNode sequence, int index, StackSet rest, List<Frame> frames) =>
        Enter(sequence.Parts[index], index + 1 < sequence.Parts.Length ? Push(sequence, index + 1, rest) : rest, frames);

    private void EnterAgain(RepeatNode repeat, int count, StackSet rest, List<Frame> frames)
    {
        if (repeat.Most is not { } most || count < most)
        {
            // Beyond what is counted all counts are one.
            var next = repeat.Most is null ? Math.Min(count + 1, repeat.Least) : count + 1;
            Enter(repeat.Body, next == repeat.Most ? rest : Push(repeat, next, rest), frames);
        }

        if (count >= repeat.Least)
        {
            Continue(rest, frames);
        }
    }

    private StackSet Push(GrammarNode node, int position, StackSet rest) => Intern([new Frame(node, position, rest)]);

    private StackSet InternClosed(List<Frame> frames)
    {
        if (frames.Count > 1)
        {
            Normalize(frames);
        }

        var set = Intern([.. frames]);
        set.Closed = set;
        return set;
    }

    private StackSet Intern(Frame[] frames)
    {
        var set = new StackSet(frames, _generation);
        if (_sets.TryGetValue(set, out var known))
        {
            return known;
        }

        _sets.Add(set, set);
        return set;
    }

    private void Normalize(List<Frame> frames)
    {
        frames.Sort(Frame.CompareTops);
        var last = 0;
        for (var i = 1; i < frames.Count; i++)
        {
            if (Frame.CompareTops(frames[i], frames[last]) != 0)
            {
                frames[++last] = frames[i];
            }
            else if (frames[i].Rest is { } rest)
            {
                frames[last] = frames[last] with { Rest = Union(frames[last].Rest!, rest) };
            }
        }

        frames.RemoveRange(last + 1, frames.Count - last - 1);
    }

    private StackSet Union(StackSet a, StackSet b)
    {
        if (a == b)
        {
            return a;
        }

        List<Frame> frames = [.. a.Frames, .. b.Frames];
        _work += frames.Count;
        Normalize(frames);
        return Intern([.. frames]);
    }

    private StackSet Import(StackSet set, Dictionary<StackSet, StackSet> done)
    {
        if (!done.TryGetValue(set, out var known))
        {
            known = Intern([.. set.Frames.Select(frame => frame with { Rest = frame.Rest is null ? null : Import(frame.Rest, done) })]);
            done.Add(set, known);
        }

        return known;
    }

    private void Reset()
    {
        _sets = new Dictionary<StackSet, StackSet>(new StackSetComparer());
        _generation++;
        _start = null;
        _followed = 0;
        _masks = 0;
        Dead = Intern([]);
        Dead.Closed = Dead;
    }
}
