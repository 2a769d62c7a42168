namespace Gateway.Exchanges;

/// <summary>Tokens of an exchange, as OpenAI counts them.</summary>
/// <param name="InputTokens">Tokens of the prompt.</param>
/// <param name="OutputTokens">Tokens of the answer.</param>
internal sealed record Usage(int InputTokens, int OutputTokens)
{
    /// <summary>Of <see cref="InputTokens"/>, those that were in a cache.</summary>
    public int CachedTokens { get; init; }

    /// <summary>Of <see cref="OutputTokens"/>, those that the model thought with; null where that is not known.</summary>
    public int? ReasoningTokens { get; init; }

    /// <summary>Whether they were counted here by their characters, because nobody reported them.</summary>
    public bool IsEstimated { get; init; }
}
