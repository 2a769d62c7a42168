using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Privacy;

/// <summary>Reads the text of JSON strings, also where escapes make half of a surrogate pair: that is somebody's text too, and what stands around it is looked at.</summary>
internal static class JsonText
{
    /// <summary>Writes what a string says.</summary>
    /// <param name="raw">What stands between its quotes, of valid JSON.</param>
    /// <param name="text">At least as long as <paramref name="raw"/>.</param>
    /// <returns>How many characters were written.</returns>
    public static int Read(ReadOnlySpan<byte> raw, Span<char> text)
    {
        var length = 0;
        while (true)
        {
            var plain = raw.IndexOf((byte)'\\');
            Utf8.ToUtf16(plain < 0 ? raw : raw[..plain], text[length..], out _, out var written, replaceInvalidSequences: true);
            length += written;
            if (plain < 0 || plain + 1 >= raw.Length)
            {
                return length;
            }

            raw = raw[(plain + 1)..];
            var width = 1;
            text[length++] = raw[0] switch
            {
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'u' when raw.Length >= 5 => Escaped(raw, out width),
                var other => (char)other,
            };
            raw = raw[width..];
        }
    }

    /// <summary>As a string.</summary>
    public static string Read(ReadOnlySpan<byte> raw)
    {
        var buffer = ArrayPool<char>.Shared.Rent(raw.Length);
        try
        {
            return new string(buffer, 0, Read(raw, buffer));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    /// <summary>How many bytes make so many characters.</summary>
    /// <param name="raw">What stands between its quotes, of valid JSON.</param>
    /// <param name="characters">UTF-16 code units, as <see cref="Read(ReadOnlySpan{byte}, Span{char})"/> counts them.</param>
    public static int Measure(ReadOnlySpan<byte> raw, int characters)
    {
        var at = 0;
        while (characters > 0 && at < raw.Length)
        {
            var (width, units) = raw[at] switch
            {
                (byte)'\\' => (at + 1 < raw.Length && raw[at + 1] == (byte)'u' ? 6 : 2, 1),
                < 0x80 => (1, 1),
                < 0xE0 => (2, 1),
                < 0xF0 => (3, 1),
                _ => (4, 2),
            };
            at += width;
            characters -= units;
        }

        return Math.Min(at, raw.Length);
    }

    /// <summary>Writes a text as it stands in a JSON string. Halves of surrogate pairs become escapes.</summary>
    public static void AppendEscaped(StringBuilder json, ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '"' or '\\':
                    json.Append('\\').Append(c);
                    break;
                case '\n':
                    json.Append("\\n");
                    break;
                case '\r':
                    json.Append("\\r");
                    break;
                case '\t':
                    json.Append("\\t");
                    break;
                case < ' ':
                    json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                case >= '\uD800' and <= '\uDFFF':
                    if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                    {
                        json.Append(c).Append(text[++i]);
                    }
                    else
                    {
                        json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    }

                    break;
                default:
                    json.Append(c);
                    break;
            }
        }
    }

    private static char Escaped(ReadOnlySpan<byte> raw, out int width)
    {
        width = 5;
        return Utf8Parser.TryParse(raw.Slice(1, 4), out ushort value, out var used, 'x') && used == 4 ? (char)value : '\uFFFD';
    }
}
