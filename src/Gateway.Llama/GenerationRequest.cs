using System.Collections.Frozen;
using Gateway.Llama.Grammars;

namespace Gateway.Llama;

/// <summary>How the next token is drawn; names and meaning are llama.cpp's.</summary>
public sealed record SamplingOptions
{
    /// <summary>0 always takes the likeliest token.</summary>
    public float Temperature { get; init; } = 1f;

    /// <summary>Tokens drawn from; 0 or less means all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Nucleus: the smallest set of tokens with at least this probability.</summary>
    public float TopP { get; init; } = 1f;

    /// <summary>Tokens less likely than this share of the likeliest are left out.</summary>
    public float MinP { get; init; }

    /// <summary>OpenAI's <c>frequency_penalty</c>, -2 to 2.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>OpenAI's <c>presence_penalty</c>, -2 to 2.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Seed of the draw; null takes a random one.</summary>
    public uint? Seed { get; init; }

    /// <summary>
    /// OpenAI's <c>logit_bias</c>: added to the logits of these tokens before anything else, -100 to 100. At -100 a token is never drawn; while
    /// one stands at 100, no other is.
    /// </summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>What is wrong with these options, null when nothing is.</summary>
    /// <param name="vocabularySize">Number of the model's tokens.</param>
    internal string? FindError(int vocabularySize) =>
        !(Temperature >= 0 && float.IsFinite(Temperature)) ? "Temperature must be 0 or more."
        : !(TopP is >= 0 and <= 1) ? "TopP must be 0 to 1."
        : !(MinP is >= 0 and <= 1) ? "MinP must be 0 to 1."
        : !(FrequencyPenalty is >= -2 and <= 2) ? "FrequencyPenalty must be -2 to 2."
        : !(PresencePenalty is >= -2 and <= 2) ? "PresencePenalty must be -2 to 2."
        : FindBiasError(vocabularySize);

    private string? FindBiasError(int vocabularySize)
    {
        var banned = 0;
        foreach (var (token, bias) in LogitBias ?? FrozenDictionary<int, float>.Empty)
        {
            if ((uint)token >= (uint)vocabularySize)
            {
                return $"LogitBias names token {token}; token ids of this model go from 0 to {vocabularySize - 1}.";
            }

            if (!(bias is >= -100 and <= 100))
            {
                return $"LogitBias of token {token} must be -100 to 100.";
            }

            banned += bias == -100 ? 1 : 0;
        }

        return banned < vocabularySize ? null : "LogitBias bans every token of the model.";
    }
}

/// <summary>One continuation to be generated.</summary>
public sealed record GenerationRequest
{
    /// <summary>Token ids of the prompt; not empty.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>Tokens to generate at most; cut to what the context leaves.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Texts that end the answer; none of them is part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>The grammar that the answer keeps to; null for free text. Stop texts end the answer all the same.</summary>
    public GrammarConstraint? Grammar { get; init; }

    /// <summary>
    /// Alternatives to tell with each token's log probability, 0 to <see cref="MostTopLogprobs"/>; null asks for no log probabilities at all.
    /// </summary>
    public int? TopLogprobs { get; init; }

    /// <summary>
    /// Special tokens whose text belongs to the answer, such as the marks around calls of tools; the text of others is left out.
    /// </summary>
    public IReadOnlySet<int> VisibleTokens { get; init; } = FrozenSet<int>.Empty;

    /// <summary>LoRA adapters to answer with, each once; none is the model as it is.</summary>
    public IReadOnlyList<AppliedAdapter> Adapters { get; init; } = [];

    /// <summary>
    /// Whose request it is. Owners share the engine by <see cref="Weight"/>, and none finds what another's prompts left in the cache.
    /// </summary>
    public string Owner { get; init; } = "";

    /// <summary>
    /// How many of the first tokens are known to every owner anyway, such as those of an operator's own system prompt: what the cache has of them is
    /// shared by all owners whose requests begin with them. Anyone can find out by the clock whether another has sent them lately.
    /// </summary>
    public int PublicTokens { get; init; }

    /// <summary>The owner's share beside those of others, more than 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Requests of a higher priority come before those of a lower, and may take their places.</summary>
    public int Priority { get; init; }

    /// <summary>Most alternatives that can be asked for, OpenAI's limit.</summary>
    public const int MostTopLogprobs = 20;
}

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended its turn, a stop text came, or the grammar's text is complete.</summary>
    Stop,

    /// <summary><see cref="GenerationRequest.MaxTokens"/> or the context was used up.</summary>
    Length,

    /// <summary>The caller cancelled it.</summary>
    Cancelled,

    /// <summary>The engine failed; the generation's error says how.</summary>
    Error,
}
