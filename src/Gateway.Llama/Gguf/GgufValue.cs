using System.Text;

namespace Gateway.Llama.Gguf;

/// <summary>One metadata value. Elements of an array stay in the file until they are asked for (<see cref="GgufFile"/>).</summary>
public sealed class GgufValue
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ulong _bits;

    internal GgufValue(GgufValueType type, ulong bits)
    {
        Type = type;
        _bits = bits;
    }

    internal GgufValue(byte[] text)
    {
        Type = GgufValueType.Text;
        Bytes = text;
    }

    internal GgufValue(GgufValueType elementType, long count, long position)
    {
        Type = GgufValueType.Array;
        ElementType = elementType;
        Count = count;
        Position = position;
    }

    /// <summary>What it is.</summary>
    public GgufValueType Type { get; }

    /// <summary>What the elements of an array are.</summary>
    public GgufValueType ElementType { get; }

    /// <summary>Elements of an array.</summary>
    public long Count { get; }

    /// <summary>Where the elements of an array begin in the file.</summary>
    internal long Position { get; }

    /// <summary>Bytes of a string.</summary>
    internal byte[]? Bytes { get; }

    /// <summary>A string as text, bytes that are no UTF-8 as U+FFFD; null when it is none.</summary>
    public string? Text => Bytes is null ? null : Encoding.UTF8.GetString(Bytes);

    /// <summary>A number as a number; null when it is none.</summary>
    public double? Number => Type switch
    {
        GgufValueType.U8 or GgufValueType.U16 or GgufValueType.U32 or GgufValueType.U64 => _bits,
        GgufValueType.I8 => (sbyte)_bits,
        GgufValueType.I16 => (short)_bits,
        GgufValueType.I32 => (int)_bits,
        GgufValueType.I64 => (long)_bits,
        GgufValueType.F32 => BitConverter.UInt32BitsToSingle((uint)_bits),
        GgufValueType.F64 => BitConverter.UInt64BitsToDouble(_bits),
        _ => null,
    };

    /// <summary>A truth value; null when it is none.</summary>
    public bool? Flag => Type == GgufValueType.Bool ? (byte)_bits != 0 : null;

    /// <summary>A number as libllama reads most of them: 32 bits without sign; null for every other type, as there.</summary>
    internal uint? UInt32 => Type == GgufValueType.U32 ? (uint)_bits : null;

    /// <summary>Its type in words, such as "array of u32".</summary>
    internal string TypeName =>
        Type == GgufValueType.Array ? "array of " + GgufValueTypes.NameOf(ElementType) : GgufValueTypes.NameOf(Type);

    internal bool IsUtf8
    {
        get
        {
            try
            {
                return Bytes is not null && Strict.GetCharCount(Bytes) >= 0;
            }
            catch (DecoderFallbackException)
            {
                return false;
            }
        }
    }
}
