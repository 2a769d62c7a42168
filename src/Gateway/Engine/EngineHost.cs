using System.Collections.Concurrent;
using Gateway.Configuration;
using Gateway.Engine.Workers;
using Gateway.Llama;
using Gateway.Llama.Loading;

namespace Gateway.Engine;

/// <summary>
/// The models of this gateway, in its process or in workers. Configurations and deployments that ask for the same file with the same options share one engine; it is freed
/// when the last snapshot that names it is gone, as is an adapter. Which of them are in memory now is decided by <see cref="Room"/>.
/// </summary>
internal sealed partial class EngineHost : IAsyncDisposable
{
    /// <summary>How long a request waits for others to leave the memory when the configuration does not say.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);

    /// <summary>How long a worker process may do nothing when the configuration does not say: a step of a large model on a slow processor may take a minute.</summary>
    public static readonly TimeSpan DefaultWorkerTimeout = TimeSpan.FromMinutes(5);

    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<(LlamaEngineOptions, Isolation), HostedEngine> _engines = [];
    private readonly List<EngineHandle> _handles = [];
    private readonly List<Task> _unloading = [];
    private readonly ConcurrentDictionary<(string Deployment, string Outcome), long> _loads = new();
    private readonly ConcurrentDictionary<(string Deployment, UnloadReason Reason), long> _unloads = new();
    private readonly ModelTrial? _trial;
    private long _memory;
    private TimeSpan _patience = DefaultPatience;
    private TimeSpan _workerTimeout = DefaultWorkerTimeout;

    public EngineHost(ILoggerFactory loggers, TimeProvider time)
    {
        (_loggers, _logger, _time) = (loggers, loggers.CreateLogger<EngineHost>(), time);
        _trial = ModelTrial.ByThisProgram(loggers, time);
        Room = new(new MemoryBudget(() => Interlocked.Read(ref _memory) is > 0 and var bytes ? bytes : MemoryBudget.OfMachine), time);
    }

    /// <summary>Who is in memory.</summary>
    public ModelRoom<LoadedEngine> Room { get; }

    /// <summary>How long a request waits for others to leave the memory.</summary>
    public TimeSpan Patience
    {
        get
        {
            lock (_lock)
            {
                return _patience;
            }
        }
    }

    /// <summary>How long a worker process may do nothing before it is ended.</summary>
    public TimeSpan WorkerTimeout
    {
        get
        {
            lock (_lock)
            {
                return _workerTimeout;
            }
        }
    }

    /// <summary>The deployments that hold an engine now; one may be there twice, of the configuration in force and of one before it or to come.</summary>
    public IReadOnlyList<EngineHandle> Handles
    {
        get
        {
            lock (_lock)
            {
                return [.. _handles];
            }
        }
    }

    /// <summary>The engines that are wanted now, loaded or not.</summary>
    public IReadOnlyList<HostedEngine> Engines
    {
        get
        {
            lock (_lock)
            {
                return [.. _engines.Values];
            }
        }
    }

    /// <summary>Loads so far, by deployment and how they ended.</summary>
    public IReadOnlyCollection<KeyValuePair<(string Deployment, string Outcome), long>> Loads => _loads;

    /// <summary>Models that left the memory so far, by deployment and why.</summary>
    public IReadOnlyCollection<KeyValuePair<(string Deployment, UnloadReason Reason), long>> Unloads => _unloads;

    /// <summary>Sets what models may take of memory together, how long requests wait for it, and what time their processes have.</summary>
    /// <param name="memory">Bytes; null: the machine's memory, or what the container may use.</param>
    /// <param name="patience">How long a request waits for others to leave the memory; null: <see cref="DefaultPatience"/>.</param>
    /// <param name="workerTimeout">How long a worker process may do nothing; null: <see cref="DefaultWorkerTimeout"/>.</param>
    public void Configure(long? memory, TimeSpan? patience, TimeSpan? workerTimeout)
    {
        Interlocked.Exchange(ref _memory, memory ?? 0);
        lock (_lock)
        {
            _patience = patience ?? DefaultPatience;
            _workerTimeout = workerTimeout ?? DefaultWorkerTimeout;
        }

        Room.Update();
    }

    /// <summary>Looks whether a model fits, with its adapters, into a budget that is to be in force.</summary>
    /// <exception cref="LlamaLoadException">It does not, even alone.</exception>
    public static void DemandFit(LlamaEngineOptions options, IReadOnlyList<AdapterFile> adapters, long memory)
    {
        var budget = new MemoryBudget(() => memory);
        using var lease = budget.Begin();
        if (HostedEngine.Measure(options, adapters.Select(a => a.Path)) is { } need && !lease.TryTake(need))
        {
            throw budget.DoesNotFit(need, options.ModelPath, others: 0, "");
        }
    }

