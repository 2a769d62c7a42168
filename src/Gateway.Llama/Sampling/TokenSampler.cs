using System.Numerics;
using System.Runtime.InteropServices;

namespace Gateway.Llama.Sampling;

/// <summary>
/// Draws tokens as llama.cpp's default chain does: logit bias, penalties, top-k, top-p, min-p, then temperature. Top-p counts shares of what top-k left,
/// before the temperature. Both top-p and min-p cut the sorted list, so what remains is the shorter of the two pieces. In managed code, since
/// libllama's chain first copies the whole vocabulary. For one thread.
/// </summary>
internal sealed class TokenSampler(int vocabularySize)
{
    // Nucleus of the whole vocabulary: look at few first, since it mostly is few.
    private const int FirstLook = 256;

    private readonly TopTokens _top = new(64);
    private float[] _weights = new float[64];

    /// <summary>What <see cref="Draw"/> returns when no token has a usable logit: the model computed nonsense.</summary>
    public const int None = -1;

    /// <summary>Draws the next token.</summary>
    /// <param name="logits">One for each token of the vocabulary; bias and penalties change them in place.</param>
    /// <param name="state">The request's own part: options, seed, and what it generated so far.</param>
    public int Draw(Span<float> logits, SamplingState state)
    {
        state.Bias(logits);
        state.Penalize(logits);
        return DrawAgain(logits, state);
    }

    /// <summary>
    /// Draws from a row that <see cref="Draw"/> had already, after some of its tokens were made impossible. An answer that a grammar binds is drawn
    /// so: freely first, and from what fits only where that draw did not fit, as llama.cpp does it. The chance of a token is then its free chance
    /// and its share of what the misfits had, each cut by top-k, top-p and min-p for itself.
    /// </summary>
    public int DrawAgain(ReadOnlySpan<float> logits, SamplingState state)
    {
        var options = state.Options;
        var topK = options.TopK <= 0 ? vocabularySize : Math.Min(options.TopK, vocabularySize);
        if (options.Temperature <= 0)
        {
            topK = 1;
        }

        var cut = topK == vocabularySize
            ? CutWholeVocabulary(logits, options, state.MinPLogit)
            : CutTop(logits, topK, options, state.MinPLogit);
        return cut switch
        {
            0 => None,
            1 => _top.Tokens[0],
            < 0 => DrawIndex(logits, _top.Logits[0], ref state.Random, options.Temperature, _top.Tokens[0]),
            _ => _top.Tokens[DrawIndex(_top.Logits[..cut], _top.Logits[0], ref state.Random, options.Temperature, 0)],
        };
    }

    // Each returns how many of the top tokens may be drawn, 0 for none at all, and -1 for the whole vocabulary.
    private int CutTop(ReadOnlySpan<float> logits, int topK, SamplingOptions options, float minPLogit)
    {
        _top.Select(logits, topK);
        if (_top.Count == 0 || float.IsPositiveInfinity(_top.Logits[0]))
        {
            return 0;
        }

        return CutSorted(options.TopP < 1 ? TotalWeight(_top.Logits) : 0, options.TopP, minPLogit);
    }

    private int CutWholeVocabulary(ReadOnlySpan<float> logits, SamplingOptions options, float minPLogit)
    {
        _top.Select(logits, 1);
        if (_top.Count == 0 || float.IsPositiveInfinity(_top.Logits[0]))
        {
            return 0;
        }

        if (options.TopP >= 1 && float.IsNegativeInfinity(minPLogit))
        {
            return -1;
        }

        var total = options.TopP < 1 ? TotalWeight(logits) : 0;
        for (var look = FirstLook; ; look *= 8)
        {
            _top.Select(logits, Math.Min(look, vocabularySize));
            var cut = CutSorted(total, options.TopP, minPLogit);
            if (cut < _top.Count || look >= vocabularySize)
            {
                return cut;
            }
        }
    }

    private int CutSorted(double total, float topP, float minPLogit)
    {
        var sorted = _top.Logits;
        var least = sorted[0] + minPLogit;
        var sum = 0.0;
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i > 0 && (sorted[i] < least || (topP < 1 && sum >= topP * total)))
            {
                return i;
            }

            sum += topP < 1 ? MathF.Exp(sorted[i] - sorted[0]) : 0;
        }

        return sorted.Length;
    }

    private double TotalWeight(ReadOnlySpan<float> logits)
    {
        Reserve(logits.Length);
        return Weigh(logits, _top.Logits[0], 1, _weights);
    }

    /// <summary>Draws an index of <paramref name="logits"/>, whose largest is <paramref name="most"/>.</summary>
    private int DrawIndex(ReadOnlySpan<float> logits, float most, ref TokenRandom random, float temperature, int otherwise)
    {
        Reserve(logits.Length);
        var left = random.NextDouble() * Weigh(logits, most, temperature, _weights);
        for (var i = 0; i < logits.Length; i++)
        {
            left -= _weights[i];
            if (left < 0)
            {
                return i;
            }
        }

        // The sum of the weights was rounded up.
        return otherwise;
    }

    /// <summary>Softmax without the division: weights relative to the likeliest token's, and their sum. No number weighs nothing.</summary>
    private static double Weigh(ReadOnlySpan<float> logits, float most, float temperature, Span<float> weights)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var results = MemoryMarshal.Cast<float, Vector<float>>(weights);
        var sum = 0.0;
        for (var v = 0; v < vectors.Length; v++)
        {
            var weight = Vector.Exp((vectors[v] - new Vector<float>(most)) / temperature);
            results[v] = Vector.ConditionalSelect(Vector.Equals(weight, weight), weight, Vector<float>.Zero);
            sum += Vector.Sum(results[v]);
        }

        for (var i = vectors.Length * Vector<float>.Count; i < logits.Length; i++)
        {
            var weight = MathF.Exp((logits[i] - most) / temperature);
            sum += weights[i] = float.IsNaN(weight) ? 0 : weight;
        }

        return sum;
    }

    private void Reserve(int count)
    {
        if (_weights.Length < count)
        {
            _weights = new float[Math.Max(count, Math.Min(vocabularySize, 2 * _weights.Length))];
        }
    }
}
