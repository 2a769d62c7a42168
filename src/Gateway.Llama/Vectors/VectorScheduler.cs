using System.Diagnostics;
using Gateway.Llama.Loading;
using Gateway.Llama.Scheduling;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Vectors;

/// <summary>
/// Turns texts into vectors. One thread owns the context; each of its steps computes a batch of whole texts, of several requests. Nothing is
/// kept from step to step. The queue is bounded by requests rather than texts: since they take turns, one with thousands of texts is no reason
/// to turn others away.
/// </summary>
internal sealed partial class VectorScheduler : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly int _capacity;
    private readonly Lock _intake = new();
    private readonly Queue<VectorJob> _incoming = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Only the scheduler's thread touches these.
    private readonly VectorComputer _computer;
    private readonly VectorPlanner _planner;
    private readonly List<VectorJob> _begun = [];

    private bool _closed;
    private int _inFlight;
    private int _running;
    private long _tokens;

    public VectorScheduler(VectorComputer computer, LlamaEngineOptions options, ILogger logger)
    {
        _computer = computer;
        _logger = logger;
        _capacity = options.MaxSequences + options.QueueCapacity;
        _planner = new VectorPlanner(VectorComputer.TokensOfBatch, VectorContextFactory.MostTexts);
        new Thread(Run) { IsBackground = true, Name = "llama vectors" }.Start();
    }

    public LlamaEngineStatistics Statistics
    {
        get
        {
            var running = Volatile.Read(ref _running);
            return new LlamaEngineStatistics
            {
                Waiting = Math.Max(0, Volatile.Read(ref _inFlight) - running),
                Running = running,
                CellsUsed = 0,
                CellsTotal = 0,
                PromptTokens = Volatile.Read(ref _tokens),
                GeneratedTokens = 0,
                DecodeSteps = _computer.Decodes,
                Threads = _computer.Threads,
                FailedDecodes = _computer.FailedDecodes,
            };
        }
    }

    /// <summary>What is done for each owner, and was.</summary>
    public TenantCounts Tenants { get; } = new();

    /// <summary>Queues a job; false when too many wait.</summary>
    /// <exception cref="ObjectDisposedException">The scheduler is being stopped.</exception>
    public bool TryEnqueue(VectorJob job)
    {
        lock (_intake)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LlamaEngine));
            if (_inFlight >= _capacity)
            {
                return false;
            }

            _inFlight++;
            (job.Count, job.QueuedAt) = (Tenants.Of(job.Owner), Stopwatch.GetTimestamp());
            job.Count.AddInFlight(1);
            _incoming.Enqueue(job);
            _wake.Set();
        }

        return true;
    }

    /// <summary>Ends all jobs as cancelled and frees the context.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_intake)
        {
            if (!_closed)
            {
                _closed = true;
                _computer.Abort();
                _wake.Set();
            }
        }

        await _ended.Task;
        _wake.Dispose();
    }

    /// <summary>Breaks off the decode in progress and those after it, that many; their texts try again.</summary>
    internal void AbortDecode(byte decodes = 1) => _computer.Abort(decodes);

    private void Run()
    {
        IReadOnlyList<VectorItem> batch = [];
        try
        {
            while (!Volatile.Read(ref _closed))
            {
                try
                {
                    batch = [];
                    batch = Plan();
                    Compute(batch);
                }
#pragma warning disable CA1031 // Whatever went wrong: those that wait for an answer must hear of it, and later ones be served.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    Log.StepFailed(_logger, exception);
                    EndAll(batch, FinishReason.Error, exception);
                }
            }
        }
        finally
        {
            // Also on the way out of an exception: nobody may be left waiting.
            TakeIncoming();
            EndAll(batch, FinishReason.Cancelled, error: null);
            _computer.Dispose();
            _ended.SetResult();
        }
    }

    private IReadOnlyList<VectorItem> Plan()
    {
        TakeIncoming();
        _planner.Remove(static job => job.HasEnded, static _ => { });
        _planner.Remove(static job => job.CancellationToken.IsCancellationRequested, job => Leave(job, FinishReason.Cancelled));
        if (_planner.IsEmpty)
        {
            _computer.Rest();
            _wake.WaitOne();
        }

        var batch = _planner.Plan();
        Begin(batch);
        return batch;
    }

    private void Begin(IReadOnlyList<VectorItem> batch)
    {
        _begun.ForEach(static job => job.Count!.AddRunning(-1));
        _begun.Clear();
        _begun.AddRange(batch.Select(static item => item.Job).Distinct());
        Volatile.Write(ref _running, _begun.Count);
        foreach (var job in _begun)
        {
            job.Count!.AddRunning(1);
            if (!job.HasBegun)
            {
                job.HasBegun = true;
                job.Count.AddStart(job.QueuedAt, cachedTokens: 0);
            }
        }
    }

    private void Compute(IReadOnlyList<VectorItem> batch)
    {
        if (batch.Count > 0 && !_computer.TryCompute(batch, out _))
        {
            // Whose fault it was is not known: each on its own, so that only one that fails again is hurt.
            foreach (var item in batch)
            {
                ComputeAlone(item);
            }
        }

        // All of it is counted before the first job that is done hears of it.
        Begin([]);
        foreach (var item in batch)
        {
            if (!item.Job.HasEnded)
            {
                Volatile.Write(ref _tokens, _tokens + item.Tokens.Length);
                item.Job.Count!.AddPrompt(item.Tokens.Length);
            }
        }

        foreach (var item in batch)
        {
            if (item.Job is { HasEnded: false, IsDone: true })
            {
                Leave(item.Job, item.Job.CancellationToken.IsCancellationRequested ? FinishReason.Cancelled : FinishReason.Stop);
            }
        }

    }

    private void ComputeAlone(VectorItem item)
    {
        const int MostTries = 3;
        Exception? error = null;
        for (var tries = 0; tries < MostTries && !Volatile.Read(ref _closed); tries++)
        {
            if (item.Job.CancellationToken.IsCancellationRequested)
            {
                Leave(item.Job, FinishReason.Cancelled);
            }

            if (item.Job.HasEnded || _computer.TryCompute([item], out error))
            {
                return;
            }
        }

        if (error is not null && !Volatile.Read(ref _closed))
        {
            Log.TextFailed(_logger, item.Tokens.Length, error.Message);
            Leave(item.Job, FinishReason.Error, error);
        }
    }

    private void TakeIncoming()
    {
        lock (_intake)
        {
            while (_incoming.TryDequeue(out var job))
            {
                _planner.Add(job);
            }
        }
    }

    private void EndAll(IReadOnlyList<VectorItem> batch, FinishReason reason, Exception? error)
    {
        foreach (var item in batch)
        {
            Leave(item.Job, reason, error);
        }

        _planner.Remove(static _ => true, job => Leave(job, reason, error));
    }

    // A job may be met several times, once for each of its texts.
    private void Leave(VectorJob job, FinishReason reason, Exception? error = null)
    {
        if (!job.HasEnded)
        {
            lock (_intake)
            {
                _inFlight--;
                job.Count!.AddInFlight(-1);
            }

            job.Finish(reason, error);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(9013, LogLevel.Error, "A text of {Tokens} tokens could not be turned into a vector: {Error} Its request is given up.")]
        public static partial void TextFailed(ILogger logger, int tokens, string error);

        [LoggerMessage(9014, LogLevel.Error, "A step of the scheduler of vectors failed; all its requests are given up.")]
        public static partial void StepFailed(ILogger logger, Exception exception);
    }
}
