using Gateway.Llama.Scheduling;

namespace Gateway.Llama;

/// <summary>A LoRA adapter that an engine has loaded onto its model. Those of one file share its memory.</summary>
public sealed class LlamaAdapter : IDisposable
{
    private readonly LlamaScheduler _scheduler;

    internal LlamaAdapter(LlamaScheduler scheduler, LoadedAdapter loaded)
    {
        _scheduler = scheduler;
        Loaded = loaded;
    }

    /// <summary>The file.</summary>
    public string Path => Loaded.Path;

    internal LoadedAdapter Loaded { get; }

    /// <summary>Guarded by the scheduler's lock.</summary>
    internal bool IsDisposed { get; set; }

    /// <summary>Whether it belongs to the engine of this scheduler.</summary>
    internal bool BelongsTo(LlamaScheduler scheduler) => _scheduler == scheduler;

    /// <summary>No further request takes it. Its memory is free once those that have it ended.</summary>
    public void Dispose() => _scheduler.Release(this);
}

/// <summary>An adapter with its weight in an answer.</summary>
/// <param name="Adapter">The adapter.</param>
/// <param name="Scale">Factor of what it adds to the model's own weights: 1 as it was trained, 0 not at all.</param>
public readonly record struct AppliedAdapter(LlamaAdapter Adapter, float Scale);
