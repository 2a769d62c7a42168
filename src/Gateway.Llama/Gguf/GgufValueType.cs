namespace Gateway.Llama.Gguf;

/// <summary>Types of metadata values, by their numbers in the file (gguf_type in ggml's gguf.h).</summary>
public enum GgufValueType
{
    /// <summary>8 bits without sign.</summary>
    UInt8 = 0,

    /// <summary>8 bits with sign.</summary>
    Int8 = 1,

    /// <summary>16 bits without sign.</summary>
    UInt16 = 2,

    /// <summary>16 bits with sign.</summary>
    Int16 = 3,

    /// <summary>32 bits without sign.</summary>
    UInt32 = 4,

    /// <summary>32 bits with sign.</summary>
    Int32 = 5,

    /// <summary>IEEE single.</summary>
    Float32 = 6,

    /// <summary>One byte, 0 is false.</summary>
    Bool = 7,

    /// <summary>A length of 64 bits, then bytes that should be UTF-8.</summary>
    String = 8,

    /// <summary>A type, a count of 64 bits, then the elements.</summary>
    Array = 9,

    /// <summary>64 bits without sign.</summary>
    UInt64 = 10,

    /// <summary>64 bits with sign.</summary>
    Int64 = 11,

    /// <summary>IEEE double.</summary>
    Float64 = 12,
}

internal static class GgufValueTypes
{
    /// <summary>Bytes of one value; 0 for strings, arrays and unknown types.</summary>
    public static int SizeOf(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    /// <summary>The short names of llama.cpp.</summary>
    public static string NameOf(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 => "u8",
        GgufValueType.Int8 => "i8",
        GgufValueType.UInt16 => "u16",
        GgufValueType.Int16 => "i16",
        GgufValueType.UInt32 => "u32",
        GgufValueType.Int32 => "i32",
        GgufValueType.Float32 => "f32",
        GgufValueType.Bool => "bool",
        GgufValueType.String => "string",
        GgufValueType.Array => "array",
        GgufValueType.UInt64 => "u64",
        GgufValueType.Int64 => "i64",
        GgufValueType.Float64 => "f64",
        _ => "unknown",
    };
}
