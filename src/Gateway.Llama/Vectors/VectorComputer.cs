using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Gateway.Llama.Loading;
using Gateway.Llama.Scheduling;
using LLama.Native;

namespace Gateway.Llama.Vectors;

/// <summary>Computes batches of texts in a context. For one thread; only <see cref="Abort"/> and the numbers may be asked from others.</summary>
internal sealed class VectorComputer : IDisposable
{
    /// <summary>
    /// Tokens of texts that are computed together; more brings nothing on CPU, since the attention of models without memory goes over the
    /// whole batch, and takes more room for outputs.
    /// </summary>
    public const int TokensOfBatch = 128;

    private readonly SafeLLamaContextHandle _context;
    private readonly AbortSwitch _abort;
    private readonly LLamaBatch _batch;
    private readonly ContextThreads _threads;
    private readonly IdleOutputs _outputs;
    private readonly ModelTask _task;
    private readonly int _vectorSize;
    private long _decodes;
    private long _failedDecodes;

    public VectorComputer(SafeLLamaContextHandle context, AbortSwitch abort, LlamaModelInfo info, LlamaEngineOptions options)
    {
        _context = context;
        _abort = abort;
        _task = info.Task;
        _vectorSize = info.Task == ModelTask.Embed ? info.EmbeddingSize : 1;
        _batch = new LLamaBatch((int)context.BatchSize);
        _threads = new ContextThreads(context, options.Threads ?? ProcessorTopology.PhysicalCores);
        _outputs = new IdleOutputs(info.VocabularySize);
    }

    public long Decodes => Volatile.Read(ref _decodes);

    public long FailedDecodes => Volatile.Read(ref _failedDecodes);

    public int Threads => _threads.Count;

    /// <summary>There is nothing to compute for now.</summary>
    public void Rest() => _threads.Rest();

    public void Abort(byte decodes = 1) => _abort.Set(decodes);

    /// <summary>Computes the texts and gives each job its vectors; false, with no job changed, when it failed.</summary>
    /// <param name="items">Texts that fit into a batch together, or one that does not and is read in pieces.</param>
    /// <param name="error">Why it failed.</param>
    public bool TryCompute(IReadOnlyList<VectorItem> items, [NotNullWhen(false)] out Exception? error)
    {
        try
        {
            error = items.Count == 1 ? DecodePieces(items[0]) : DecodeTogether(items);
            if (error is not null)
            {
                return false;
            }

            var vectors = new float[items.Count][];
            for (var i = 0; i < vectors.Length; i++)
            {
                if (Read((LLamaSeqId)i) is not { } vector)
                {
                    error = new InvalidOperationException("The model computed no usable vector; its weights are damaged.");
                    return false;
                }

                vectors[i] = vector;
            }

            for (var i = 0; i < vectors.Length; i++)
            {
                items[i].Job.Set(items[i].Index, vectors[i]);
            }

            return true;
        }
        finally
        {
            if (_context.HasMemory)
            {
                _context.MemoryClear();
            }
        }
    }

    public void Dispose()
    {
        _threads.Rest();
        _context.Dispose();
        _abort.Dispose();
    }

    private InvalidOperationException? DecodeTogether(IReadOnlyList<VectorItem> items)
    {
        _batch.Clear();
        for (var i = 0; i < items.Count; i++)
        {
            Add(items[i].Tokens, 0, items[i].Tokens.Length, (LLamaSeqId)i);
        }

        return Decode();
    }

    private InvalidOperationException? DecodePieces(VectorItem item)
    {
        InvalidOperationException? error = null;
        for (var at = 0; at < item.Tokens.Length && error is null; at += _batch.Capacity)
        {
            if (item.Job.CancellationToken.IsCancellationRequested)
            {
                return new InvalidOperationException("The request was cancelled.");
            }

            _batch.Clear();
            Add(item.Tokens, at, Math.Min(item.Tokens.Length, at + _batch.Capacity), (LLamaSeqId)0);
            error = Decode();
        }

        return error;
    }

    private void Add(int[] tokens, int from, int to, LLamaSeqId sequence)
    {
        for (var position = from; position < to; position++)
        {
            _batch.Add(tokens[position], position, sequence, logits: true);
        }
    }

    private InvalidOperationException? Decode()
    {
        _threads.Prepare();
        var started = Stopwatch.GetTimestamp();
        var result = _context.Decode(_batch);
        if (result != DecodeResult.Ok)
        {
            Volatile.Write(ref _failedDecodes, _failedDecodes + 1);
            if (result == DecodeResult.ComputeAborted)
            {
                _abort.CountDown();
            }

            return new InvalidOperationException($"llama_decode failed with {(int)result} ({result}).");
        }

        Volatile.Write(ref _decodes, _decodes + 1);
        _outputs.Release(_context, _batch.TokenCount);
        _threads.Record(_batch.TokenCount, Stopwatch.GetElapsedTime(started));
        return null;
    }

    private float[]? Read(LLamaSeqId sequence)
    {
        var pooled = _context.GetEmbeddingsSeq(sequence);
        if (pooled.IsEmpty)
        {
            return null;
        }

        // The handle tells the length of the model's inner state; a pooled vector or a score may be of another.
        var vector = MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetReference(pooled), _vectorSize).ToArray();
        return _task == ModelTask.Rerank ? (float.IsFinite(vector[0]) ? vector : null) : VectorMath.TryNormalize(vector) ? vector : null;
    }
}
