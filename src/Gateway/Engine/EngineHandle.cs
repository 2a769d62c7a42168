using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>An adapter of a deployment, and its weight.</summary>
internal readonly record struct AdapterFile(string Path, float Scale);

/// <summary>
/// A deployment's hold on its model, and on the adapters that it alone answers with. The model may come and go while it is held, but not under a lease.
/// </summary>
internal sealed class EngineHandle
{
    private readonly EngineHost _host;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private Adapted? _adapted;
    private Task? _start;

    public EngineHandle(
        EngineHost host, HostedEngine hosted, string deployment, IReadOnlyList<AdapterFile> adapters, bool atFirstUse, KeepRule keep, TimeProvider time)
    {
        _host = host;
        _time = time;
        Hosted = hosted;
        Deployment = deployment;
        Adapters = adapters;
        AtFirstUse = atFirstUse;
        Keep = keep;
    }

    /// <summary>Name of the deployment.</summary>
    public string Deployment { get; }

    /// <summary>The model, which others may share.</summary>
    public HostedEngine Hosted { get; }

    public IReadOnlyList<AdapterFile> Adapters { get; }

    /// <summary>Whether the first request loads it, rather than the start.</summary>
    public bool AtFirstUse { get; }

    /// <summary>How long its model is kept.</summary>
    public KeepRule Keep { get; }

    public LoadState State => Hosted.State != LoadState.Ready ? Hosted.State
        : Hosted.Value is { State: not LoadState.Ready and var own } ? own
        : Adapters.Count == 0 ? LoadState.Ready
        : CurrentAdapted?.Loading.State ?? LoadState.NotLoaded;

    /// <summary>The engine; null while it is not ready to answer. Who uses it needs a lease.</summary>
    public LoadedEngine? Loaded => Adapters.Count == 0 ? Hosted.Value : CurrentAdapted?.Loading.Value;

    /// <summary>Time until a load that failed is tried again.</summary>
    public TimeSpan RetryIn
    {
        get
        {
            var own = CurrentAdapted?.Loading.RetryIn ?? TimeSpan.Zero;
            var shared = _host.Room.RetryIn(Hosted);
            return own > shared ? own : shared;
        }
    }

    /// <summary>Whether the start has nothing more to wait for: the model was loaded, or has to wait for room.</summary>
    public bool IsStarted => AtFirstUse || _start is { IsCompletedSuccessfully: true };

    /// <summary>Whether its owner let go of it.</summary>
    public bool IsReleased { get; set; }

    // Those of the engine that there is now: others went with theirs.
    private Adapted? CurrentAdapted => Volatile.Read(ref _adapted) is { } adapted && ReferenceEquals(adapted.Engine, Hosted.Value) ? adapted : null;

    /// <summary>
    /// Completes when the model is ready to answer, and begins to load it where nobody has; fails with <see cref="LlamaLoadException"/> when it
    /// cannot be loaded. Many may wait: whoever gives up does not end it for the others. It may be unloaded again before the caller looks at it.
    /// </summary>
    public async Task<LoadedEngine> LoadAsync()
    {
        if (Adapters.Count == 0)
        {
            return await _host.Room.LoadAsync(Hosted);
        }

        using var lease = await LeaseAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
        return lease!.Loaded;
    }

    /// <summary>Takes a lease of the model, which loads it where it is not there.</summary>
    /// <returns>The lease; null when others held the memory for too long.</returns>
    /// <exception cref="LlamaLoadException">It cannot be loaded.</exception>
    public ValueTask<EngineLease?> LeaseAsync(CancellationToken cancellationToken) => LeaseAsync(_host.Patience, cancellationToken);

    /// <summary>Completes when what is to be loaded at the start is, or has to wait for room; fails with <see cref="LlamaLoadException"/>.</summary>
    public Task StartAsync()
    {
        lock (_lock)
        {
            return _start ??= LoadGentlyAsync();
        }
    }

    /// <summary>Gives the model and the adapters back.</summary>
    public void Release() => _host.Release(this);

    /// <summary>Gives back what adapters were loaded, or are being loaded now.</summary>
    public async Task UnloadAdaptersAsync()
    {
        try
        {
            if (Volatile.Read(ref _adapted)?.Loading.Started is { } loading)
            {
                await (await loading).ReleaseAdaptersAsync();
            }
        }
#pragma warning disable CA1031 // However it failed, there is nothing to give back; whoever waited for it was told.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private async Task LoadGentlyAsync()
    {
        if (await _host.Room.LoadGentlyAsync(Hosted) is not null && Adapters.Count > 0)
        {
            await LoadAsync();
        }
    }

    private async ValueTask<EngineLease?> LeaseAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var lease = await _host.Room.LeaseAsync(Hosted, patience, cancellationToken);
        if (lease is null || Adapters.Count == 0)
        {
            return lease is null ? null : new EngineLease(this, lease.Value, lease);
        }

        try
        {
            return new EngineLease(this, await AdaptedOf(lease.Value).Loading.GetAsync().WaitAsync(cancellationToken), lease);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    // An engine that was loaded again has none of the adapters that the one before had.
    private Adapted AdaptedOf(LoadedEngine engine)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_adapted?.Engine, engine))
            {
                _adapted = new Adapted(engine, new(() => _host.LoadAdaptersAsync(this, engine), _time));
            }

            return _adapted;
        }
    }

    private sealed record Adapted(LoadedEngine Engine, OnDemand<LoadedEngine> Loading);
}
