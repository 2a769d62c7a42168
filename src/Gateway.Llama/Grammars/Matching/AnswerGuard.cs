namespace Gateway.Llama.Grammars.Matching;

/// <summary>Keeps one answer to its constraint, token by token. For the scheduler's thread.</summary>
internal sealed class AnswerGuard(AnswerMatcher matcher)
{
    private AnswerState _state = matcher.Start;

    /// <summary>Whether the answer is complete and nothing can follow.</summary>
    public bool MustEnd => matcher.MustEnd(_state);

    /// <summary>Whether the grammar can be read in so many ways here that it takes too long to follow.</summary>
    public bool IsOverworked => matcher.IsOverworked;

    /// <summary>Takes a token if it fits.</summary>
    public bool TryAccept(int token)
    {
        _state = matcher.BeginToken(_state);
        if (!matcher.TryToken(_state, token, out var next))
        {
            return false;
        }

        _state = next;
        return true;
    }

    /// <summary>Makes the tokens that do not fit impossible.</summary>
    public void Mask(Span<float> logits)
    {
        _state = matcher.BeginToken(_state);
        var mask = matcher.MaskOf(_state);
        for (var word = 0; word < mask.Length; word++)
        {
            var bits = mask[word];
            if (bits == ulong.MaxValue)
            {
                continue;
            }

            var part = logits[(64 * word)..Math.Min(64 * (word + 1), logits.Length)];
            if (bits == 0)
            {
                part.Fill(float.NegativeInfinity);
                continue;
            }

            for (var i = 0; i < part.Length; i++)
            {
                if ((bits & (1UL << i)) == 0)
                {
                    part[i] = float.NegativeInfinity;
                }
            }
        }
    }
}
