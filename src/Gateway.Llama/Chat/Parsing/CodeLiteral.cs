using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Llama.Chat.Parsing;

/// <summary>A value as models write it in code: JSON's, Python's, and Gemma's with its own quotes and bare keys.</summary>
internal static class CodeLiteral
{
    private const int MostDepth = 60;

    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the value that a text begins with, as JSON. <see cref="Fit.Partly"/> where it goes on beyond the text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="quote">What stands around strings, beside the usual quotes.</param>
    /// <param name="json">Takes the value.</param>
    /// <param name="length">How much of the text it is.</param>
    public static Fit Read(ReadOnlySpan<char> text, string quote, StringBuilder json, out int length)
    {
        length = 0;
        return Read(text, quote, json, ref length, MostDepth);
    }

    /// <summary>The arguments of a call as the model writes them.</summary>
    public static string Write(string arguments, CodeCallShape shape)
    {
        using var document = JsonDocument.Parse(arguments);
        return string.Join(shape.ArgumentSeparator, document.RootElement.EnumerateObject().Select(a =>
            a.Name + shape.KeyEnd + (a.Value.ValueKind == JsonValueKind.String ? shape.Quote + a.Value.GetString() + shape.Quote : a.Value.GetRawText())));
    }

    private static Fit Read(ReadOnlySpan<char> text, string quote, StringBuilder json, ref int at, int depth)
    {
        at = Mark.SkipSpace(text, at);
        if (at == text.Length || depth == 0)
        {
            return depth == 0 ? Fit.No : Fit.Partly;
        }

        var rest = text[at..];
        if (quote.Length > 1 && quote.StartsWith(rest[..Math.Min(rest.Length, quote.Length)], StringComparison.Ordinal))
        {
            return ReadQuoted(text, quote, escapes: false, json, ref at);
        }

        switch (rest[0])
        {
            case '"' or '\'':
                return ReadQuoted(text, rest[0].ToString(), escapes: true, json, ref at);
            case '[' or '(':
                return ReadItems(text, quote, json, ref at, depth, keys: false);
            case '{':
                return ReadItems(text, quote, json, ref at, depth, keys: true);
            default:
                return ReadWord(text, json, ref at);
        }
    }

    private static Fit ReadQuoted(ReadOnlySpan<char> text, string quote, bool escapes, StringBuilder json, ref int at)
    {
        if (text.Length - at < quote.Length)
        {
            return Fit.Partly;
        }

        var value = new StringBuilder();
        for (var i = at + quote.Length; i < text.Length; i++)
        {
            if (escapes && text[i] == '\\')
            {
                if (++i == text.Length)
                {
                    return Fit.Partly;
                }

                if (text[i] == 'u' && text.Length - i <= 4)
                {
                    return Fit.Partly;
                }

                i += Unescape(text[i..], value);
                continue;
            }

            if (text[i..].StartsWith(quote, StringComparison.Ordinal))
            {
                json.Append(JsonSerializer.Serialize(value.ToString(), Options));
                at = i + quote.Length;
                return Fit.Yes;
            }

            value.Append(text[i]);
        }

        return Fit.Partly;
    }

    // Returns how many characters it took beside the one behind the backslash.
    private static int Unescape(ReadOnlySpan<char> text, StringBuilder value)
    {
        if (text[0] == 'u' && ushort.TryParse(text[1..5], System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture, out var unit))
        {
            value.Append((char)unit);
            return 4;
        }

        value.Append(text[0] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var c => c });
        return 0;
    }

    private static Fit ReadItems(ReadOnlySpan<char> text, string quote, StringBuilder json, ref int at, int depth, bool keys)
    {
        var close = text[at] switch { '[' => ']', '(' => ')', _ => '}' };
        json.Append(keys ? '{' : '[');
        at++;
        for (var isFirst = true; ; isFirst = false)
        {
            at = Mark.SkipSpace(text, at);
            if (at < text.Length && text[at] == close)
            {
                at++;
                json.Append(keys ? '}' : ']');
                return Fit.Yes;
            }

            if (!isFirst)
            {
                if (Expect(text, ',', ref at) is not Fit.Yes and var comma)
                {
                    return comma;
                }

                json.Append(", ");
            }

            if (keys && (ReadKey(text, quote, json, ref at) is not Fit.Yes and var key))
            {
                return key;
            }

            if (Read(text, quote, json, ref at, depth - 1) is not Fit.Yes and var value)
            {
                return value;
            }
        }
    }

    private static Fit ReadKey(ReadOnlySpan<char> text, string quote, StringBuilder json, ref int at)
    {
        at = Mark.SkipSpace(text, at);
        if (at < text.Length && (char.IsAsciiLetter(text[at]) || text[at] == '_'))
        {
            var end = text[at..].IndexOf(':');
            if (end < 0)
            {
                return Fit.Partly;
            }

            json.Append(JsonSerializer.Serialize(new string(text.Slice(at, end).Trim()), Options));
            at += end;
        }
        else if (Read(text, quote, json, ref at, depth: 1) is not Fit.Yes and var key)
        {
            return key;
        }

        json.Append(": ");
        return Expect(text, ':', ref at);
    }

    // A number, or one of the words.
    private static Fit ReadWord(ReadOnlySpan<char> text, StringBuilder json, ref int at)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '-' or '+' or '.'))
        {
            end++;
        }

        if (end == text.Length)
        {
            return Fit.Partly;
        }

        var word = text[at..end];
        var value = word switch { "True" => "true", "False" => "false", "None" => "null", _ => new string(word) };
        try
        {
            using var document = JsonDocument.Parse(value);
        }
        catch (JsonException)
        {
            return Fit.No;
        }

        json.Append(value);
        at = end;
        return Fit.Yes;
    }

    private static Fit Expect(ReadOnlySpan<char> text, char expected, ref int at)
    {
        at = Mark.SkipSpace(text, at);
        if (at == text.Length)
        {
            return Fit.Partly;
        }

        return text[at++] == expected ? Fit.Yes : Fit.No;
    }
}
