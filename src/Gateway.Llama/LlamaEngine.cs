using System.Diagnostics.CodeAnalysis;
using Gateway.Llama.Loading;
using Gateway.Llama.Scheduling;
using Gateway.Llama.Tokenizing;
using Gateway.Llama.Vectors;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama;

/// <summary>
/// A GGUF model in this process: it tokenises, and continues many prompts at the same time. All members are safe on several threads.
/// </summary>
public sealed partial class LlamaEngine : IAsyncDisposable
{
    private readonly SafeLlamaModelHandle _model;
    private readonly string _modelPath;
    private readonly MemoryBudget.Lease _memory;
    private readonly LlamaTokenizer _tokenizer;
    private readonly LlamaScheduler? _scheduler;
    private readonly VectorScheduler? _vectors;
    private readonly Lazy<PairTokenizer> _pairs;
    private readonly ILogger _logger;
    private int _disposed;

    private LlamaEngine(
        LlamaModelInfo info,
        string modelPath,
        MemoryBudget.Lease memory,
        SafeLlamaModelHandle model,
        LlamaTokenizer tokenizer,
        LlamaScheduler? scheduler,
        VectorScheduler? vectors,
        ILogger logger)
    {
        Info = info;
        _modelPath = modelPath;
        _memory = memory;
        _model = model;
        _tokenizer = tokenizer;
        _scheduler = scheduler;
        _vectors = vectors;
        _pairs = new(() => new PairTokenizer(model, tokenizer));
        _logger = logger;
        ScoresAreProbabilities = info.Task == ModelTask.Rerank && ModelPurpose.RanksByWord(info.Architecture);
    }

    /// <summary>What the file says about the model.</summary>
    public LlamaModelInfo Info { get; }

    /// <summary>What the engine does and has done.</summary>
    public LlamaEngineStatistics Statistics => _scheduler?.Statistics ?? _vectors?.Statistics ?? default;

    /// <summary>What the engine does and has done for each of those who share it.</summary>
    public IReadOnlyList<LlamaTenantStatistics> Tenants => Counts?.Read() ?? [];

    private TenantCounts? Counts => _scheduler?.Tenants ?? _vectors?.Tenants;

    /// <summary>The scheduler, null for a model that does not continue texts.</summary>
    internal LlamaScheduler? Scheduler => _scheduler;

    /// <summary>Loads a model, on a thread of its own.</summary>
    /// <param name="options">The file, and how to host it.</param>
    /// <param name="loggers">Takes the engine's messages and libllama's; never text of a request.</param>
    /// <param name="progress">Reports the share of the weights that is loaded, 0 to 1, on the loading thread.</param>
    /// <param name="cancellationToken">Ends the load early.</param>
    /// <exception cref="LlamaLoadException">The file cannot be loaded, or not with these options.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The load was cancelled.</exception>
    public static Task<LlamaEngine> LoadAsync(
        LlamaEngineOptions options, ILoggerFactory loggers, IProgress<float>? progress, CancellationToken cancellationToken) =>
        LoadAsync(options, loggers, progress, MemoryBudget.OfProcess.Begin(), cancellationToken);

