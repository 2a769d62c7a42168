using System.Diagnostics;
using Gateway.Llama.Grammars.Matching;
using Gateway.Llama.Loading;
using Gateway.Llama.Sampling;
using Gateway.Llama.Tokenizing;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Scheduling;

/// <summary>
/// Continuous batching. One thread owns the context; each of its steps takes one token of every request that is generating and fills up with
/// pieces of prompts. What requests begin with is looked up in a tree of what the context knows already (<see cref="PrefixTree"/>); owners take turns
/// by their weights (<see cref="FairQueue"/>), for places and for the pieces of a step (<see cref="StepPlanner"/>).
/// </summary>
internal sealed partial class LlamaScheduler : IAsyncDisposable
{
    private readonly SafeLLamaContextHandle _context;
    private readonly LlamaTokenizer _tokenizer;
    private readonly ILogger _logger;
    private readonly int _capacity;
    private readonly int _capacityOfAll;
    private readonly int _cellsTotal;
    private readonly AbortSwitch _abort;
    private readonly Lock _intake = new();
    private readonly Queue<(Generation Generation, Tenant Tenant)> _incoming = new();
    private readonly TenantList _tenants = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Only the scheduler's thread touches these.
    private readonly List<RunningSequence> _running = [];
    private readonly List<RunningSequence> _gone = [];
    private readonly int _sequences;
    private long _order;

    private bool _closed;
    private bool _isAtRest;
    private int _inFlight;
    private int _runningCount;
    private int _cellsUsed;
    private int _cellsCached;

    public LlamaScheduler(
        SafeLlamaModelHandle model,
        SafeLLamaContextHandle context,
        AbortSwitch abort,
        LoadedDraft? draft,
        LlamaTokenizer tokenizer,
        LlamaModelInfo info,
        LlamaEngineOptions options,
        MemoryBudget.Lease memory,
        ILogger logger)
    {
        _model = model;
        _lease = memory;
        _context = context;
        _abort = abort;
        _tokenizer = tokenizer;
        Vocabulary = new GrammarVocabulary(tokenizer, info.VocabularySize);
        _logger = logger;
        _capacity = options.MaxSequences + options.QueueCapacity;
        _cellsTotal = (int)context.ContextSize;
        _batchSize = (int)context.BatchSize;
        _capacityOfAll = options.MaxSequences + (LlamaEngineOptions.FullQueues * options.QueueCapacity);
        _mostRunning = options.MaxSequences;
        _sequences = options.SequencesOf(model.IsRecurrent || model.IsHybrid);
        _memory = new ContextMemory(context);
        var kind = PrefixMemories.Of(model);
        _tree = new PrefixTree(_memory, kind, model.SlidingWindow, _freeIds, options.HostCacheBytes ?? 0);
        _usesTree = options.PrefixCache && kind != PrefixMemory.None;
        _fixedGuesses = options.FixedGuesses;
        _planner = new StepPlanner(_batchSize, _cost);
        _batch = new LLamaBatch();
        _sampler = new TokenSampler(info.VocabularySize);
        _threads = new ContextThreads(context, options.Threads ?? ProcessorTopology.PhysicalCores);
        _guesses = CreateGuessSource(draft, options);
        FreeAllIds();
        new Thread(Run) { IsBackground = true, Name = "llama" }.Start();
    }

    public LlamaEngineStatistics Statistics
    {
        get
        {
            var running = Volatile.Read(ref _runningCount);
            return new LlamaEngineStatistics
            {
                Waiting = Math.Max(0, Volatile.Read(ref _inFlight) - running),
                Running = running,
                CellsUsed = Volatile.Read(ref _cellsUsed),
                CellsTotal = _cellsTotal,
                PromptTokens = Volatile.Read(ref _promptTokens),
                GeneratedTokens = Volatile.Read(ref _generatedTokens),
                DecodeSteps = Volatile.Read(ref _decodeSteps),
                Threads = _threads.Count,
                FailedDecodes = Volatile.Read(ref _failedDecodes),
                CellsCached = Volatile.Read(ref _cellsCached),
                CachedTokens = Volatile.Read(ref _cachedTokens),
                Preemptions = Volatile.Read(ref _preemptions),
                Spills = _tree.Spills,
                HostCacheBytes = _tree.HostBytes,
                GuessedTokens = Volatile.Read(ref _guessedTokens),
                RightGuesses = Volatile.Read(ref _rightGuesses),
                StepTime = TimeSpan.FromTicks(Volatile.Read(ref _stepTicks)),
            };
        }
    }

    /// <summary>What is done for each tenant, and was.</summary>
    public TenantCounts Tenants => _tenants.Counts;

    /// <summary>The vocabulary as grammars walk it.</summary>
    public GrammarVocabulary Vocabulary { get; }

