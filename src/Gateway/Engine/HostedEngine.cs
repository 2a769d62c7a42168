using Gateway.Configuration;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>A model that deployments share: those with the same file and the same options. Owned by <see cref="EngineHost"/>.</summary>
#pragma warning disable CA1001 // The token source has no timer and no links, so there is nothing to free.
internal sealed class HostedEngine
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _unloading = new();
    private float _progress;

    public HostedEngine(string deployment, LlamaEngineOptions options, Isolation isolation, Func<HostedEngine, Task<LoadedEngine>> load, TimeProvider time)
    {
        Deployment = deployment;
        Options = options;
        Isolation = isolation;
        Engine = new(() => load(this), time);
    }

    /// <summary>The deployment that asked for it first, for messages and metrics.</summary>
    public string Deployment { get; }

    public LlamaEngineOptions Options { get; }

    public Isolation Isolation { get; }

    public OnDemand<LoadedEngine> Engine { get; }

    /// <summary>Share of the weights that is read, 0 to 1.</summary>
    public float Progress
    {
        get => Volatile.Read(ref _progress);
        set => Volatile.Write(ref _progress, value);
    }

    /// <summary>How long the load took; zero before its end.</summary>
    public TimeSpan LoadDuration { get; set; }

    /// <summary>Whether somebody waits for it before anything is served, and is told there when it cannot be loaded.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Guarded by the host's lock.</summary>
    public int References { get; set; }

    /// <summary>Cancelled when nobody wants the engine any more.</summary>
    public CancellationToken Unloading => _unloading.Token;

    public Task CancelLoadingAsync() => _unloading.CancelAsync();
}
