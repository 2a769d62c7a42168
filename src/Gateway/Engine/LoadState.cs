namespace Gateway.Engine;

/// <summary>How far something is that is loaded when it is wanted.</summary>
internal enum LoadState
{
    NotLoaded,

    /// <summary>It is wanted, and others hold the memory that it takes.</summary>
    Waiting,

    Loading,
    Ready,
    Unloading,
    Failed,
}

/// <summary>Why a model left the memory.</summary>
internal enum UnloadReason
{
    /// <summary>Another was wanted in its place.</summary>
    Room,

    /// <summary>Nobody asked for it for long enough.</summary>
    Idle,

    /// <summary>Somebody said so.</summary>
    Asked,

    /// <summary>No configuration names it any more.</summary>
    Released,
}