    /// <summary>Takes a reference to the engine with these options, which begins to load if it is not there yet.</summary>
    /// <param name="deployment">The deployment that asks, for messages and metrics.</param>
    /// <param name="options">What to load, and how.</param>
    /// <param name="adapters">LoRA adapters that this deployment answers with.</param>
    /// <param name="atFirstUse">Whether to load nothing before it is asked for.</param>
    /// <param name="keep">How long it stays in memory.</param>
    /// <param name="isolation">Whether it runs in a process of its own.</param>
    public EngineHandle Acquire(
        string deployment, LlamaEngineOptions options, IReadOnlyList<AdapterFile>? adapters = null, bool atFirstUse = false, KeepRule keep = default, Isolation isolation = Isolation.None)
    {
        EngineHandle handle;
        lock (_lock)
        {
            if (!_engines.TryGetValue((options, isolation), out var engine))
            {
                engine = new HostedEngine(deployment, options, isolation, this, _time);
                _engines.Add((options, isolation), engine);
                Room.Add(engine);
            }

            // A new configuration may come with a mended file.
            Room.EndPause(engine);
            engine.IsAwaited |= !atFirstUse && engine.State != LoadState.Ready;
            handle = new EngineHandle(this, engine, deployment, adapters ?? [], atFirstUse, keep, _time);
            _handles.Add(handle);
            engine.Handles.Add(handle);
            engine.Settle();
        }

        if (!atFirstUse)
        {
            _ = handle.StartAsync();
        }

        Room.Update();
        return handle;
    }

