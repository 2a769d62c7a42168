using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Llama.Sampling;

/// <summary>What drawing tokens for one request needs to remember.</summary>
internal sealed class SamplingState
{
    private readonly Dictionary<int, int>? _counts;

    /// <summary>The source of chance, used in place.</summary>
    public TokenRandom Random;

    public SamplingState(SamplingOptions options)
    {
        Options = options;
        MinPLogit = options.MinP > 0 ? MathF.Log(options.MinP) : float.NegativeInfinity;
        Random = new TokenRandom(options.Seed ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))));
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
