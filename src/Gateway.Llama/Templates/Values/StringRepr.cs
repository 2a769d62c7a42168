using System.Globalization;
using System.Text;

namespace Gateway.Llama.Templates.Values;

/// <summary>Python's <c>repr()</c> of a string.</summary>
internal static class StringRepr
{
    public static void Write(TextBuilder output, StringValue value, bool asciiOnly = false)
    {
        var text = value.Text;
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        output.Append(quote);
        var plain = 0;
        for (var i = 0; i < text.Length;)
        {
            var width = CodePoints.WidthAt(text, i);
            var escape = Escape(text, i, width, quote, asciiOnly);
            if (escape is not null)
            {
                output.Append(value, plain, i - plain).Append(escape, value.Taint.Spread());
                plain = i + width;
            }
            i += width;
        }
        output.Append(value, plain, text.Length - plain).Append(quote);
    }

    private static string? Escape(string text, int index, int width, char quote, bool asciiOnly)
    {
        var character = text[index];
        if (character == '\\' || character == quote)
        {
            return "\\" + character;
        }
        if (character is >= ' ' and < '\x7f')
        {
            return null;
        }
        switch (character)
        {
            case '\n':
                return "\\n";
            case '\r':
                return "\\r";
            case '\t':
                return "\\t";
        }
        var code = width == 2 ? char.ConvertToUtf32(character, text[index + 1]) : character;
        if (!asciiOnly && IsPrintable(code))
        {
            return null;
        }
        return code switch
        {
            < 0x100 => string.Create(CultureInfo.InvariantCulture, $"\\x{code:x2}"),
            < 0x10000 => string.Create(CultureInfo.InvariantCulture, $"\\u{code:x4}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"\\U{code:x8}"),
        };
    }

    /// <summary>Python's <c>isprintable()</c> of one code point.</summary>
    public static bool IsPrintable(int code)
    {
        if (code == ' ')
        {
            return true;
        }
        return Rune.IsValid(code) && Rune.GetUnicodeCategory(new(code)) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
    }
}
