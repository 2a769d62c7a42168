using System.Buffers;
using System.Buffers.Text;
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

    private static char Escaped(ReadOnlySpan<byte> raw, out int width)
    {
        width = 5;
        return Utf8Parser.TryParse(raw.Slice(1, 4), out ushort value, out var used, 'x') && used == 4 ? (char)value : '\uFFFD';
    }
}
