namespace Gateway.Llama.Gguf;

/// <summary>Types of metadata values, by their numbers in the file (gguf_type in ggml's gguf.h).</summary>
public enum GgufValueType
{
    /// <summary>8 bits without sign.</summary>
    U8 = 0,

    /// <summary>8 bits with sign.</summary>
    I8 = 1,

    /// <summary>16 bits without sign.</summary>
    U16 = 2,

    /// <summary>16 bits with sign.</summary>
    I16 = 3,

    /// <summary>32 bits without sign.</summary>
    U32 = 4,

    /// <summary>32 bits with sign.</summary>
    I32 = 5,

    /// <summary>IEEE single.</summary>
    F32 = 6,

    /// <summary>One byte, 0 is false.</summary>
    Bool = 7,

    /// <summary>A length of 64 bits, then bytes that should be UTF-8.</summary>
    Text = 8,

    /// <summary>A type, a count of 64 bits, then the elements.</summary>
    Array = 9,

    /// <summary>64 bits without sign.</summary>
    U64 = 10,

    /// <summary>64 bits with sign.</summary>
    I64 = 11,

    /// <summary>IEEE double.</summary>
    F64 = 12,
}

internal static class GgufValueTypes
{
    /// <summary>Bytes of one value; 0 for strings, arrays and unknown types.</summary>
    public static int SizeOf(GgufValueType type) => type switch
    {
        GgufValueType.U8 or GgufValueType.I8 or GgufValueType.Bool => 1,
        GgufValueType.U16 or GgufValueType.I16 => 2,
        GgufValueType.U32 or GgufValueType.I32 or GgufValueType.F32 => 4,
        GgufValueType.U64 or GgufValueType.I64 or GgufValueType.F64 => 8,
        _ => 0,
    };

    /// <summary>The short names of llama.cpp.</summary>
    public static string NameOf(GgufValueType type) => type switch
    {
        GgufValueType.U8 => "u8",
        GgufValueType.I8 => "i8",
        GgufValueType.U16 => "u16",
        GgufValueType.I16 => "i16",
        GgufValueType.U32 => "u32",
        GgufValueType.I32 => "i32",
        GgufValueType.F32 => "f32",
        GgufValueType.Bool => "bool",
        GgufValueType.Text => "string",
        GgufValueType.Array => "array",
        GgufValueType.U64 => "u64",
        GgufValueType.I64 => "i64",
        GgufValueType.F64 => "f64",
        _ => "unknown",
    };
}
