using System.Numerics;
using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>Positions in code points, as Python counts, against positions in UTF-16 code units, as .NET does.</summary>
internal static class CodePoints
{
    public static int Count(StringValue value) =>
        value.HasSurrogates ? Count(value.Text) : value.Text.Length;

    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i += WidthAt(text, i))
        {
            count++;
        }
        return count;
    }

    /// <summary>Code units of the code point that begins at a place; half a pair by itself is one.</summary>
    public static int WidthAt(ReadOnlySpan<char> text, int index) =>
        char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]) ? 2 : 1;

    /// <summary>The place in code units of a code point; the length where there are fewer.</summary>
    public static int ToUnits(StringValue value, int codePoint)
    {
        if (!value.HasSurrogates)
        {
            return Math.Min(codePoint, value.Text.Length);
        }
        var index = 0;
        for (var i = 0; i < codePoint && index < value.Text.Length; i++)
        {
            index += WidthAt(value.Text, index);
        }
        return index;
    }

    /// <summary>The number of code points before a place in code units.</summary>
    public static int FromUnits(StringValue value, int index) =>
        value.HasSurrogates ? Count(value.Text.AsSpan(0, index)) : index;

    public static Value? At(RenderState state, StringValue value, BigInteger index)
    {
        var count = Count(value);
        index = index < 0 ? index + count : index;
        if (index < 0 || index >= count)
        {
            return null;
        }
        var start = ToUnits(value, (int)index);
        return value.Substring(state, start, WidthAt(value.Text, start));
    }

    public static IEnumerator<Value> Walk(RenderState state, StringValue value)
    {
        for (var i = 0; i < value.Text.Length;)
        {
            var width = WidthAt(value.Text, i);
            yield return value.Substring(state, i, width);
            i += width;
        }
    }

    public static IEnumerator<Value> WalkBackwards(RenderState state, StringValue value)
    {
        for (var i = value.Text.Length; i > 0;)
        {
            var width = i > 1 && WidthAt(value.Text, i - 2) == 2 ? 2 : 1;
            i -= width;
            yield return value.Substring(state, i, width);
        }
    }

    /// <summary>Compares as Python does, by code point: UTF-16 puts U+10000 before U+E000.</summary>
    public static int Compare(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }
        char a = left[common], b = right[common];
        var bothSame = char.IsSurrogate(a) == char.IsSurrogate(b);
        return bothSame ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }
}
