namespace Gateway.Llama;

/// <summary>What an engine does and has done since it was loaded. The counters are each exact; together they are no snapshot of one instant.</summary>
public readonly record struct LlamaEngineStatistics
{
    /// <summary>Requests that wait for a place.</summary>
    public required int Waiting { get; init; }

    /// <summary>Requests that are decoded.</summary>
    public required int Running { get; init; }

    /// <summary>KV cells that running requests hold, each counted once however many share it.</summary>
    public required int CellsUsed { get; init; }

    /// <summary>KV cells that hold what nobody uses now, for later requests that begin with it; they are free for whoever needs them.</summary>
    public int CellsCached { get; init; }

    /// <summary>KV cells there are.</summary>
    public required int CellsTotal { get; init; }

    /// <summary>Prompt tokens decoded.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>Prompt tokens that did not have to be decoded, since the cache had them.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Tokens generated.</summary>
    public required long GeneratedTokens { get; init; }

    /// <summary>Threads that compute now.</summary>
    public required int Threads { get; init; }

    /// <summary>Calls of llama_decode that succeeded.</summary>
    public required long DecodeSteps { get; init; }

    /// <summary>Calls of llama_decode that failed. Mostly the same work succeeds when it is tried again in smaller parts.</summary>
    public required long FailedDecodes { get; init; }

    /// <summary>Requests that had to give up their places for others, and went on later.</summary>
    public long Preemptions { get; init; }

    /// <summary>Times that a part of the cache went to the host's memory.</summary>
    public long Spills { get; init; }

    /// <summary>Bytes that the cache takes there now.</summary>
    public long HostCacheBytes { get; init; }

    /// <summary>Tokens that were guessed and decoded in the hope that they would be drawn.</summary>
    public long GuessedTokens { get; init; }

    /// <summary>Of those, the ones that were: steps that were saved.</summary>
    public long RightGuesses { get; init; }

    /// <summary>Time spent in calls of llama_decode that succeeded.</summary>
    public TimeSpan StepTime { get; init; }
}
