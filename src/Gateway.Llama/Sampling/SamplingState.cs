using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Llama.Sampling;

/// <summary>What drawing tokens for one request needs to remember.</summary>
internal sealed class SamplingState
{
    // What stands at 100 gets this much instead: more than logits ever differ by, and little enough to keep their order among each other.
    private const float Forced = 1_000;

    private readonly Dictionary<int, int>? _counts;
    private readonly (int Token, float Bias)[] _biases;

    /// <summary>The source of chance, used in place.</summary>
    public TokenRandom Random;

    public SamplingState(SamplingOptions options)
    {
        Options = options;
        MinPLogit = options.MinP > 0 ? MathF.Log(options.MinP) : float.NegativeInfinity;
        Random = new TokenRandom(options.Seed ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))));
        _biases = options.LogitBias is null ? [] : [.. options.LogitBias.Select(b => (b.Key, b.Value switch
        {
            <= -100 => float.NegativeInfinity,
            >= 100 => Forced,
            _ => b.Value,
        }))];
        if (options.FrequencyPenalty != 0 || options.PresencePenalty != 0)
        {
            _counts = [];
        }
    }

    public SamplingOptions Options { get; }

    /// <summary>How far below the likeliest logit one may lie: p >= minP * most is logit >= most + ln(minP).</summary>
    public float MinPLogit { get; }

    /// <summary>Takes note of a generated token.</summary>
    public void Accept(int token)
    {
        if (_counts is not null)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, token, out _)++;
        }
    }

    /// <summary>Adds the request's logit bias.</summary>
    public void Bias(Span<float> logits)
    {
        foreach (var (token, bias) in _biases)
        {
            logits[token] += bias;
        }
    }

    /// <summary>
    /// OpenAI's formula: logit -= count * frequency_penalty + (count > 0) * presence_penalty. Counted over what was generated; a prompt is
    /// not penalised, as with OpenAI's newer models and vLLM.
    /// </summary>
    public void Penalize(Span<float> logits)
    {
        if (_counts is not null)
        {
            foreach (var (token, count) in _counts)
            {
                logits[token] -= (count * Options.FrequencyPenalty) + Options.PresencePenalty;
            }
        }
    }
}
