using System.Globalization;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Id of a token in a model's vocabulary (llama_token).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LLamaToken(int Value)
{
    /// <summary>LLAMA_TOKEN_NULL: the vocabulary has no such token.</summary>
    public static readonly LLamaToken InvalidToken = new(-1);

    public static explicit operator int(LLamaToken token) => token.Value;

    public static implicit operator LLamaToken(int value) => new(value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Position of a token in its sequence (llama_pos).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LLamaPos(int Value)
{
    public static implicit operator LLamaPos(int value) => new(value);
}

/// <summary>Number of a sequence in a context's memory (llama_seq_id), 0 to 255.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LLamaSeqId(int Value)
{
    public static explicit operator LLamaSeqId(int value) => new(value);
}
