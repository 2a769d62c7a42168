using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>An adapter of a deployment, and its weight.</summary>
internal readonly record struct AdapterFile(string Path, float Scale);

/// <summary>
/// A deployment's hold on its model, and on the adapters that it alone answers with. Nothing is unloaded before <see cref="Release"/>.
/// </summary>
internal sealed class EngineHandle
{
    private readonly EngineHost _host;
    private readonly OnDemand<LoadedEngine>? _adapted;

    public EngineHandle(EngineHost host, HostedEngine hosted, string deployment, IReadOnlyList<AdapterFile> adapters, bool atFirstUse, TimeProvider time)
    {
        _host = host;
        Hosted = hosted;
        Deployment = deployment;
        Adapters = adapters;
        AtFirstUse = atFirstUse;
        _adapted = adapters.Count > 0 ? new(() => host.LoadAdaptersAsync(this), time) : null;
    }

    /// <summary>Name of the deployment.</summary>
    public string Deployment { get; }

    /// <summary>The model, which others may share.</summary>
    public HostedEngine Hosted { get; }

    public IReadOnlyList<AdapterFile> Adapters { get; }

    /// <summary>Whether the first request loads it, rather than the start.</summary>
    public bool AtFirstUse { get; }

    public LoadState State => Own.Value?.State ?? Own.State;

    /// <summary>The engine; null while it was not loaded.</summary>
    public LoadedEngine? Loaded => Own.Value;

    /// <summary>Time until a load that failed is tried again.</summary>
    public TimeSpan RetryIn => Own.RetryIn;

    /// <summary>Whether its owner let go of it.</summary>
    public bool IsReleased { get; set; }

    private OnDemand<LoadedEngine> Own => _adapted ?? Hosted.Engine;

    /// <summary>
    /// Completes when the model is ready to answer, and begins to load it where nobody has; fails with <see cref="LlamaLoadException"/> when it
    /// cannot be loaded. Many may wait: whoever gives up does not end it for the others.
    /// </summary>
    public Task<LoadedEngine> LoadAsync() => Own.GetAsync();

    /// <summary>Gives the model and the adapters back.</summary>
    public void Release() => _host.Release(this);

    /// <summary>Gives back what adapters were loaded, or are being loaded now.</summary>
    public async Task UnloadAdaptersAsync()
    {
        try
        {
            if (_adapted?.Started is { } loading)
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
}
