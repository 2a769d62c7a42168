using System.Globalization;
using System.Text;

namespace Gateway.Llama.Templates.Syntax;

/// <summary>String literals with Python's escapes.</summary>
internal static class StringLiteral
{
    /// <summary>Length of the literal that begins here, quotes included; -1 where it has no end.</summary>
    public static int Measure(string source, int start)
    {
        var quote = source[start];
        for (var i = start + 1; i < source.Length; i++)
        {
            if (source[i] == '\\')
            {
                i++;
            }
            else if (source[i] == quote)
            {
                return i - start + 1;
            }
        }
        return -1;
    }

    public static string Unescape(ReadOnlySpan<char> text, int line)
    {
        if (!text.Contains('\\'))
        {
            return text.ToString();
        }
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }
            var escape = text[++i];
            switch (escape)
            {
                case '\n':
                    break;
                case '\\' or '\'' or '"':
                    result.Append(escape);
                    break;
                case 'a':
                    result.Append('\a');
                    break;
                case 'b':
                    result.Append('\b');
                    break;
                case 'f':
                    result.Append('\f');
                    break;
                case 'n':
                    result.Append('\n');
                    break;
                case 'r':
                    result.Append('\r');
                    break;
                case 't':
                    result.Append('\t');
                    break;
                case 'v':
                    result.Append('\v');
                    break;
                case 'x':
                    i += Hex(text[(i + 1)..], 2, result, line);
                    break;
                case 'u':
                    i += Hex(text[(i + 1)..], 4, result, line);
                    break;
                case 'U':
                    i += Hex(text[(i + 1)..], 8, result, line);
                    break;
                case 'N':
                    throw TemplateException.Syntax("\\N escapes are not supported in chat templates", line);
                case >= '0' and <= '7':
                    i += Octal(text[i..], result) - 1;
                    break;
                default:
                    result.Append('\\').Append(escape);
                    break;
            }
        }
        return result.ToString();
    }

    private static int Hex(ReadOnlySpan<char> text, int digits, StringBuilder result, int line)
    {
        if (text.Length < digits
            || !uint.TryParse(text[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || code > 0x10FFFF)
        {
            throw TemplateException.Syntax($"truncated or illegal \\ escape in a string, {digits} hexadecimal digits expected", line);
        }
        if (code > 0xFFFF)
        {
            result.Append(char.ConvertFromUtf32((int)code));
        }
        else
        {
            result.Append((char)code);
        }
        return digits;
    }

    private static int Octal(ReadOnlySpan<char> text, StringBuilder result)
    {
        var code = 0;
        var length = 0;
        while (length < 3 && length < text.Length && text[length] is >= '0' and <= '7')
        {
            code = code * 8 + (text[length++] - '0');
        }
        result.Append((char)code);
        return length;
    }
}
