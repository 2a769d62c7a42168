using Gateway.Llama.Vectors;

namespace Gateway.Llama;

/// <summary>Query and document, as a reranker takes them.</summary>
/// <param name="Tokens">Both, with what stands around and between them.</param>
/// <param name="Head">What stands before the document: query and marks.</param>
/// <param name="Document">The document alone.</param>
/// <param name="Tail">What stands behind the document.</param>
public sealed record RerankPair(int[] Tokens, int[] Head, int[] Document, int[] Tail)
{
    /// <summary>Tokens that are left for the document in a model that takes <paramref name="limit"/>.</summary>
    public int RoomForDocument(int limit) => limit - Head.Length - Tail.Length;

    /// <summary>
    /// The same query with one window of the document after the other; the score of the best stands for the whole: MaxP of Dai and Callan
    /// (2019, arXiv 1905.09217).
    /// </summary>
    /// <param name="limit">Tokens that the model takes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The query leaves no room for a document.</exception>
    public IReadOnlyList<int[]> CutIntoWindows(int limit)
    {
        if (Tokens.Length <= limit)
        {
            return [Tokens];
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(RoomForDocument(limit), 1, nameof(limit));
        return [.. TextWindows.Cut(Document, RoomForDocument(limit), [], []).Select(window => (int[])[.. Head, .. window, .. Tail])];
    }
}
