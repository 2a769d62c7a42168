using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>
/// A model that was loaded, with a deployment's adapters: in this process (<see cref="InProcessEngine"/>), or in one of its own
/// (<see cref="Workers.WorkerEngine"/>).
/// </summary>
internal abstract record LoadedEngine : IAsyncDisposable
{
    /// <summary>What the file says about the model.</summary>
    public abstract LlamaModelInfo Info { get; }

    /// <summary>What the engine does and has done.</summary>
    public abstract LlamaEngineStatistics Statistics { get; }

    /// <summary>The same for each tenant that used it.</summary>
    public abstract IReadOnlyCollection<LlamaTenantStatistics> Tenants { get; }

    /// <summary>How far it is: ready, unless its process ended and another has not taken its place yet.</summary>
    public virtual LoadState State => LoadState.Ready;

    /// <summary>Time until it is tried to bring it up again; zero while it is up.</summary>
    public virtual TimeSpan RetryIn => TimeSpan.Zero;

    /// <summary>The same model, to answer with these adapters.</summary>
    /// <exception cref="LlamaLoadException">One of them cannot be loaded; then none is.</exception>
    /// <exception cref="ObjectDisposedException">The model was unloaded meanwhile.</exception>
    public abstract Task<LoadedEngine> WithAdaptersAsync(IReadOnlyList<AdapterFile> files);

    /// <summary>Gives back what <see cref="WithAdaptersAsync"/> loaded.</summary>
    public abstract Task ReleaseAdaptersAsync();

    /// <summary>Ends what is running as cancelled, and gives all memory of the model back.</summary>
    public abstract ValueTask DisposeAsync();
}
