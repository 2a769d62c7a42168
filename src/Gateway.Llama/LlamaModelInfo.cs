namespace Gateway.Llama;

/// <summary>What a GGUF file says about its model.</summary>
public sealed record LlamaModelInfo
{
    /// <summary>llama.cpp's name of the architecture, such as "llama" or "bert".</summary>
    public required string Architecture { get; init; }

    /// <summary>The model's own name (general.name).</summary>
    public string? Name { get; init; }

    /// <summary>Number of weights.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Size of the weights in bytes.</summary>
    public required long SizeInBytes { get; init; }

    /// <summary>Tokens that the model saw at a time when it was trained.</summary>
    public required int TrainedContextLength { get; init; }

    /// <summary>Tokens that one request may take here, prompt and answer together.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Number of different tokens; their ids go from 0 to one less.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Numbers in one vector: of an embedding, or of the model's inner state.</summary>
    public required int EmbeddingSize { get; init; }

    /// <summary>What can be asked of the model.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>Jinja source that turns a conversation into a prompt (tokenizer.chat_template), null when the file has none.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Text of the token that begins a text, empty when there is none.</summary>
    public required string BosText { get; init; }

    /// <summary>Text of the token that ends a text, empty when there is none.</summary>
    public required string EosText { get; init; }
}
