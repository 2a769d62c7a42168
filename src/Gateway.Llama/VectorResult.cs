namespace Gateway.Llama;

/// <summary>What became of texts that were to be turned into vectors.</summary>
/// <param name="Reason">Stop when all are there, Cancelled or Error when none is.</param>
/// <param name="Vectors">
/// One for each text, in their order. Of an embedding model: <see cref="LlamaModelInfo.EmbeddingSize"/> numbers of length 1 together (L2). Of a
/// reranker: one number, its score as the model gives it.
/// </param>
/// <param name="Error">What failed, when the reason is Error. Holds no text of the request.</param>
public sealed record VectorResult(FinishReason Reason, IReadOnlyList<float[]> Vectors, Exception? Error = null)
{
    /// <summary>Tokens of the texts that were computed, or whose computing had begun, also where none of the vectors came of it.</summary>
    public int ComputedTokens { get; init; }
}
