namespace Gateway.Llama;

/// <summary>What an engine does for one of those who share it, and has done since it was loaded. The counters are each exact; together they are no snapshot of one instant.</summary>
/// <param name="Name">The owner that requests name; empty for those that name none, and for those of all owners beyond the number that is counted.</param>
public readonly record struct LlamaTenantStatistics(string Name)
{
    /// <summary>Requests that wait for a place.</summary>
    public int Waiting { get; init; }

    /// <summary>Requests that have one.</summary>
    public int Running { get; init; }

    /// <summary>Prompt tokens decoded.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Prompt tokens that did not have to be decoded, since the cache had them.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Tokens generated.</summary>
    public long GeneratedTokens { get; init; }

    /// <summary>Requests that got a place, each counted once.</summary>
    public long Started { get; init; }

    /// <summary>How long they waited for it, all together.</summary>
    public TimeSpan StartDelay { get; init; }
}