    /// <summary>As the other, within the memory that an owner of several models has for them.</summary>
    /// <param name="options">The file, and how to host it.</param>
    /// <param name="loggers">Takes the engine's messages and libllama's; never text of a request.</param>
    /// <param name="progress">Reports the share of the weights that is loaded, 0 to 1, on the loading thread.</param>
    /// <param name="memory">What the model holds; given back when the engine is disposed, or could not be loaded.</param>
    /// <param name="cancellationToken">Ends the load early.</param>
    public static Task<LlamaEngine> LoadAsync(
        LlamaEngineOptions options, ILoggerFactory loggers, IProgress<float>? progress, MemoryBudget.Lease memory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentNullException.ThrowIfNull(memory);
        if (options.FindError() is { } error)
        {
            throw new ArgumentException(error, nameof(options));
        }

        return Task.Factory.StartNew(
            () => Load(options, loggers, progress, memory, cancellationToken),
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    /// <summary>
    /// Loads a LoRA adapter onto the model, for requests to answer with. The same file again shares what is loaded. Answers in the making stand
    /// still while it is read.
    /// </summary>
    /// <param name="path">The adapter's GGUF file.</param>
    /// <exception cref="LlamaLoadException">The file is broken, an adapter for another model, or of a kind that is not supported; or there is no memory for it.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public async Task<LlamaAdapter> LoadAdapterAsync(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (_scheduler is null)
        {
            throw LlamaLoadException.ForAdapter(path, $"the model '{Info.Name ?? Info.Architecture}' does not continue texts, and takes no adapters", "Leave the adapter out");
        }

        var size = await Task.Run(() => AdapterLoader.Check(path, _modelPath));
        return await _scheduler.LoadAdapterAsync(path, size);
    }

    /// <summary>What the engine does and has done for one of those who share it.</summary>
    /// <param name="name">The owner that requests name.</param>
    public LlamaTenantStatistics TenantStatistics(string name) => Counts?.Read(name) ?? new(name);

    /// <summary>A value of the file's metadata as text, such as "tokenizer.ggml.model". Null when there is none, and for lists.</summary>
    public string? GetMetadata(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _model.MetadataValue(key);
    }

    /// <summary>Turns a text into tokens. A surrogate without its other half becomes U+FFFD.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecial">Whether to add the tokens that the model wants at the beginning and end.</param>
    /// <param name="parseSpecial">Whether the text of a special token becomes that token: never for text of a caller.</param>
    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _tokenizer.Tokenize(text, addSpecial, parseSpecial);
    }

