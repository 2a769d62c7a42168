using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>A reference-counted engine of <see cref="EngineHost"/>.</summary>
#pragma warning disable CA1001 // The token source has no timer and no links, so there is nothing to free.
internal sealed class EngineHandle(EngineHost host, string deployment, LlamaEngineOptions options)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _unloading = new();

    /// <summary>The deployment that asked for it first.</summary>
    public string Deployment { get; } = deployment;

    public LlamaEngineOptions Options { get; } = options;

    /// <summary>Completes when the model is ready to answer; fails with <see cref="LlamaLoadException"/> when it cannot be loaded.</summary>
    public Task<LoadedEngine> Loading { get; set; } = null!;

    /// <summary>The engine, once it is there; set once, just before <see cref="Loading"/> completes.</summary>
    public LoadedEngine? Loaded { get; set; }

    /// <summary>Guarded by the host's lock.</summary>
    public int References { get; set; } = 1;

    /// <summary>Cancelled when nobody wants the engine any more.</summary>
    public CancellationToken Unloading => _unloading.Token;

    public Task CancelLoadingAsync() => _unloading.CancelAsync();

    /// <summary>Gives the reference back.</summary>
    public void Release() => host.Release(this);
}