    /// <summary>
    /// Completes when all engines that are to be loaded at the start are, or have to wait for room, or are wanted no more; fails with
    /// <see cref="LlamaLoadException"/> when one cannot be.
    /// </summary>
    public async Task AllLoadedAsync()
    {
        foreach (var handle in Handles.Where(h => !h.AtFirstUse))
        {
            try
            {
                await handle.StartAsync();
            }
            catch (Exception e) when (e is LlamaLoadException or OperationCanceledException or ObjectDisposedException && handle.IsReleased)
            {
                // Another configuration let go of it meanwhile.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] unloading;
        lock (_lock)
        {
            _unloading.AddRange(_engines.Values.Select(Room.RemoveAsync));
            _engines.Clear();
            unloading = [.. _unloading];
        }

        await Task.WhenAll(unloading);
        Room.Dispose();
    }

    internal void Release(EngineHandle handle)
    {
        lock (_lock)
        {
            handle.IsReleased = true;
            _handles.Remove(handle);
            _unloading.RemoveAll(t => t.IsCompleted);
            _unloading.Add(handle.UnloadAdaptersAsync());
            handle.Hosted.Handles.Remove(handle);
            handle.Hosted.Settle();
            if (handle.Hosted.Handles.Count == 0 && _engines.Remove((handle.Hosted.Options, handle.Hosted.Isolation)))
            {
                _unloading.Add(Room.RemoveAsync(handle.Hosted));
            }
        }

        Room.Update();
    }

    /// <summary>Loads a deployment's adapters onto its engine.</summary>
    internal async Task<LoadedEngine> LoadAdaptersAsync(EngineHandle handle, LoadedEngine loaded)
    {
        foreach (var file in handle.Adapters)
        {
            LogLoadingAdapter(handle.Deployment, file.Path);
        }

        try
        {
            return await loaded.WithAdaptersAsync(handle.Adapters);
        }
        catch (LlamaLoadException e) when (handle.IsStarted)
        {
            LogFailed(handle.Deployment, e.Message);
            throw;
        }
    }

    internal async Task<LoadedEngine> LoadAsync(HostedEngine hosted, MemoryBudget.Lease memory)
    {
        LogLoading(hosted.Deployment, hosted.Options.ModelPath);
        hosted.Progress = 0;
        try
        {
            var progress = new LoadProgress(hosted, _time, LogProgress);
            var loaded = hosted.Isolation == Isolation.Process
                ? await LoadInWorkerAsync(hosted, memory, progress)
                : await LoadHereAsync(hosted, memory, progress);
            LogLoaded(hosted.Deployment, loaded.Info.Architecture, loaded.Info.ParameterCount, loaded.Info.ContextLength);
            Count(_loads, (hosted.Deployment, "ok"));

            // Whoever waited for the start has it; when it cannot be loaded again, only the log can tell.
            hosted.IsAwaited = false;
            return loaded;
        }
        catch (LlamaLoadException e)
        {
            OnFailed(hosted, e);
            throw;
        }
    }

    internal void OnFailed(HostedEngine hosted, LlamaLoadException failure)
    {
        Count(_loads, (hosted.Deployment, "failed"));
        if (!hosted.IsAwaited)
        {
            LogFailed(hosted.Deployment, failure.Message);
        }
    }

    internal void OnWaiting(HostedEngine hosted) => LogWaiting(hosted.Deployment, hosted.Need?.Used ?? 0, Room.Budget.Limit);

    internal void OnDeferred(HostedEngine hosted)
    {
        hosted.IsAwaited = false;
        LogDeferred(hosted.Deployment, hosted.Need?.Used ?? 0, Room.Budget.Limit);
    }

    internal void OnUnloaded(HostedEngine hosted, UnloadReason reason)
    {
        Count(_unloads, (hosted.Deployment, reason));
        LogUnloaded(hosted.Deployment, ReasonWords[(int)reason]);
    }

    private async Task<LoadedEngine> LoadHereAsync(HostedEngine hosted, MemoryBudget.Lease memory, LoadProgress progress)
    {
        if (_trial is not null)
        {
            await _trial.RunAsync(hosted.Options.ModelPath, hosted.Removed);
            if (hosted.Options.DraftModelPath is { } draft)
            {
                await _trial.RunAsync(draft, hosted.Removed);
            }
        }

        var engine = await LlamaEngine.LoadAsync(hosted.Options, _loggers, progress, memory, hosted.Removed);
        try
        {
            return InProcessEngine.Create(engine, hosted.Options.ModelPath, _time);
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    // Without a trial: a file that ends its worker ends nothing else.
    private async Task<LoadedEngine> LoadInWorkerAsync(HostedEngine hosted, MemoryBudget.Lease memory, LoadProgress progress) =>
        new WorkerEngine(await ModelWorker.StartAsync(hosted.Deployment, hosted.Options, memory, () => WorkerTimeout, progress, _loggers, _time, hosted.Removed));

    private static readonly string[] ReasonWords = ["to make room", "nobody asked for it", "by an administrator", "no longer configured"];

    private static void Count<TKey>(ConcurrentDictionary<TKey, long> counts, TKey key)
        where TKey : notnull => counts.AddOrUpdate(key, 1, static (_, count) => count + 1);

    [LoggerMessage(EventId = 2000, Level = LogLevel.Information, Message = "Deployment {Deployment}: loading {Path}")]
    private partial void LogLoading(string deployment, string path);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Deployment {Deployment}: {Percent} % loaded")]
    private partial void LogProgress(string deployment, int percent);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Information,
        Message = "Deployment {Deployment}: ready, architecture {Architecture}, {Parameters} parameters, context {ContextLength} tokens")]
    private partial void LogLoaded(string deployment, string architecture, long parameters, int contextLength);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Information, Message = "Deployment {Deployment}: unloaded, {Reason}")]
    private partial void LogUnloaded(string deployment, string reason);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Information, Message = "Deployment {Deployment}: loading adapter {Path}")]
    private partial void LogLoadingAdapter(string deployment, string path);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Error, Message = "Deployment {Deployment}: {Reason} Its requests get a 503 until a later try succeeds.")]
    private partial void LogFailed(string deployment, string reason);

    [LoggerMessage(EventId = 2006, Level = LogLevel.Warning,
        Message = "Deployment {Deployment}: not in memory yet, for it takes {Bytes} bytes and does not fit beside the others (engine.memory is {Limit}); it comes with the first request")]
    private partial void LogDeferred(string deployment, long bytes, long limit);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Information, Message = "Deployment {Deployment}: waits for {Bytes} bytes of memory that other models hold (engine.memory is {Limit})")]
    private partial void LogWaiting(string deployment, long bytes, long limit);

    // A small model is there before a person could read a line; a large one tells every few seconds how far it is.
    private sealed class LoadProgress(HostedEngine hosted, TimeProvider time, Action<string, int> log) : IProgress<float>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

        private long _loggedAt = time.GetTimestamp();

        public void Report(float value)
        {
            hosted.Progress = value;
            if (time.GetElapsedTime(_loggedAt) >= Interval)
            {
                _loggedAt = time.GetTimestamp();
                log(hosted.Deployment, (int)(value * 100));
            }
        }
    }
}
