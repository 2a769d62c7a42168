namespace Gateway.Llama.Speculation;

/// <summary>
/// Guesses how a sequence goes on: as it went on the last time that its last tokens were there, in its prompt or its answer. Answers that quote,
/// correct or list repeat themselves and their prompts. Each guess of a next token is compared with what was drawn, whether a step tried it or not,
/// so that how often guesses are right is known without a cost. For one thread.
/// </summary>
internal sealed class PromptLookup : IGuesses
{
    /// <summary>Tokens that have to agree before a next one is guessed.</summary>
    internal const int Key = 3;

    // Three tokens in 63 bits: a vocabulary of two million is far beyond the largest.
    private const int BitsPerToken = 21;

    // Guesses by how many tokens agreed before: 3, 4 to 7, 8 to 15, more. The longer, the surer.
    private static readonly double[] FirstRates = [0.3, 0.5, 0.7, 0.85];
    private const int LongestAgreement = 16;
    private const double Smoothing = 1.0 / 8;

    private readonly double[] _rates = [.. FirstRates];

    // Where each three tokens ended the last time, as the position behind them.
    private readonly Dictionary<long, int> _behind = [];

    private int _seen;
    private int _next = -1;
    private int _agreed;

    /// <summary>Whether there is a guess for the next token.</summary>
    public bool HasGuess => _next >= 0;

    /// <summary>Takes note of the tokens that came since the last call.</summary>
    /// <param name="tokens">All tokens of the sequence.</param>
    public void Follow(ReadOnlySpan<int> tokens)
    {
        for (var at = _seen; at < tokens.Length; at++)
        {
            // Of the prompt nothing is guessed: how it repeats itself says little of the answer.
            if (_seen > 0)
            {
                Compare(tokens, at);
            }

            if (at < Key - 1)
            {
                continue;
            }

            var key = KeyOf(tokens.Slice(at - Key + 1, Key));
            if (_next < 0 && _behind.TryGetValue(key, out var behind))
            {
                (_next, _agreed) = (behind, Agreement(tokens, behind, at + 1));
            }

            _behind[key] = at + 1;
            if (_seen == 0 && at < tokens.Length - 1)
            {
                _next = -1;
            }
        }

        _seen = tokens.Length;
    }

    /// <inheritdoc/>
    public double Seconds => 0;

    /// <inheritdoc/>
    public double Rate(int index) => HasGuess ? _rates[KindOf(_agreed + index)] : 0;

    /// <summary>Writes the guesses of the next tokens, as many as there is room for. What repeats within the guess itself goes on repeating.</summary>
    public void Guess(ReadOnlySpan<int> tokens, Span<int> guesses)
    {
        for (var i = 0; i < guesses.Length; i++)
        {
            var from = _next + i;
            guesses[i] = from < tokens.Length ? tokens[from] : guesses[from - tokens.Length];
        }
    }

    private void Compare(ReadOnlySpan<int> tokens, int at)
    {
        if (_next < 0)
        {
            return;
        }

        var right = tokens[_next] == tokens[at];
        ref var rate = ref _rates[KindOf(_agreed)];
        rate += Smoothing * ((right ? 1 : 0) - rate);
        (_next, _agreed) = right ? (_next + 1, _agreed + 1) : (-1, 0);
    }

    private static int Agreement(ReadOnlySpan<int> tokens, int earlier, int later)
    {
        var length = Key;
        while (length < LongestAgreement && length < earlier && tokens[earlier - length - 1] == tokens[later - length - 1])
        {
            length++;
        }

        return length;
    }

    private static int KindOf(int agreed) => agreed switch { < 4 => 0, < 8 => 1, < LongestAgreement => 2, _ => 3 };

    private static long KeyOf(ReadOnlySpan<int> tokens)
    {
        var key = 0L;
        foreach (var token in tokens)
        {
            key = (key << BitsPerToken) | (uint)token;
        }

        return key;
    }
}
