using Gateway.Configuration;
using Gateway.Llama;
using Gateway.Llama.Gguf;
using Gateway.Llama.Loading;

namespace Gateway.Engine;

/// <summary>A model that deployments share: those with the same file and the same options. Owned by <see cref="EngineHost"/>.</summary>
internal sealed class HostedEngine(string deployment, LlamaEngineOptions options, Isolation isolation, EngineHost host, TimeProvider time) : Resident<LoadedEngine>(time)
{
    private float _progress;

    // Swapped whole, for the room reads it under a lock of its own.
    private volatile KeepRule[] _keeps = [];
    private volatile string[] _adapters = [];

    /// <summary>The deployment that asked for it first, for messages and metrics.</summary>
    public string Deployment { get; } = deployment;

    public LlamaEngineOptions Options { get; } = options;

    public Isolation Isolation { get; } = isolation;

    /// <summary>Share of the weights that is read, 0 to 1.</summary>
    public float Progress
    {
        get => Volatile.Read(ref _progress);
        set => Volatile.Write(ref _progress, value);
    }

    /// <summary>Whether somebody waits for it before anything is served, and is told there when it cannot be loaded.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Deployments that hold it. Guarded by the host's lock.</summary>
    public List<EngineHandle> Handles { get; } = [];

    /// <summary>Whether an administrator pinned it, or took the pin away; null: as the configuration says.</summary>
    public bool? PinnedByHand { get; set; }

    /// <inheritdoc/>
    public override bool IsPinned => PinnedByHand ?? _keeps.Any(k => k.IsPinned);

    /// <inheritdoc/>
    public override TimeSpan? IdleTimeout => _keeps.Any(k => k.IdleTimeout is null) ? null : _keeps.Max(k => k.IdleTimeout);

    /// <summary>Takes over what the deployments that hold it say of pins, idle times and adapters.</summary>
    public void Settle()
    {
        _keeps = [.. Handles.Select(h => h.Keep)];
        _adapters = [.. Handles.SelectMany(h => h.Adapters).Select(a => a.Path).Distinct(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public override MemoryEstimate? Measure() => Measure(Options, _adapters);

    /// <summary>Reads what a model takes of memory, without loading it; null when its file, or its draft's, cannot be loaded.</summary>
    /// <param name="options">The model, and how it is hosted.</param>
    /// <param name="adapters">Files of the adapters that deployments answer with.</param>
    public static MemoryEstimate? Measure(LlamaEngineOptions options, IEnumerable<string> adapters)
    {
        try
        {
            using var file = GgufFile.Open(options.ModelPath);
            return GgufChecker.CheckModel(file, readWeights: false).Count == 0
                ? MemoryEstimate.Of(file, options).WithDraft(options) with { Adapters = adapters.Sum(MeasureAdapter) }
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LlamaLoadException)
        {
            return null;
        }
    }

    /// <summary>Reads what an adapter takes of memory, in bytes; 0 when its file cannot be read, which its load tells.</summary>
    public static long MeasureAdapter(string path)
    {
        try
        {
            using var file = GgufFile.Open(path);
            return file.DataLength;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public override Task<LoadedEngine> LoadAsync(MemoryBudget.Lease memory) => host.LoadAsync(this, memory);

    /// <inheritdoc/>
    public override Exception DoesNotFit(MemoryBudget budget, MemoryEstimate need, long pinned)
    {
        var failure = budget.DoesNotFit(need, Options.ModelPath, pinned, "pinned models");
        host.OnFailed(this, failure);
        return failure;
    }

    /// <inheritdoc/>
    public override void OnWaiting() => host.OnWaiting(this);

    /// <inheritdoc/>
    public override void OnDeferred() => host.OnDeferred(this);

    /// <inheritdoc/>
    public override void OnUnloaded(UnloadReason reason) => host.OnUnloaded(this, reason);
}
