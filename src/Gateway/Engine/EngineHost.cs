using Gateway.Configuration;
using Gateway.Engine.Workers;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>
/// The models of this gateway, in its process or in workers. Configurations and deployments that ask for the same file with the same options share one engine; it is freed
/// when the last snapshot that names it is gone, as is an adapter.
/// </summary>
internal sealed partial class EngineHost(ILoggerFactory loggers, TimeProvider time) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<EngineHost>();
    private readonly Lock _lock = new();
    private readonly Dictionary<(LlamaEngineOptions, Isolation), HostedEngine> _engines = [];
    private readonly List<EngineHandle> _handles = [];
    private readonly List<Task> _unloading = [];
    private readonly ModelTrial? _trial = ModelTrial.ByThisProgram(loggers, time);

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

    /// <summary>Takes a reference to the engine with these options, which begins to load if it is not there yet.</summary>
    /// <param name="deployment">The deployment that asks, for messages and metrics.</param>
    /// <param name="options">What to load, and how.</param>
    /// <param name="adapters">LoRA adapters that this deployment answers with.</param>
    /// <param name="atFirstUse">Whether to load nothing before <see cref="EngineHandle.LoadAsync"/> is called.</param>
    /// <param name="isolation">Whether it runs in a process of its own.</param>
    public EngineHandle Acquire(string deployment, LlamaEngineOptions options, IReadOnlyList<AdapterFile>? adapters = null, bool atFirstUse = false, Isolation isolation = Isolation.None)
    {
        EngineHandle handle;
        lock (_lock)
        {
            if (!_engines.TryGetValue((options, isolation), out var engine))
            {
                engine = new HostedEngine(deployment, options, isolation, LoadAsync, time);
                _engines.Add((options, isolation), engine);
            }

            // A new configuration may come with a mended file.
            engine.Engine.EndPause();
            engine.References++;
            engine.IsAwaited |= !atFirstUse;
            handle = new EngineHandle(this, engine, deployment, adapters ?? [], atFirstUse, time);
            _handles.Add(handle);
        }

        if (!atFirstUse)
        {
            _ = handle.LoadAsync();
        }

        return handle;
    }

    /// <summary>
    /// Completes when all engines that are to be loaded at the start are, or wanted no more; fails with <see cref="LlamaLoadException"/> when one
    /// cannot be.
    /// </summary>
    public async Task AllLoadedAsync()
    {
        foreach (var handle in Handles.Where(h => !h.AtFirstUse))
        {
            try
            {
                await handle.LoadAsync();
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
            _unloading.AddRange(_engines.Values.Select(UnloadAsync));
            _engines.Clear();
            unloading = [.. _unloading];
        }

        await Task.WhenAll(unloading);
    }

    internal void Release(EngineHandle handle)
    {
        lock (_lock)
        {
            handle.IsReleased = true;
            _handles.Remove(handle);
            _unloading.RemoveAll(t => t.IsCompleted);
            _unloading.Add(handle.UnloadAdaptersAsync());
            if (--handle.Hosted.References == 0 && _engines.Remove((handle.Hosted.Options, handle.Hosted.Isolation)))
            {
                _unloading.Add(UnloadAsync(handle.Hosted));
            }
        }
    }

    /// <summary>Loads a deployment's adapters onto its engine.</summary>
    internal async Task<LoadedEngine> LoadAdaptersAsync(EngineHandle handle)
    {
        var loaded = await handle.Hosted.Engine.GetAsync();
        foreach (var file in handle.Adapters)
        {
            LogLoadingAdapter(handle.Deployment, file.Path);
        }

        try
        {
            return await loaded.WithAdaptersAsync(handle.Adapters);
        }
        catch (LlamaLoadException e) when (handle.AtFirstUse)
        {
            LogFailed(handle.Deployment, e.Message);
            throw;
        }
    }

    private async Task<LoadedEngine> LoadAsync(HostedEngine hosted)
    {
        LogLoading(hosted.Deployment, hosted.Options.ModelPath);
        var started = time.GetTimestamp();
        try
        {
            var progress = new LoadProgress(hosted, time, LogProgress);
            var loaded = hosted.Isolation == Isolation.Process
                ? await LoadInWorkerAsync(hosted, progress)
                : await LoadHereAsync(hosted, progress);
            hosted.LoadDuration = time.GetElapsedTime(started);
            LogLoaded(hosted.Deployment, loaded.Info.Architecture, loaded.Info.ParameterCount, loaded.Info.ContextLength);
            return loaded;
        }
        catch (LlamaLoadException e) when (!hosted.IsAwaited)
        {
            LogFailed(hosted.Deployment, e.Message);
            throw;
        }
    }

    private async Task<LoadedEngine> LoadHereAsync(HostedEngine hosted, LoadProgress progress)
    {
        if (_trial is not null)
        {
            await _trial.RunAsync(hosted.Options.ModelPath, hosted.Unloading);
        }

        var engine = await LlamaEngine.LoadAsync(hosted.Options, loggers, progress, hosted.Unloading);
        try
        {
            return InProcessEngine.Create(engine, hosted.Options.ModelPath, time);
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    // Without a trial: a file that ends its worker ends nothing else.
    private async Task<LoadedEngine> LoadInWorkerAsync(HostedEngine hosted, LoadProgress progress) =>
        new WorkerEngine(await ModelWorker.StartAsync(hosted.Deployment, hosted.Options, progress, loggers, time, hosted.Unloading));

    private async Task UnloadAsync(HostedEngine hosted)
    {
        // Cancelled before the lock is given back, so that whoever then sees the load end knows why; freed behind it, which may take a while.
        await hosted.CancelLoadingAsync();
        if (hosted.Engine.Started is not { } loading)
        {
            return;
        }

        await Task.Yield();
        try
        {
            var loaded = await loading;
            await loaded.UnloadAsync();
            LogUnloaded(hosted.Deployment);
        }
        catch (Exception e) when (e is LlamaLoadException or OperationCanceledException)
        {
            // It never came up, so there is nothing to free; whoever waited for it was told.
        }
    }

    [LoggerMessage(EventId = 2000, Level = LogLevel.Information, Message = "Deployment {Deployment}: loading {Path}")]
    private partial void LogLoading(string deployment, string path);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Deployment {Deployment}: {Percent} % loaded")]
    private partial void LogProgress(string deployment, int percent);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Information,
        Message = "Deployment {Deployment}: ready, architecture {Architecture}, {Parameters} parameters, context {ContextLength} tokens")]
    private partial void LogLoaded(string deployment, string architecture, long parameters, int contextLength);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Information, Message = "Deployment {Deployment}: unloaded")]
    private partial void LogUnloaded(string deployment);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Information, Message = "Deployment {Deployment}: loading adapter {Path}")]
    private partial void LogLoadingAdapter(string deployment, string path);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Error, Message = "Deployment {Deployment}: {Reason} Its requests get a 503 until a later try succeeds.")]
    private partial void LogFailed(string deployment, string reason);

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
