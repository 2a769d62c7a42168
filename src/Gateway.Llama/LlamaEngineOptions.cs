using System.Globalization;

namespace Gateway.Llama;

/// <summary>How one GGUF file is hosted.</summary>
public sealed record LlamaEngineOptions
{
    /// <summary>Context taken when none is given, where the model was trained for more: a KV cache for 128k tokens is rarely wanted unasked.</summary>
    public const int DefaultContextLength = 8192;

    /// <summary>
    /// Memory for what leaves the KV cache when none is given. No more than that cache itself: a small machine, which has small models, need not set aside what
    /// they could not fill; and no more than this, since a large model's cache has taken what there was.
    /// </summary>
    public const long DefaultHostCacheBytes = 128L << 20;

    /// <summary>What libllama can tell apart in one context.</summary>
    public const int MostSequences = 256;

    /// <summary>16 million tokens or cells: beyond every model, and far below where libllama's 32 bit arithmetic ends.</summary>
    public const int MostCells = 1 << 24;

    // A conversation takes one or two; a row of logits is 0.2 MB with 49,000 tokens.
    private const int CachedSequences = 56;

    /// <summary>ggml's GGML_MAX_N_THREADS.</summary>
    public const int MostThreads = 512;

    /// <summary>Owners whose queue may be full at the same time.</summary>
    public const int FullQueues = 4;

    /// <summary>Beyond every model.</summary>
    public const int MostGpuLayers = 10_000;

    /// <summary>Path of the GGUF file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>
    /// Tokens that one request may take, prompt and answer together. Null: what the model was trained for, up to
    /// <see cref="DefaultContextLength"/>.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>
    /// Cells of the KV cache, one a token, shared by all requests in progress. Null: twice <see cref="ContextLength"/>. Rounded up to a
    /// multiple of 256.
    /// </summary>
    public int? CacheCells { get; init; }

    /// <summary>Requests that are decoded at a time, 1 to 256.</summary>
    public int MaxSequences { get; init; } = 8;

    /// <summary>
    /// Requests of one owner that wait for a place before further ones are turned away; none do while places are free. Those that are submitted
    /// together may go beyond it. All owners together have the room of <see cref="FullQueues"/> of them.
    /// </summary>
    public int QueueCapacity { get; init; } = 64;

    /// <summary>Tokens that one decode step may take; at least <see cref="MaxSequences"/>.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>Threads that libllama computes with at most; fewer while others need the processor. Null: the physical cores.</summary>
    public int? Threads { get; init; }

    /// <summary>Whether what was computed of prompts and answers is kept for later requests of the same owner that begin with it.</summary>
    public bool PrefixCache { get; init; } = true;

    /// <summary>Whether tokens are guessed, and several decoded in one step, where that is faster. Answers are the same.</summary>
    public Speculate Speculation { get; init; }

    /// <summary>Path of the GGUF file of a smaller model with the same vocabulary, which guesses (<see cref="Speculate.Draft"/>).</summary>
    public string? DraftModelPath { get; init; }

    /// <summary>So many guesses whenever there are any, whatever they bring: what is measured is another time another, and tests are to be the same.</summary>
    internal int? FixedGuesses { get; init; }

    /// <summary>
    /// Bytes of the host's memory at most, beside the KV cache, for what had to leave that: of the cache, and of requests that made place for others. 0: nothing
    /// is kept of it. Null: as much as the KV cache takes, up to <see cref="DefaultHostCacheBytes"/>.
    /// </summary>
    public long? HostCacheBytes { get; init; }

    /// <summary>
    /// Layers, from the last, that are computed on the GPU. Null: all of them where libllama finds a GPU that it can use, which the natives for CPU never do.
    /// </summary>
    public int? GpuLayers { get; init; }

    /// <summary>How cached keys and values are kept.</summary>
    public KVCacheType KVCacheType { get; init; }

    /// <summary>Whether attention is computed without a matrix of all scores.</summary>
    public FlashAttention FlashAttention { get; init; }

    /// <summary>
    /// Whether the file is mapped into memory rather than read: it is there sooner, and what the system has of it in its cache is used as it is. Null: where
    /// all that computes can use such memory.
    /// </summary>
    public bool? MemoryMap { get; init; }

    /// <summary>Whether the weights are held in memory whatever else wants it. The system's limit for that (RLIMIT_MEMLOCK) must allow it.</summary>
    public bool MemoryLock { get; init; }

    /// <summary>What is wrong with these options whatever the model, null when nothing is.</summary>
    internal string? FindError() =>
        string.IsNullOrWhiteSpace(ModelPath) ? "ModelPath must be the path of a GGUF file."
        : (DraftModelPath is null) == (Speculation == Speculate.Draft) || DraftModelPath?.Trim() is "" ? "Speculate.Draft needs DraftModelPath, the path of a GGUF file, and nothing else does."
        : OutOfRange(ContextLength, 1, MostCells, nameof(ContextLength))
            ?? OutOfRange(CacheCells, ContextLength ?? 1, MostCells, nameof(CacheCells))
            ?? OutOfRange(MaxSequences, 1, MostSequences, nameof(MaxSequences))
            ?? OutOfRange(QueueCapacity, 0, 1_000_000, nameof(QueueCapacity))
            ?? OutOfRange(BatchSize, MaxSequences, 65_536, nameof(BatchSize))
            ?? OutOfRange(Threads, 1, MostThreads, nameof(Threads))
            ?? (HostCacheBytes < 0 ? $"{nameof(HostCacheBytes)} must be 0 or more." : null)
            ?? OutOfRange(GpuLayers, 0, MostGpuLayers, nameof(GpuLayers))
            ?? (KVCacheType.IsQuantized() && FlashAttention == FlashAttention.Off ? "A quantised cache needs flash attention." : null);

    /// <summary>
    /// Sequences that a context is made for: those that run, and those that the cache keeps. Each takes a row of logits, and with recurrent layers
    /// a state.
    /// </summary>
    /// <param name="hasStates">Whether the model has recurrent layers.</param>
    internal int SequencesOf(bool hasStates) =>
        PrefixCache ? Math.Min(MostSequences, MaxSequences + (hasStates ? Math.Min(MaxSequences, 16) : CachedSequences)) : MaxSequences;

    /// <summary>How the draft model is hosted: as its target, with a sequence for each request and nothing kept of those that are over.</summary>
    /// <param name="cells">Cells of the target's cache.</param>
    internal LlamaEngineOptions OfDraft(int cells) => this with
    {
        ModelPath = DraftModelPath!,
        DraftModelPath = null,
        Speculation = Speculate.Off,
        ContextLength = null,
        CacheCells = cells,
        PrefixCache = false,
        HostCacheBytes = 0,
    };

    private static string? OutOfRange(int? value, int least, int most, string name) =>
        value < least || value > most ? string.Create(CultureInfo.InvariantCulture, $"{name} must be {least} to {most}, not {value}.") : null;
}

/// <summary>Where guesses of the next tokens come from.</summary>
public enum Speculate
{
    /// <summary>Nothing is guessed.</summary>
    Off,

    /// <summary>
    /// From the request's own prompt and answer: what followed when the last tokens were there before. Tried only while, by what was measured, it
    /// makes answers faster. Models whose memory cannot take tokens back (recurrent layers, sliding windows) go without.
    /// </summary>
    Lookup,

    /// <summary>
    /// By a smaller model of the same vocabulary (<see cref="LlamaEngineOptions.DraftModelPath"/>), where that makes answers faster, by what was
    /// measured. Not for models whose memory cannot take tokens back, nor by them.
    /// </summary>
    Draft,
}
