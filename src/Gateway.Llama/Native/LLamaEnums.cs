namespace LLama.Native;

/// <summary>ggml_log_level.</summary>
internal enum LLamaLogLevel
{
    None = 0,
    Debug = 1,
    Info = 2,
    Warning = 3,
    Error = 4,

    /// <summary>Goes on with the line before.</summary>
    Continue = 5,
}

/// <summary>llama_token_attr.</summary>
[Flags]
internal enum LLamaTokenAttr
{
    Undefined = 0,
    Unknown = 1 << 0,
    Unused = 1 << 1,
    Normal = 1 << 2,
    Control = 1 << 3,
    UserDefined = 1 << 4,
    Byte = 1 << 5,
    Normalized = 1 << 6,

    /// <summary>White space before the token belongs to it.</summary>
    LStrip = 1 << 7,

    /// <summary>White space after the token belongs to it.</summary>
    RStrip = 1 << 8,
    SingleWord = 1 << 9,
}

/// <summary>llama_vocab_type.</summary>
internal enum LLamaVocabType
{
    None = 0,
    SentencePiece = 1,
    BytePairEncoding = 2,
    WordPiece = 3,
    Unigram = 4,
    RWKV = 5,
    PLAMO2 = 6,
}

/// <summary>What llama_decode returns; below -1 the cause is in libllama's log.</summary>
internal enum DecodeResult
{
    /// <summary>A sequence's positions do not go on where its memory ends, or a token is not in the vocabulary.</summary>
    InvalidInputBatch = -1,
    Ok = 0,

    /// <summary>The memory has no place for the batch.</summary>
    NoKvSlot = 1,

    /// <summary>The abort callback said so.</summary>
    ComputeAborted = 2,
    AllocationFailed = -2,
    DecodeFailed = -3,
}

/// <summary>llama_flash_attn_type.</summary>
internal enum LLamaFlashAttentionType
{
    LLAMA_FLASH_ATTENTION_TYPE_AUTO = -1,
    LLAMA_FLASH_ATTENTION_TYPE_DISABLED = 0,
    LLAMA_FLASH_ATTENTION_TYPE_ENABLED = 1,
}

/// <summary>Those of ggml_type that cached keys and values may have here.</summary>
internal enum GGMLType
{
    GGML_TYPE_F16 = 1,
    GGML_TYPE_Q4_0 = 2,
    GGML_TYPE_Q8_0 = 8,
}
