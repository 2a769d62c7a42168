using System.Text.Json.Serialization;

namespace Gateway.Llama;

/// <summary>How cached keys and values are kept. Blocks of 32 values with one scale of two bytes, where they are quantised (ggml's formats).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KVCacheType>))]
public enum KVCacheType
{
    /// <summary>16 bits a value.</summary>
    [JsonStringEnumMemberName("f16")]
    F16,

    /// <summary>8 bits a value and a scale for 32 of them: 34 bytes. Half the memory, with hardly a difference in answers.</summary>
    [JsonStringEnumMemberName("q8_0")]
    Q8,

    /// <summary>4 bits a value and a scale for 32 of them: 18 bytes. Answers get worse.</summary>
    [JsonStringEnumMemberName("q4_0")]
    Q4,
}

/// <summary>Whether attention is computed in one pass over the cache, without a matrix of all scores in between.</summary>
public enum FlashAttention
{
    /// <summary>Where what computes has it.</summary>
    Auto,

    /// <summary>Always.</summary>
    On,

    /// <summary>Never. Not with a quantised cache, which needs it.</summary>
    Off,
}

/// <summary>What the types of cached keys and values take.</summary>
internal static class KVCacheTypes
{
    /// <summary>Values that share a scale.</summary>
    public const int BlockLength = 32;

    public static bool IsQuantized(this KVCacheType type) => type != KVCacheType.F16;

    public static double BytesPerValue(this KVCacheType type) => type switch
    {
        KVCacheType.Q8 => 34.0 / BlockLength,
        KVCacheType.Q4 => 18.0 / BlockLength,
        _ => 2,
    };

    /// <summary>As ggml, and the configuration, write it.</summary>
    public static string Name(this KVCacheType type) => type switch
    {
        KVCacheType.Q8 => "q8_0",
        KVCacheType.Q4 => "q4_0",
        _ => "f16",
    };
}
