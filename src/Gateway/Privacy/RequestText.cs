using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Exchanges;

namespace Gateway.Privacy;

/// <summary>
/// All that a JSON body says, as one text: each string and number behind its key, as a detector likes it best. Strings in strings are read by the
/// detectors themselves, which undo escapes; base64 is decoded here.
/// </summary>
internal ref struct RequestText
{
    // A key's word and a value may stand together; values may not.
    private const string Between = "\n\n";

    // Shorter runs are words and ids. What is decoded is bounded by the body, being shorter than what it is made of.
    private const int LeastBase64 = 32;

    private static readonly SearchValues<byte> Base64Bytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"u8);

    private char[] _buffer;
    private int _length;

    public readonly ReadOnlySpan<char> Text => _buffer.AsSpan(0, _length);

    /// <summary>How many values have no text: images, audio, files.</summary>
    public int Unreadable { get; private set; }

    /// <param name="body">Valid JSON; a string may hold halves of surrogate pairs.</param>
    public static RequestText Read(ReadOnlySpan<byte> body)
    {
        var text = new RequestText { _buffer = ArrayPool<char>.Shared.Rent(body.Length + 64) };
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestEnvelopeReader.MaxDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    text.Append(reader.ValueSpan);
                    text.Append(": ");
                    break;
                case JsonTokenType.String:
                    text.AppendValue(reader.ValueSpan);
                    break;
                case JsonTokenType.Number:
                    text.Append(reader.ValueSpan);
                    text.Append(Between);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null:
                    text.Append(Between);
                    break;
                default:
                    break;
            }
        }

        return text;
    }

    public readonly void Return() => ArrayPool<char>.Shared.Return(_buffer);

    private void AppendValue(ReadOnlySpan<byte> raw)
    {
        if (raw.StartsWith("data:"u8) && raw.IndexOf((byte)',') is >= 0 and var comma && raw[..comma].IndexOf(";base64"u8) >= 0)
        {
            Unreadable += TryAppendDecoded(raw[(comma + 1)..]) ? 0 : 1;
            return;
        }

        Append(raw);
        Append(Between);
        for (var rest = raw; rest.Length >= LeastBase64;)
        {
            var start = rest.IndexOfAny(Base64Bytes);
            if (start < 0)
            {
                return;
            }

            rest = rest[start..];
            var length = rest.IndexOfAnyExcept(Base64Bytes) is >= 0 and var end ? end : rest.Length;

            // A string that is nothing but base64 and holds no text is a file: audio, an image. In a sentence it is an id or a hash.
            if (length >= LeastBase64 && !TryAppendDecoded(rest[..length]) && length >= raw.Length - 2 && length >= 1024)
            {
                Unreadable++;
            }

            rest = rest[length..];
        }
    }

    // Decodes base64 of either alphabet, with or without padding, where text comes of it.
    private bool TryAppendDecoded(ReadOnlySpan<byte> encoded)
    {
        encoded = encoded.TrimEnd((byte)'=');
        encoded = encoded[..(encoded.Length - (encoded.Length % 4 == 1 ? 1 : 0))];
        var bytes = ArrayPool<byte>.Shared.Rent(encoded.Length + 4);
        try
        {
            // JSON may write the slash with a backslash before it.
            var length = 0;
            foreach (var b in encoded)
            {
                if (b != '\\')
                {
                    bytes[length++] = b switch { (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', _ => b };
                }
            }

            while (length % 4 != 0)
            {
                bytes[length++] = (byte)'=';
            }

            if (Base64.DecodeFromUtf8InPlace(bytes.AsSpan(0, length), out var written) != OperationStatus.Done || !IsText(bytes.AsSpan(0, written)))
            {
                return false;
            }

            Grow(written);
            Utf8.ToUtf16(bytes.AsSpan(0, written), _buffer.AsSpan(_length), out _, out var characters);
            _length += characters;
            Append(Between);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    // Control characters other than white space are in no text.
    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            if (b < 0x20 && b is not ((byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                return false;
            }
        }

        return Utf8.IsValid(bytes);
    }

    private void Append(ReadOnlySpan<byte> raw)
    {
        Grow(raw.Length);
        _length += JsonText.Read(raw, _buffer.AsSpan(_length));
    }

    private void Append(ReadOnlySpan<char> text)
    {
        Grow(text.Length);
        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }

    private void Grow(int more)
    {
        if (_buffer.Length - _length >= more)
        {
            return;
        }

        var larger = ArrayPool<char>.Shared.Rent(Math.Max(_length + more, _buffer.Length * 2));
        Text.CopyTo(larger);
        ArrayPool<char>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
