using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>
/// The models in this process. Configurations that ask for the same file with the same options share one engine; it is freed when the last
/// snapshot that names it is gone.
/// </summary>
internal sealed partial class EngineHost(ILoggerFactory loggers, TimeProvider time) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<EngineHost>();
    private readonly Lock _lock = new();
    private readonly Dictionary<LlamaEngineOptions, EngineHandle> _engines = [];
    private readonly List<Task> _unloading = [];

    /// <summary>Takes a reference to the engine with these options, which begins to load if it is not there yet.</summary>
    /// <param name="deployment">The deployment that asks, for messages and metrics.</param>
    /// <param name="options">What to load, and how.</param>
    public EngineHandle Acquire(string deployment, LlamaEngineOptions options)
    {
        lock (_lock)
        {
            if (_engines.TryGetValue(options, out var handle))
            {
                handle.References++;
                return handle;
            }

            handle = new EngineHandle(this, deployment, options);
            handle.Loading = LoadAsync(handle);
            _engines.Add(options, handle);
            return handle;
        }
    }

    /// <summary>Engines that are loaded at this moment, by the deployment that asked first.</summary>
    public IReadOnlyList<(string Deployment, LlamaEngine Engine)> Loaded()
    {
        lock (_lock)
        {
            return [.. _engines.Values.Where(h => h.Loaded is not null).Select(h => (h.Deployment, h.Loaded!.Engine))];
        }
    }

    /// <summary>
    /// Completes when all engines that are wanted now are loaded, or wanted no more; fails with <see cref="LlamaLoadException"/> when one cannot be.
    /// </summary>
    public async Task AllLoadedAsync()
    {
        EngineHandle[] handles;
        lock (_lock)
        {
            handles = [.. _engines.Values];
        }

        foreach (var handle in handles)
        {
            try
            {
                await handle.Loading;
            }
            catch (Exception e) when (e is LlamaLoadException or OperationCanceledException && handle.Unloading.IsCancellationRequested)
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
            foreach (var handle in _engines.Values)
            {
                _unloading.Add(UnloadAsync(handle));
            }

            _engines.Clear();
            unloading = [.. _unloading];
        }

        await Task.WhenAll(unloading);
    }

    internal void Release(EngineHandle handle)
    {
        lock (_lock)
        {
            if (--handle.References > 0 || !_engines.Remove(handle.Options))
            {
                return;
            }

            _unloading.RemoveAll(t => t.IsCompleted);
            _unloading.Add(UnloadAsync(handle));
        }
    }

    private async Task<LoadedEngine> LoadAsync(EngineHandle handle)
    {
        // Off the caller's thread and out of its lock: a load takes seconds.
        await Task.Yield();
        LogLoading(handle.Deployment, handle.Options.ModelPath);
        var progress = new LoadProgress(time, percent => LogProgress(handle.Deployment, percent));
        var engine = await LlamaEngine.LoadAsync(handle.Options, loggers, progress, handle.Unloading);
        LoadedEngine loaded;
        try
        {
            loaded = LoadedEngine.Create(engine, handle.Options.ModelPath, time);
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }

        handle.Loaded = loaded;
        LogLoaded(handle.Deployment, engine.Info.Architecture, engine.Info.ParameterCount, engine.Info.ContextLength);
        return loaded;
    }

    private async Task UnloadAsync(EngineHandle handle)
    {
        // Cancelled before the lock is given back, so that whoever then sees the load end knows why; freed behind it, which may take a while.
        await handle.CancelLoadingAsync();
        await Task.Yield();
        try
        {
            var loaded = await handle.Loading;
            await loaded.Engine.DisposeAsync();
            LogUnloaded(handle.Deployment);
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

    // A small model is there before a person could read a line; a large one tells every few seconds how far it is.
    private sealed class LoadProgress(TimeProvider time, Action<int> report) : IProgress<float>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

        private long _reportedAt = time.GetTimestamp();

        public void Report(float value)
        {
            if (time.GetElapsedTime(_reportedAt) >= Interval)
            {
                _reportedAt = time.GetTimestamp();
                report((int)(value * 100));
            }
        }
    }
}
