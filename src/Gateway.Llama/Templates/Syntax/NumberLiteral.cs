using System.Globalization;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Syntax;

/// <summary>Number literals, with Python's underscores between digits.</summary>
internal static class NumberLiteral
{
    /// <summary>Length of the literal that begins here, and whether it is a float.</summary>
    // afterDot: whether a point stands right before, as in items.0.5: then the point after is one more of those.
    public static (int Length, bool IsFloat) Measure(string source, int start, bool afterDot)
    {
        if (!afterDot && FloatEnd(source, start) is var floatEnd and > 0)
        {
            return (floatEnd - start, true);
        }
        var prefix = start + 1 < source.Length && source[start] == '0' ? char.ToLowerInvariant(source[start + 1]) : '\0';
        var radix = prefix switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 };
        if (radix != 10)
        {
            // One underscore may stand after the prefix.
            var digits = start + 2;
            digits += digits < source.Length && source[digits] == '_' ? 1 : 0;
            var end = DigitsEnd(source, digits, radix);
            return (end > digits ? end - start : 1, false);
        }
        // A number does not begin with 0, except that it may be all zeros.
        return (DigitsEnd(source, start, source[start] == '0' ? 1 : 10) - start, false);
    }

    public static Value Parse(Token token)
    {
        var text = token.Text.Replace("_", "", StringComparison.Ordinal);
        if (token.Kind == TokenKind.Float)
        {
            return new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        if (text.Length > IntValue.MaxDigits)
        {
            throw TemplateException.Syntax($"a number has more than {IntValue.MaxDigits} digits", token.Line);
        }
        var radix = text.Length > 1 ? char.ToLowerInvariant(text[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        return IntValue.Of(Characters.ParseDigits(radix == 10 ? text : text.AsSpan(2), radix));
    }

    private static int FloatEnd(string source, int start)
    {
        var end = DigitsEnd(source, start, 10);
        var isFloat = false;
        if (end + 1 < source.Length && source[end] == '.' && char.IsAsciiDigit(source[end + 1]))
        {
            end = DigitsEnd(source, end + 1, 10);
            isFloat = true;
        }
        if (end < source.Length && source[end] is 'e' or 'E')
        {
            var digits = end + 1;
            digits += digits < source.Length && source[digits] is '+' or '-' ? 1 : 0;
            if (digits < source.Length && char.IsAsciiDigit(source[digits]))
            {
                return DigitsEnd(source, digits, 10);
            }
        }
        return isFloat ? end : 0;
    }

    private static int DigitsEnd(string source, int start, int radix)
    {
        var index = start;
        while (index < source.Length)
        {
            var digit = source[index] == '_' && index > start && index + 1 < source.Length ? index + 1 : index;
            if (!IsDigit(source[digit], radix))
            {
                break;
            }
            index = digit + 1;
        }
        return index;
    }

    private static bool IsDigit(char character, int radix) => radix == 16
        ? char.IsAsciiHexDigit(character)
        : character >= '0' && character - '0' < radix;
}
