using System.Globalization;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Id of a token in a model's vocabulary (llama_token).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LLamaToken
{
    /// <summary>LLAMA_TOKEN_NULL: no token.</summary>
    public static readonly LLamaToken InvalidToken = -1;

    private readonly int _value;

    private LLamaToken(int value) => _value = value;

    public static explicit operator int(LLamaToken token) => token._value;

    public static implicit operator LLamaToken(int value) => new(value);

    /// <param name="vocabulary">A vocabulary that has this token: libllama ends the process for another one.</param>
    public LLamaTokenAttr GetAttributes(SafeLlamaModelHandle.Vocabulary vocabulary) => vocabulary.AttributesOf(this);

    /// <inheritdoc cref="GetAttributes"/>
    public bool IsEndOfGeneration(SafeLlamaModelHandle.Vocabulary vocabulary) => vocabulary.EndsGeneration(this);

    public override string ToString() => _value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Position of a token in its sequence (llama_pos).</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct LLamaPos
{
    public int Value;

    private LLamaPos(int value) => Value = value;

    public static explicit operator int(LLamaPos position) => position.Value;

    public static implicit operator LLamaPos(int value) => new(value);
}

/// <summary>Number of a sequence in a context's memory (llama_seq_id), 0 to 255.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct LLamaSeqId
{
    public int Value;

    private LLamaSeqId(int value) => Value = value;

    public static explicit operator int(LLamaSeqId sequence) => sequence.Value;

    public static explicit operator LLamaSeqId(int value) => new(value);
}