    /// <summary>
    /// Turns a prompt into tokens, recognising special tokens only in what is not the caller's text. A BOS token that the template wrote is
    /// not added again.
    /// </summary>
    /// <param name="prompt">The prompt, with the stretches that come from the caller.</param>
    /// <param name="addSpecial">Whether to add the tokens that the model wants at the beginning and end.</param>
    /// <exception cref="ArgumentException">The untrusted stretches are not in order or not in the text.</exception>
    public int[] Tokenize(PromptText prompt, bool addSpecial)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return _tokenizer.Tokenize(prompt, addSpecial);
    }

    /// <summary>Turns tokens into text. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="tokens">Token ids of this model.</param>
    /// <param name="special">Whether special tokens are written too.</param>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public string Detokenize(ReadOnlySpan<int> tokens, bool special = false) => _tokenizer.Detokenize(tokens, special);

    /// <summary>The UTF-8 text of one token, a special one's too; it may be a part of a character only.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    public byte[] TokenToBytes(int token) => _tokenizer.TokenToBytes(token, special: true);

    /// <summary>What one token adds to an answer, as UTF-8: nothing for a special one that is not visible there.</summary>
    /// <param name="token">A token id of this model.</param>
    /// <param name="visibleTokens">The answer's <see cref="GenerationRequest.VisibleTokens"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    public byte[] TokenToAnswer(int token, IReadOnlySet<int> visibleTokens)
    {
        ArgumentNullException.ThrowIfNull(visibleTokens);
        return _tokenizer.TokenToBytes(token, special: visibleTokens.Contains(token));
    }

    /// <summary>The special tokens in a text, those that no answer shows unless <see cref="GenerationRequest.VisibleTokens"/> has them.</summary>
    /// <param name="text">Text of a template: never of a caller.</param>
    public IEnumerable<int> FindSpecialTokens(string text) => Tokenize(text, addSpecial: false, parseSpecial: true)
        .Where(t => _tokenizer.TokenToBytes(t, special: true).Length > _tokenizer.TokenToBytes(t, special: false).Length);

    /// <summary>The token as the vocabulary writes it, such as "\u0120the" where a space is part of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    public string TokenText(int token) => _tokenizer.TokenText(token);

    /// <summary>Queues a request. False when too many wait: try again later.</summary>
    /// <param name="request">What to continue, and how.</param>
    /// <param name="cancellationToken">Ends the generation; its place is free within one decode step.</param>
    /// <param name="generation">The answer in the making.</param>
    /// <exception cref="ArgumentException">The prompt is empty, leaves no room in <see cref="LlamaModelInfo.ContextLength"/>, or holds a token
    /// that is not in the vocabulary; or an option is out of range.</exception>
    /// <exception cref="NotSupportedException">The model does not continue texts (<see cref="LlamaModelInfo.Task"/>).</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public bool TrySubmit(
        GenerationRequest request, CancellationToken cancellationToken, [NotNullWhen(true)] out Generation? generation)
    {
        generation = TrySubmit([request], cancellationToken, out var generations) ? generations[0] : null;
        return generation is not null;
    }

    /// <summary>
    /// Queues requests that belong together: all of them, or none. They are taken while there is room for one, even when all of them are more
    /// than the queue takes: otherwise they could never be.
    /// </summary>
    /// <inheritdoc cref="TrySubmit(GenerationRequest, CancellationToken, out Generation?)"/>
    public bool TrySubmit(
        IReadOnlyList<GenerationRequest> requests, CancellationToken cancellationToken, [NotNullWhen(true)] out IReadOnlyList<Generation>? generations)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (_scheduler is null)
        {
            throw NotSupported("does not continue texts");
        }

        var created = new Generation[requests.Count];
        for (var i = 0; i < created.Length; i++)
        {
            var prompt = CheckedPrompt(requests[i]);
            var maxTokens = Math.Min(requests[i].MaxTokens, Info.ContextLength - prompt.Length);
            created[i] = new Generation(requests[i], prompt, maxTokens, cancellationToken) { Adapters = AdapterSet.Of(requests[i].Adapters) };
            if (requests[i].Grammar is not null)
            {
                _scheduler.Vocabulary.Prepare(requests[i].VisibleTokens);
            }
        }

        generations = _scheduler.TryEnqueue(created) ? created : null;
        return generations is not null;
    }

    /// <summary>Ends what is running as cancelled, and gives all memory back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            // The context goes first, then the model. The allocator keeps freed pieces unless asked: 68 MB stayed without, 5 MB with.
            if (_scheduler is not null)
            {
                await _scheduler.DisposeAsync();
            }

            if (_vectors is not null)
            {
                await _vectors.DisposeAsync();
            }

            _model.Dispose();
            _memory.Dispose();
            HeapTrim.Run();
            Log.Unloaded(_logger, Info.Name ?? Info.Architecture);
        }
    }

    private static LlamaEngine Load(
        LlamaEngineOptions options, ILoggerFactory loggers, IProgress<float>? progress, MemoryBudget.Lease memory, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger<LlamaEngine>();
        NativeLog.SendTo(loggers.CreateLogger("Gateway.Llama.Native"));
        SafeLlamaModelHandle? model = null;
        LlamaScheduler? scheduler = null;
        VectorScheduler? vectors = null;
        try
        {
            model = ModelLoader.Load(options, memory, progress, logger, out var need, cancellationToken);

            // As it was counted.
            options = options with { HostCacheBytes = need.HostCache };
            var purpose = ModelTaskReader.Read(model, options.ModelPath);
            var info = ModelInfoReader.Read(model, purpose, options);
            DraftLoader.CheckTarget(model, info, options);
            var tokenizer = new LlamaTokenizer(model, info.ChatTemplate);
            if (info.Task == ModelTask.Generate)
            {
                scheduler = CreateScheduler(model, tokenizer, info, options, memory, logger, cancellationToken);
            }
            else if (info.Task != ModelTask.None)
            {
                var (context, abort) = VectorContextFactory.Create(model, info, purpose, options);
                vectors = new VectorScheduler(new VectorComputer(context, abort, info, options), options, logger);
            }

            Log.Loaded(logger, info.Name ?? info.Architecture, info.Architecture, info.SizeInBytes, info.ContextLength, scheduler?.Statistics.CellsTotal ?? 0);
            return new LlamaEngine(info, options.ModelPath, memory, model, tokenizer, scheduler, vectors, logger);
        }
        catch
        {
            model?.Dispose();
            memory.Dispose();
            throw;
        }
    }

    private static LlamaScheduler CreateScheduler(
        SafeLlamaModelHandle model, LlamaTokenizer tokenizer, LlamaModelInfo info, LlamaEngineOptions options, MemoryBudget.Lease memory, ILogger logger, CancellationToken cancellationToken)
    {
        var (abort, cells) = (new AbortSwitch(), ContextFactory.CellsOf(info, options));
        LoadedDraft? draft = null;
        try
        {
            draft = options.DraftModelPath is null ? null : DraftLoader.Load(model, options, cells, abort, logger, cancellationToken);
            var context = ContextFactory.Create(model, cells, options, abort);
            return new LlamaScheduler(model, context, abort, draft, tokenizer, info, options, memory, logger);
        }
        catch
        {
            draft?.Dispose();
            abort.Dispose();
            throw;
        }
    }

    private int[] CheckedPrompt(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        int[] prompt = [.. request.Prompt];
        if (prompt.Length == 0)
        {
            throw new ArgumentException("The prompt is empty.", nameof(request));
        }

        if (prompt.Length >= Info.ContextLength)
        {
            throw new ArgumentException(
                $"The prompt has {prompt.Length} tokens and leaves no room for an answer in the context of {Info.ContextLength}.", nameof(request));
        }

        CheckTokens(prompt, "prompt", nameof(request));
        var error = request.MaxTokens < 1 ? "MaxTokens must be 1 or more."
            : request.Stop.Any(string.IsNullOrEmpty) ? "A stop text must not be empty."
            : request.Adapters.Any(a => !a.Adapter.BelongsTo(_scheduler!) || !float.IsFinite(a.Scale)) ? "An adapter must be one of this engine, and its scale a number."
            : request.Adapters.DistinctBy(a => a.Adapter.Loaded).Count() < request.Adapters.Count ? "An adapter must not come twice."
            : request.PublicTokens < 0 || request.PublicTokens > prompt.Length ? "PublicTokens must be 0 to the tokens of the prompt."
            : !(request.Weight is > 0 and <= 1e6) ? "Weight must be more than 0, and 1,000,000 at most."
            : request.TopLogprobs is < 0 or > GenerationRequest.MostTopLogprobs ? $"TopLogprobs must be 0 to {GenerationRequest.MostTopLogprobs}."
            : request.Sampling.FindError(Info.VocabularySize) ?? request.Grammar?.FindError();
        return error is null ? prompt : throw new ArgumentException(error, nameof(request));
    }

    private void CheckTokens(int[] tokens, string what, string parameter)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)Info.VocabularySize)
            {
                throw new ArgumentException($"The {what} holds token {token}; token ids of this model go from 0 to {Info.VocabularySize - 1}.", parameter);
            }
        }
    }

    private NotSupportedException NotSupported(string what) => new($"The model '{Info.Name ?? Info.Architecture}' ({Info.Architecture}) {what}.");

    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Debug, "Model {Model} ({Architecture}, {Bytes} bytes) is loaded: context {ContextLength}, {Cells} KV cells.")]
        public static partial void Loaded(ILogger logger, string model, string architecture, long bytes, int contextLength, int cells);

        [LoggerMessage(9002, LogLevel.Debug, "Model {Model} is unloaded.")]
        public static partial void Unloaded(ILogger logger, string model);
    }
}
