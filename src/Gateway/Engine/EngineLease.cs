namespace Gateway.Engine;

/// <summary>A request's use of a deployment's model, which is not unloaded before it is disposed.</summary>
internal sealed class EngineLease(EngineHandle handle, LoadedEngine loaded, RoomLease<LoadedEngine> lease) : IDisposable
{
    /// <summary>Whose model.</summary>
    public EngineHandle Handle { get; } = handle;

    /// <summary>The engine, with the deployment's adapters.</summary>
    public LoadedEngine Loaded { get; } = loaded;

    public void Dispose() => lease.Dispose();
}

/// <summary>How long a deployment keeps its model in memory.</summary>
/// <param name="IsPinned">Whether it never goes.</param>
/// <param name="IdleTimeout">Time without a request after which it goes; null: never for that.</param>
internal readonly record struct KeepRule(bool IsPinned, TimeSpan? IdleTimeout);
