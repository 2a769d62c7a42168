namespace Gateway.Llama.Gguf;

/// <summary>What a file may hold at most: beyond every published model, and below what libllama takes minutes or gigabytes for.</summary>
internal static class GgufLimits
{
    public const uint DefaultAlignment = 32;

    /// <summary>libllama compares each key with each one before: 16,384 keys are 134 million comparisons.</summary>
    public const int MostKeys = 16_384;

    /// <summary>As with keys. The largest published models have some 5,000 tensors a file.</summary>
    public const int MostTensors = 32_768;

    /// <summary>Large vocabularies take some 30 MB.</summary>
    public const long MostMetadataBytes = 256L << 20;

    /// <summary>The longest chat templates have 50,000 characters, names less than 100.</summary>
    public const int LongestString = 16 << 20;

    /// <summary>The largest published vocabularies have some 262,000 tokens.</summary>
    public const int MostTokens = 1 << 20;

    /// <summary>
    /// libllama builds tries with one stack frame a byte of a token, and takes the square of it for some. Published ones have up to 1,000.
    /// </summary>
    public const int LongestToken = 4096;

    /// <summary>GGML_MAX_NAME, with the NUL at its end.</summary>
    public const int LongestTensorName = 63;

    /// <summary>GGML_MAX_DIMS.</summary>
    public const int MostDimensions = 4;

    /// <summary>LLAMA_MAX_LAYERS.</summary>
    public const int MostLayers = 512;

    /// <summary>LLAMA_MAX_EXPERTS.</summary>
    public const int MostExperts = 1024;
}
