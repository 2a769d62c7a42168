using System.Diagnostics.CodeAnalysis;
using Gateway.Llama.Gguf;
using Gateway.Llama.Vectors;

namespace Gateway.Llama;

/// <content>Models that turn texts into vectors: embeddings, and scores of query and document.</content>
public sealed partial class LlamaEngine
{
    /// <summary>Whether a reranker's scores lie between 0 and 1 already; those of most are logits without bounds.</summary>
    public bool ScoresAreProbabilities { get; }

    /// <summary>What a model is for, as far as its file tells, without loading it; null when the file cannot be read.</summary>
    /// <param name="modelPath">Path of the GGUF file.</param>
    public static ModelTask? ReadTask(string modelPath)
    {
        try
        {
            using var file = GgufFile.Open(modelPath);
            return new ModelMetadata(file) is { Architecture.Length: > 0 } model ? model.Purpose.Task : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The scheduler of vectors, null for a model that makes none.</summary>
    internal VectorScheduler? Vectors => _vectors;

    /// <summary>
    /// Queues texts to be turned into vectors: all of them, or none. False when too many requests wait: try again later. Owners take turns, and so
    /// do the requests of each.
    /// </summary>
    /// <param name="texts">Token ids of each text; for a reranker, query and document as <see cref="TokenizePair"/> puts them together.</param>
    /// <param name="cancellationToken">Ends the computation within one step.</param>
    /// <param name="result">Completes when all vectors are there, or none will be. It never fails.</param>
    /// <param name="owner">Whose request it is.</param>
    /// <exception cref="ArgumentException">There is no text, or one is empty, longer than <see cref="LlamaModelInfo.ContextLength"/>, or holds a
    /// token that is not in the vocabulary.</exception>
    /// <exception cref="NotSupportedException">The model makes no vectors (<see cref="LlamaModelInfo.Task"/>).</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public bool TryComputeVectors(
        IReadOnlyList<int[]> texts, CancellationToken cancellationToken, [NotNullWhen(true)] out Task<VectorResult>? result, string owner = "")
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (_vectors is null)
        {
            throw NotSupported("makes no vectors");
        }

        ArgumentOutOfRangeException.ThrowIfZero(texts.Count, nameof(texts));
        foreach (var text in texts)
        {
            if (text.Length == 0 || text.Length > Info.ContextLength)
            {
                throw new ArgumentException($"A text has {text.Length} tokens; this model takes 1 to {Info.ContextLength}.", nameof(texts));
            }

            CheckTokens(text, "text", nameof(texts));
        }

        var job = new VectorJob(texts, cancellationToken, owner);
        result = _vectors.TryEnqueue(job) ? job.Result : null;
        return result is not null;
    }

    /// <summary>
    /// Cuts a text into overlapping windows that the model takes, each wrapped as the text is (BOS, EOS). A text that fits stays as it is.
    /// <see cref="VectorMath.Average"/> makes one embedding of theirs.
    /// </summary>
    /// <param name="tokens">The text, as <see cref="Tokenize(string, bool, bool)"/> gives it, or any tokens.</param>
    public IReadOnlyList<int[]> CutIntoWindows(int[] tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return TextWindows.Cut(tokens, Info.ContextLength, _tokenizer.Before, _tokenizer.After);
    }

    /// <summary>Puts a query and a document together as a reranker was trained on them.</summary>
    /// <param name="query">What is searched for.</param>
    /// <param name="document">What may answer it.</param>
    public RerankPair TokenizePair(string query, string document)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(document);
        return _pairs.Value.Tokenize(query, document);
    }
}
