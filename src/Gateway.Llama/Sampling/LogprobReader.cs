using System.Numerics;
using System.Runtime.InteropServices;

namespace Gateway.Llama.Sampling;

/// <summary>
/// Log probabilities of the model's own distribution. The sampler changes logits in place, so they are copied before the draw and read after it;
/// requests that do not ask for them pay nothing. For one thread.
/// </summary>
internal sealed class LogprobReader
{
    private readonly TopTokens _top = new(GenerationRequest.MostTopLogprobs);
    private float[] _logits = [];

    /// <summary>Keeps a row of logits, before anything is done to it.</summary>
    public void Keep(ReadOnlySpan<float> logits)
    {
        if (_logits.Length != logits.Length)
        {
            _logits = new float[logits.Length];
        }

        logits.CopyTo(_logits);
    }

    /// <summary>The log probability of a token of the row that was kept last, beside those of the likeliest.</summary>
    /// <param name="chosen">The token that was drawn.</param>
    /// <param name="count">Number of alternatives.</param>
    public GeneratedToken Read(int chosen, int count)
    {
        _top.Select(_logits, Math.Max(1, Math.Min(count, _logits.Length)));
        var total = LogSumExp(_logits, _top.Logits[0]);
        var alternatives = new TokenLogprob[Math.Min(count, _top.Count)];
        for (var i = 0; i < alternatives.Length; i++)
        {
            alternatives[i] = new TokenLogprob(_top.Tokens[i], (float)(_top.Logits[i] - total));
        }

        return new GeneratedToken(new TokenLogprob(chosen, (float)(_logits[chosen] - total)), alternatives);
    }

    /// <summary>ln(sum(exp(x))), the largest taken out first so that nothing overflows. No number counts as nothing.</summary>
    internal static double LogSumExp(ReadOnlySpan<float> logits, float most)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var sum = 0.0;
        foreach (var vector in vectors)
        {
            var weight = Vector.Exp(vector - new Vector<float>(most));
            sum += Vector.Sum(Vector.ConditionalSelect(Vector.Equals(weight, weight), weight, Vector<float>.Zero));
        }

        for (var i = vectors.Length * Vector<float>.Count; i < logits.Length; i++)
        {
            var weight = MathF.Exp(logits[i] - most);
            sum += float.IsNaN(weight) ? 0 : weight;
        }

        return most + Math.Log(sum);
    }
}
