using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gateway.Llama.Templates.Values;

/// <summary>What Python thinks of characters.</summary>
internal static class Characters
{
    /// <summary>Python's <c>isspace()</c>: .NET's white space and the four separators of ASCII.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1c' and <= '\x1f';

    /// <summary>Where Python's <c>splitlines()</c> splits.</summary>
    public static bool IsLineBreak(char character) =>
        character is '\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\u0085' or '\u2028' or '\u2029';

    public static bool IsIdentifierStart(string text, int index) =>
        text[index] == '_' || (Rune.TryGetRuneAt(text, index, out var rune) && Rune.IsLetter(rune));

    public static int IdentifierLength(string text, int start)
    {
        var index = start;
        while (index < text.Length && Rune.TryGetRuneAt(text, index, out var rune) && IsIdentifierPart(rune))
        {
            index += rune.Utf16SequenceLength;
        }
        return index - start;
    }

    /// <summary>Whether a regular expression's <c>\w</c> takes the character.</summary>
    public static bool IsWord(Rune rune) => rune.Value == '_' || Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune);

    public static bool IsAlpha(Rune rune) => Rune.IsLetter(rune);

    public static bool IsDecimal(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber;

    /// <summary>Decimal digits, and the superscript and circled ones that Python's <c>isdigit()</c> knows as well.</summary>
    public static bool IsDigit(Rune rune) => IsDecimal(rune) || (Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherNumber
        && CharUnicodeInfo.GetDigitValue(rune.ToString(), 0) >= 0);

    /// <summary>The number that digits of a radix up to 36 spell.</summary>
    public static BigInteger ParseDigits(ReadOnlySpan<char> digits, int radix)
    {
        var result = BigInteger.Zero;
        foreach (var digit in digits)
        {
            result = result * radix + (char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }
        return result;
    }

    private static bool IsIdentifierPart(Rune rune) => IsWord(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.ConnectorPunctuation;
}
