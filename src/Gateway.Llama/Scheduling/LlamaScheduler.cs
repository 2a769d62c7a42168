using Gateway.Llama.Grammars.Matching;
using Gateway.Llama.Loading;
using Gateway.Llama.Sampling;
using Gateway.Llama.Tokenizing;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Scheduling;

/// <summary>
/// Continuous batching. One thread owns the context; each of its steps takes one token of every request that is generating and fills up with
/// pieces of prompts. A request is let in once the KV cache has room for its prompt and its longest answer, first come first served, so that
/// nothing that runs is ever thrown out for lack of room.
/// </summary>
internal sealed partial class LlamaScheduler : IAsyncDisposable
{
    private readonly SafeLLamaContextHandle _context;
    private readonly LlamaTokenizer _tokenizer;
    private readonly ILogger _logger;
    private readonly int _capacity;
    private readonly int _cellsTotal;
    private readonly AbortSwitch _abort;
    private readonly Lock _intake = new();
    private readonly Queue<Generation> _incoming = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Only the scheduler's thread touches these.
    private readonly LinkedList<Generation> _waiting = new();
    private readonly List<RunningSequence> _running = [];
    private readonly Stack<LLamaSeqId> _freeIds = new();

    private bool _closed;
    private int _inFlight;
    private int _runningCount;
    private int _cellsUsed;

    public LlamaScheduler(
        SafeLlamaModelHandle model, SafeLLamaContextHandle context, AbortSwitch abort, LlamaTokenizer tokenizer, int vocabularySize, LlamaEngineOptions options, ILogger logger)
    {
        _model = model;
        _context = context;
        _abort = abort;
        _tokenizer = tokenizer;
        Vocabulary = new GrammarVocabulary(tokenizer, vocabularySize);
        _logger = logger;
        _capacity = options.MaxSequences + options.QueueCapacity;
        _cellsTotal = (int)context.ContextSize;
        _batchSize = (int)context.BatchSize;
        _planner = new StepPlanner(_batchSize);
        _batch = new LLamaBatch();
        _sampler = new TokenSampler(vocabularySize);
        _threads = new ContextThreads(context, options.Threads ?? ProcessorTopology.PhysicalCores);
        for (var id = options.MaxSequences - 1; id >= 0; id--)
        {
            _freeIds.Push((LLamaSeqId)id);
        }

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
            };
        }
    }

    /// <summary>The vocabulary as grammars walk it.</summary>
    public GrammarVocabulary Vocabulary { get; }

    /// <summary>Queues generations that belong together; false, with none of them queued, when too many wait.</summary>
    /// <exception cref="ObjectDisposedException">The scheduler is being stopped, or an adapter is disposed.</exception>
    public bool TryEnqueue(IReadOnlyList<Generation> generations)
    {
        lock (_intake)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LlamaEngine));
            if (_inFlight >= _capacity)
            {
                return false;
            }

            ThrowIfAnyDisposed(generations);
            _inFlight += generations.Count;
            foreach (var generation in generations)
            {
                Hold(generation);
                _incoming.Enqueue(generation);
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
            foreach (var generation in _waiting)
            {
                generation.Finish(FinishReason.Cancelled);
            }

            foreach (var sequence in _running)
            {
                sequence.Generation.Finish(FinishReason.Cancelled);
            }

            _context.Dispose();
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
        if (_running.Count == 0)
        {
            _threads.Rest();
            _wake.WaitOne();
            return;
        }

        var turn = _turns.Select(_running);
        var group = _planner.Plan(turn, besideOthers: turn.Count < _running.Count);
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

    private void FailAll(Exception exception)
    {
        while (_waiting.First is { Value: var generation })
        {
            _waiting.RemoveFirst();
            Leave(generation, FinishReason.Error, exception);
        }

        while (_running.Count > 0)
        {
            Finish(_running[^1], FinishReason.Error, exception);
        }

        _context.MemoryClear(data: false);
    }

    private void TakeIncoming()
    {
        lock (_intake)
        {
            while (_incoming.TryDequeue(out var generation))
            {
                _waiting.AddLast(generation);
            }
        }
    }

    private void DropCancelled()
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.CancellationToken.IsCancellationRequested)
            {
                _waiting.Remove(node);
                Leave(node.Value, FinishReason.Cancelled);
            }

            node = next;
        }

        for (var i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].Generation.CancellationToken.IsCancellationRequested)
            {
                Finish(_running[i], FinishReason.Cancelled);
            }
        }
    }

    private void Admit()
    {
        // Strictly in order: letting small requests pass would starve a large one.
        while (_waiting.First is { Value: var generation } && _freeIds.Count > 0)
        {
            if (_cellsUsed + generation.Cells > _cellsTotal)
            {
                return;
            }

            _waiting.RemoveFirst();
            var guard = generation.Request.Grammar is { } constraint ? new AnswerGuard(Vocabulary.MatcherOf(constraint, generation.Request.VisibleTokens)) : null;
            _running.Add(new RunningSequence(generation, _freeIds.Pop(), guard));
            generation.Start();
            Volatile.Write(ref _cellsUsed, _cellsUsed + generation.Cells);
            Volatile.Write(ref _runningCount, _running.Count);
        }
    }

    private void Finish(RunningSequence sequence, FinishReason reason, Exception? error = null)
    {
        _running.Remove(sequence);
        _context.MemorySequenceRemove(sequence.Id, 0, -1);
        _freeIds.Push(sequence.Id);
        Volatile.Write(ref _cellsUsed, _cellsUsed - sequence.Generation.Cells);
        Volatile.Write(ref _runningCount, _running.Count);
        sequence.Flush();
        Leave(sequence.Generation, reason, error);
    }

    private void Leave(Generation generation, FinishReason reason, Exception? error = null)
    {
        lock (_intake)
        {
            _inFlight--;
            LetGo(generation);
        }

        generation.Finish(reason, error);
    }
}
