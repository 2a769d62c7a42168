using System.Text.Json.Serialization;
using Gateway.Llama.Gguf;
using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Loading;

/// <summary>What a model takes of memory, told from its file before it is loaded.</summary>
/// <param name="Weights">Bytes of the weights.</param>
/// <param name="Cache">Bytes of the KV cache, and of the state of recurrent layers.</param>
/// <param name="Compute">Bytes for intermediate results, about.</param>
/// <param name="Outputs">Bytes that libllama sets aside for logits; a model that makes vectors never touches them.</param>
/// <param name="ContextLength">Tokens of one request that this is for.</param>
/// <param name="Cells">Cells of the KV cache, one a token, shared by all requests.</param>
/// <param name="Sequences">Requests at a time.</param>
/// <param name="CacheType">How keys and values are kept.</param>
public sealed record MemoryEstimate(long Weights, long Cache, long Compute, long Outputs, int ContextLength, int Cells, int Sequences, KVCacheType CacheType = KVCacheType.F16)
{
    // libllama's types of masks, and of everything in between.
    private const int HalfBytes = 2;
    private const int SingleBytes = 4;

    /// <summary>Bytes, at most, that keep what leaves the KV cache (<see cref="LlamaEngineOptions.HostCacheBytes"/>).</summary>
    public long HostCache { get; init; }

    /// <summary>Bytes of what is loaded beside the model whenever that is: a draft model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Beside { get; init; }

    /// <summary>Bytes of adapters that are known to be wanted; they are loaded onto the model later.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Adapters { get; init; }

    /// <summary>All together.</summary>
    public long Total => Weights + Cache + HostCache + Compute + Outputs + Beside + Adapters;

    /// <summary>What of it is really used.</summary>
    [JsonIgnore]
    public long Used => Total - Outputs;

    /// <summary>The need of a model that is hosted with these options.</summary>
    /// <param name="file">The model; one without problems.</param>
    /// <param name="options">How it is hosted.</param>
    public static MemoryEstimate Of(GgufFile file, LlamaEngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        return Of(new ModelMetadata(file), options);
    }

    /// <summary>With the draft model, where the options name one.</summary>
    /// <param name="options">How the model is hosted.</param>
    /// <exception cref="LlamaLoadException">The draft's file cannot be loaded.</exception>
    public MemoryEstimate WithDraft(LlamaEngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.DraftModelPath is null ? this : this with { Beside = DraftLoader.Measure(options.OfDraft(Cells)) };
    }

    internal static MemoryEstimate Of(ModelMetadata model, LlamaEngineOptions options)
    {
        var shape = Shape.Of(model, options);
        var cache = 0.0;
        for (var layer = 0; layer < model.LayerCount; layer++)
        {
            cache += options.KVCacheType.BytesPerValue() * shape.Cells * model.KVHeadCount(layer) * (model.KeyLength + model.ValueLength);
            cache += (double)SingleBytes * shape.Sequences * StateOf(model, layer);
        }

        var cacheBytes = (long)Math.Min(cache, long.MaxValue / 8);
        return new MemoryEstimate(
            model.Tensors.Values.Sum(tensor => tensor.Size ?? 0),
            cacheBytes,
            (long)ComputeOf(model, shape, options.FlashAttention),
            SingleBytes * shape.Outputs * model.TokenCount,
            shape.ContextLength,
            shape.Cells,
            shape.Requests,
            options.KVCacheType)
        {
            HostCache = HostCacheOf(model, options, cacheBytes),
        };
    }

    // Nothing where nothing of the cache is kept once its request has ended.
    private static long HostCacheOf(ModelMetadata model, LlamaEngineOptions options, long cache) =>
        model.Purpose.Task != ModelTask.Generate || !options.PrefixCache || PrefixMemories.Of(model) == PrefixMemory.None ? 0
        : Math.Min(options.HostCacheBytes ?? Math.Min(cache, LlamaEngineOptions.DefaultHostCacheBytes), long.MaxValue / 8);

    /// <summary>Numbers that a recurrent layer keeps of one sequence.</summary>
    private static double StateOf(ModelMetadata model, int layer)
    {
        var isRecurrent = Architectures.Recurrent.Contains(model.Architecture);
        if (!isRecurrent && !(Architectures.Hybrid.Contains(model.Architecture) && (model.KVHeadCount(layer) == 0 || model.Architecture is "falcon-h1")))
        {
            return 0;
        }

        double vector = model.EmbeddingLength;
        if (model.UInt32("wkv.head_size") is { } head)
        {
            return vector * ((model.UInt32("token_shift_count") ?? 2) + head);
        }

        if (model.UInt32("shortconv.l_cache") is { } cache)
        {
            return vector * (cache - 1);
        }

        double inner = model.UInt32("ssm.inner_size") ?? 0;
        double state = model.UInt32("ssm.state_size") ?? 0;
        var kernel = (model.UInt32("ssm.conv_kernel") ?? 1) - 1;
        return (kernel * (inner + (2 * (model.UInt32("ssm.group_count") ?? 0) * state))) + (inner * state);
    }

    // What lies between the layers of one batch; measured within a factor of two of libllama's own buffers.
    private static double ComputeOf(ModelMetadata model, Shape shape, FlashAttention flash)
    {
        double widest = Math.Max(model.OfLayer("feed_forward_length", 0) ?? 0, 2 * (model.UInt32("ssm.inner_size") ?? 0));
        var attention = model.HeadCount(0) * model.KeyLength;
        var vectors = SingleBytes * ((4.0 * model.EmbeddingLength) + (2 * widest) + (2 * attention));
        var mask = attention > 0 ? HalfBytes * Math.Max(shape.Cells, shape.Batch) : 0;

        // A score of each token for each cell and head, where they are not computed on the way.
        var scores = attention > 0 && flash == FlashAttention.Off ? SingleBytes * (double)model.HeadCount(0) * Math.Max(shape.Cells, shape.Batch) : 0;
        return (shape.Batch * (vectors + mask + scores)) + (SingleBytes * (double)Math.Min(shape.Outputs, shape.Sequences) * model.TokenCount);
    }

    /// <summary>The context that the factories make of a model.</summary>
    private readonly record struct Shape(int ContextLength, int Cells, int Requests, int Sequences, int Batch, long Outputs)
    {
        public static Shape Of(ModelMetadata model, LlamaEngineOptions options)
        {
            var trained = (int)Math.Min(model.UInt32("context_length") ?? 0, int.MaxValue);
            var usual = Math.Min(trained, LlamaEngineOptions.DefaultContextLength);

            var purpose = model.Purpose;
            if (purpose.Task == ModelTask.Generate)
            {
                var length = options.ContextLength ?? Math.Min(usual, options.CacheCells ?? int.MaxValue);
                var cells = options.CacheCells ?? (int)Math.Min(2L * length, int.MaxValue);
                var sequences = options.SequencesOf(Architectures.Recurrent.Contains(model.Architecture) || Architectures.Hybrid.Contains(model.Architecture));
                return new(length, cells, options.MaxSequences, sequences, Math.Min(options.BatchSize, ContextFactory.LargestComputeBatch), sequences);
            }

            var context = options.ContextLength ?? VectorContextFactory.DefaultContextLength(model.TokenCount, purpose.InPieces, usual);
            var batch = purpose.InPieces ? Math.Min(context, VectorContextFactory.PieceLength) : context;
            var hasCache = !Architectures.Encoders.Contains(model.Architecture);
            return new(context, hasCache ? context : 0, 1, 1, batch, batch);
        }
    }
}
