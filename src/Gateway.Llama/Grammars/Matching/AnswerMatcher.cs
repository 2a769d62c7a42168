using System.Text;

namespace Gateway.Llama.Grammars.Matching;

/// <summary>Where an answer is: in free text, of which so many bytes could be the beginning of the mark, or bound by the grammar.</summary>
/// <param name="Bound">Null in free text.</param>
/// <param name="Matched">Bytes of the mark that came last.</param>
internal readonly record struct AnswerState(StackSet? Bound, int Matched);

/// <summary>
/// A constraint made ready for a vocabulary: whether a token's bytes fit, and which tokens do. For one thread; used by all answers that have the
/// same constraint.
/// </summary>
internal sealed class AnswerMatcher
{
    // For 256k tokens a mask takes 32 KB.
    private const int MostMaskBytes = 1 << 22;

    private readonly TokenTrie _trie;
    private readonly GrammarMachine _machine;
    private readonly byte[] _mark;
    private readonly int[] _fallback;
    private readonly bool _required;
    private readonly ulong[]?[] _freeMasks;
    private readonly AnswerState[] _path;

    public AnswerMatcher(GrammarConstraint constraint, TokenTrie trie)
    {
        _trie = trie;
        _machine = new GrammarMachine(constraint.Grammar, mostMasks: 8 * MostMaskBytes / Math.Max(trie.TokenCount, 1));
        _mark = Encoding.UTF8.GetBytes(constraint.After ?? "");
        _fallback = Fallback(_mark);
        _required = constraint.Required;
        _freeMasks = new ulong[_mark.Length][];
        _path = new AnswerState[trie.Longest + 1];
    }

    /// <summary>Whether the token under way took more work than is sensible; nothing fits then.</summary>
    public bool IsOverworked => _machine.IsOverworked;

    public AnswerState Start => _mark.Length > 0 ? new AnswerState(null, 0) : new AnswerState(_machine.Start, 0);

    /// <summary>Begins a token: counts its work, and brings a state up to date when the machine forgot.</summary>
    public AnswerState BeginToken(AnswerState state) => state.Bound is { } bound ? state with { Bound = _machine.BeginToken(bound) } : state;

    /// <summary>Whether the answer may end.</summary>
    public bool CanEnd(AnswerState state) => state.Bound is { } bound ? bound.IsComplete : !_required;

    /// <summary>Whether the answer is complete and nothing can follow.</summary>
    public bool MustEnd(AnswerState state) => _required && state.Bound is { MustEnd: true };

    /// <summary>Whether a token may come next, and what state it leads to.</summary>
    public bool TryToken(AnswerState state, int token, out AnswerState next)
    {
        next = state;
        if (_trie.EndsGeneration(token))
        {
            return CanEnd(state);
        }

        var text = _trie.TextOf(token);
        if (text.IsEmpty)
        {
            // A control token is no text: free text may have it, what is bound may not.
            return state.Bound is null;
        }

        foreach (var value in text)
        {
            next = Step(next, value);
            if (IsDead(next))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The tokens that may come next, a bit each.</summary>
    public ulong[] MaskOf(AnswerState state)
    {
        if ((state.Bound is { } bound ? bound.Mask : _freeMasks[state.Matched]) is { } known)
        {
            return known;
        }

        var mask = new ulong[(_trie.TokenCount + 63) / 64];
        if (state.Bound is null)
        {
            Mark(mask, _trie.Silent);
        }

        if (CanEnd(state))
        {
            Mark(mask, _trie.Ending);
        }

        MarkFitting(mask, state);
        if (state.Bound is null)
        {
            _freeMasks[state.Matched] = mask;
        }
        else if (!IsOverworked)
        {
            _machine.Remember(state.Bound, mask);
        }

        return mask;
    }

    private void MarkFitting(ulong[] mask, AnswerState state)
    {
        var nodes = _trie.Nodes;
        _path[0] = state;
        for (var i = 0; i < nodes.Length;)
        {
            ref readonly var node = ref nodes[i];
            var next = Step(_path[node.Depth], node.Value);
            if (IsDead(next))
            {
                i = node.End;
                continue;
            }

            _path[node.Depth + 1] = next;
            for (var token = node.Token; token >= 0; token = _trie.NextAlike(token))
            {
                mask[token / 64] |= 1UL << (token % 64);
            }

            i++;
        }
    }

    private static bool IsDead(AnswerState state) => state.Bound is { IsDead: true };

    private AnswerState Step(AnswerState state, byte value)
    {
        if (state.Bound is not { } bound)
        {
            return Free(state.Matched, value);
        }

        var next = _machine.Step(bound, value);
        return next.IsDead && !_required && bound.IsComplete ? Free(0, value) : new AnswerState(next, 0);
    }

    private AnswerState Free(int matched, byte value)
    {
        while (matched > 0 && _mark[matched] != value)
        {
            matched = _fallback[matched];
        }

        matched += _mark[matched] == value ? 1 : 0;
        return matched == _mark.Length ? new AnswerState(_machine.Start, 0) : new AnswerState(null, matched);
    }

    /// <summary>Knuth, Morris and Pratt: how much of the mark is still matched when the byte after so much of it is another.</summary>
    private static int[] Fallback(byte[] mark)
    {
        var fallback = new int[mark.Length + 1];
        for (int i = 1, length = 0; i < mark.Length; i++)
        {
            while (length > 0 && mark[i] != mark[length])
            {
                length = fallback[length];
            }

            length += mark[i] == mark[length] ? 1 : 0;
            fallback[i + 1] = length;
        }

        return fallback;
    }

    private static void Mark(ulong[] mask, int[] tokens)
    {
        foreach (var token in tokens)
        {
            mask[token / 64] |= 1UL << (token % 64);
        }
    }
}