    /// <summary>Queues generations that belong together; false, with none of them queued, when too many wait.</summary>
    /// <exception cref="ObjectDisposedException">The scheduler is being stopped, or an adapter is disposed.</exception>
    public bool TryEnqueue(IReadOnlyList<Generation> generations)
    {
        lock (_intake)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LlamaEngine));
            if (_inFlight >= _capacityOfAll || _tenants.Of(generations[0].Request.Owner).InFlight >= _capacity)
            {
                return false;
            }

            ThrowIfAnyDisposed(generations);
            _inFlight += generations.Count;
            var now = Stopwatch.GetTimestamp();
            foreach (var generation in generations)
            {
                generation.QueuedAt = now;
                var tenant = _tenants.Of(generation.Request.Owner);
                tenant.InFlight++;
                Hold(generation);
                _incoming.Enqueue((generation, tenant));
            }

            _wake.Set();
        }

        return true;
    }

    /// <summary>Ends all generations as cancelled and frees the context.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_intake)
        {
            if (!_closed)
            {
                _closed = true;
                _abort.Set();
                _wake.Set();
            }
        }

        await _ended.Task;
        _wake.Dispose();
    }

    /// <summary>Whether it has nothing to do: no request, and nothing to put away of those that have ended.</summary>
    internal bool IsAtRest => Volatile.Read(ref _isAtRest);

    /// <summary>Sequence ids that nobody has, that the tree has, and all; to be asked while it is at rest.</summary>
    internal (int Free, int Cached, int All) Ids => (_freeIds.Count, _tree.ResidentCount, _sequences);

    /// <summary>Breaks off the decode in progress and those after it, that many; the sequences try again.</summary>
    internal void AbortDecode(byte decodes = 1) => _abort.Set(decodes);

    private void Run()
    {
        try
        {
            while (!Volatile.Read(ref _closed))
            {
                try
                {
                    Step();
                }
#pragma warning disable CA1031 // Whatever went wrong: those that wait for an answer must hear of it, and later ones be served.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    Log.StepFailed(_logger, exception);
                    FailAll(exception);
                }
            }
        }
        finally
        {
            // Also on the way out of an exception: nobody may be left waiting.
            _threads.Rest();
            TakeIncoming();
            foreach (var sequence in _queue.Waiting.Concat(_running))
            {
                sequence.Generation.Finish(FinishReason.Cancelled);
            }

            _context.Dispose();
            _guesses?.Dispose();
            _abort.Dispose();
            UnloadAdapters();
            _ended.SetResult();
        }
    }

    private void Step()
    {
        TakeIncoming();
        DropCancelled();
        ServeAdapters();
        Admit();

        // One a step: to copy a long part takes a while, which those that generate wait for, and who comes next.
        if (Trim() && _running.Count == 0)
        {
            return;
        }

        if (_running.Count == 0)
        {
            CountCells();
            _threads.Rest();
            Volatile.Write(ref _isAtRest, true);
            _wake.WaitOne();
            Volatile.Write(ref _isAtRest, false);
            return;
        }

        var group = PlanStep();
        AddGuesses(group);
        CountCells();
        Apply(group[0].Adapters);
        if (Decode(group) != DecodeResult.Ok)
        {
            // Whose fault it was is not known: each on its own, so that only one that fails again is hurt.
            foreach (var sequence in group)
            {
                DecodeAlone(sequence);
            }
        }
    }

    private IReadOnlyList<RunningSequence> PlanStep()
    {
        while (true)
        {
            var turn = _turns.Select(_running);
            var group = _planner.Plan(turn, besideOthers: turn.Count < _running.Count);
            if (MakeRoomForStep(group))
            {
                return group;
            }
        }
    }

    private void FailAll(Exception exception)
    {
        foreach (var sequence in _queue.Waiting.Concat(_running))
        {
            _guesses?.Forget(sequence);
            sequence.Flush();
            Leave(sequence, FinishReason.Error, exception);
        }

        _queue.Clear();
        _running.Clear();
        _context.MemoryClear(data: false);
        _tree.Clear();
        FreeAllIds();
        CountCells();
        Volatile.Write(ref _runningCount, 0);
    }

    private void FreeAllIds()
    {
        _freeIds.Clear();
        for (var id = _sequences - 1; id >= 0; id--)
        {
            _freeIds.Push((LLamaSeqId)id);
        }
    }

    private void TakeIncoming()
    {
        lock (_intake)
        {
            while (_incoming.TryDequeue(out var incoming))
            {
                var sequence = new RunningSequence(incoming.Generation, incoming.Tenant, ++_order);
                sequence.Leaving = incoming.Generation.CancellationToken.UnsafeRegister(static scheduler => ((LlamaScheduler)scheduler!).OnCancelled(), this);
                _queue.Enqueue(sequence);
            }
        }
    }

    private void DropCancelled()
    {
        foreach (var sequence in _queue.Waiting)
        {
            if (sequence.IsCancelled)
            {
                _gone.Add(sequence);
            }
        }

        foreach (var sequence in _gone)
        {
            _queue.Remove(sequence);
            sequence.Flush();
            Leave(sequence, FinishReason.Cancelled);
        }

        _gone.Clear();
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].IsCancelled)
            {
                Finish(_running[i], FinishReason.Cancelled);
            }
        }

        _queue.Tidy();
    }

    private void Finish(RunningSequence sequence, FinishReason reason, Exception? error = null)
    {
        GiveUpPlace(sequence, keeps: reason != FinishReason.Error);
        sequence.Flush();
        Leave(sequence, reason, error);
    }

    private void Leave(RunningSequence sequence, FinishReason reason, Exception? error = null)
    {
        sequence.Leaving.Unregister();
        lock (_intake)
        {
            _inFlight--;
            sequence.Tenant.InFlight--;
            LetGo(sequence.Generation);
        }

        sequence.Generation.Finish(reason, error);
    }
}
