namespace Gateway.Llama;

/// <summary>What an engine does and has done since it was loaded. The counters are each exact; together they are no snapshot of one instant.</summary>
public readonly record struct LlamaEngineStatistics
{
    /// <summary>Requests that wait for a place.</summary>
    public required int Waiting { get; init; }

    /// <summary>Requests that are decoded.</summary>
    public required int Running { get; init; }

    /// <summary>KV cells that running requests have been promised: their prompts and all tokens that they may still generate.</summary>
    public required int CellsUsed { get; init; }

    /// <summary>KV cells there are.</summary>
    public required int CellsTotal { get; init; }

    /// <summary>Prompt tokens decoded.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>Tokens generated.</summary>
    public required long GeneratedTokens { get; init; }

    /// <summary>Threads that compute now.</summary>
    public required int Threads { get; init; }

    /// <summary>Calls of llama_decode that succeeded.</summary>
    public required long DecodeSteps { get; init; }

    /// <summary>Calls of llama_decode that failed. Mostly the same work succeeds when it is tried again in smaller parts.</summary>
    public required long FailedDecodes { get; init; }
}
