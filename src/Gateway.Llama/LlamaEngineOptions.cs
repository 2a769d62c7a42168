namespace Gateway.Llama;

/// <summary>How one GGUF file is hosted.</summary>
public sealed record LlamaEngineOptions
{
    /// <summary>Path of the GGUF file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>Tokens that one request may take, prompt and answer together. Null: what the model was trained for.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Cells of the KV cache, shared by all requests in progress. Null: twice <see cref="ContextLength"/>.</summary>
    public int? CacheCells { get; init; }

    /// <summary>Requests that are decoded at a time, 1 to 256.</summary>
    public int MaxSequences { get; init; } = 8;

    /// <summary>Requests that wait for a place before further ones are turned away.</summary>
    public int QueueCapacity { get; init; } = 64;

    /// <summary>Tokens that one decode step may take.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>Threads that libllama computes with. Null: the physical cores.</summary>
    public int? Threads { get; init; }
}
