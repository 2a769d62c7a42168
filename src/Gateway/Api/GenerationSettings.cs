using Gateway.Llama;

namespace Gateway.Api;

/// <summary>What a request asks of a local model, whichever endpoint it came by.</summary>
internal sealed class GenerationSettings
{
    /// <summary>Tokens of the answer at most; null leaves it to the deployment.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>How tokens are drawn.</summary>
    public SamplingOptions Sampling { get; set; } = new();

    /// <summary>Texts that end the answer.</summary>
    public IReadOnlyList<string> Stop { get; set; } = [];

    /// <summary>Answers to each prompt.</summary>
    public int Choices { get; set; } = 1;

    /// <summary>Alternatives to tell with each token's log probability; null where none are asked for.</summary>
    public int? TopLogprobs { get; set; }

    /// <summary>Whether a stream ends with a chunk that tells the usage.</summary>
    public bool IncludeUsage { get; set; }
}
