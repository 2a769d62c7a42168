using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Exchanges;
using Gateway.Privacy.Detection;

namespace Gateway.Privacy;

/// <summary>
/// All that a JSON body says, as one text: each string and number behind its key, as a detector likes it best, with a way back to where it stands in the body.
/// Strings in strings are read by the detectors themselves, which undo escapes; base64 is decoded here.
/// </summary>
internal ref struct RequestText
{
    // A key's word and a value may stand together; values may not.
    private const string Between = "\n\n";

    // Shorter runs are words and ids. What is decoded is bounded by the body, being shorter than what it is made of.
    private const int LeastBase64 = 32;

    // No id and no hash is longer.
    private const int LeastFile = 1024;

    private static readonly SearchValues<byte> Base64Bytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"u8);

    private static readonly byte[][] MediaKeys = [.. new[] { "image_url", "video_url", "audio_url", "input_audio", "file", "file_url", "document_url", "file_data", "image", "audio", "video", "pdf", "prompt_embeds" }.Select(Encoding.ASCII.GetBytes)];

    private static readonly byte[][] ContentKeys = [.. new[] { "url", "data" }.Select(Encoding.ASCII.GetBytes)];

    private static readonly byte[][] PromptKeys = [.. new[] { "prompt", "input" }.Select(Encoding.ASCII.GetBytes)];

    private static readonly byte[][] FileKeys = [.. new[] { "file_id", "file_ids" }.Select(Encoding.ASCII.GetBytes)];

    private char[] _buffer;
    private int _length;

    // In an object of a media key, by the depth of that key; 0 outside.
    private int _mediaDepth;
    private bool _isMedia;
    private bool _isFile;
    private bool _isPrompt;
    private PooledList<TextSegment> _segments;

    public readonly ReadOnlySpan<char> Text => _buffer.AsSpan(0, _length);

    /// <summary>Where the parts of the text stand in the body, in the order of the text.</summary>
    public readonly ReadOnlySpan<TextSegment> Segments => _segments.Items;

    /// <summary>How many values have no text: images, audio, files.</summary>
    public int Unreadable { get; private set; }

    /// <param name="body">A JSON object; a string may hold halves of surrogate pairs.</param>
    /// <param name="model">Where the model's name stands, which is the operator's; empty where there is none.</param>
    public static RequestText Read(ReadOnlySpan<byte> body, Range model)
    {
        var text = new RequestText { _buffer = ArrayPool<char>.Shared.Rent(body.Length + 64), _segments = new PooledList<TextSegment>(64) };
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestEnvelopeReader.MaxDepth });
        while (reader.Read())
        {
            var start = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    text.EnterKey(ref reader);
                    text.Append(reader.ValueSpan, start + 1, SegmentKind.Key);
                    text.Append(": ");
                    break;
                case JsonTokenType.String when start != model.Start.Value:
                    text.AppendValue(reader.ValueSpan, start + 1);
                    break;
                case JsonTokenType.Number:
                    if (text._isPrompt && reader.CurrentDepth > 1)
                    {
                        // Tokens, which say something to the model only.
                        text.Unreadable++;
                        text._isPrompt = false;
                    }

                    text.Append(reader.ValueSpan, start, SegmentKind.Number);
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

    public readonly void Return()
    {
        if (_buffer is not null)
        {
            ArrayPool<char>.Shared.Return(_buffer);
            _segments.Return();
        }
    }

    // What stands behind these keys is content that may have no text, or content that is elsewhere.
    private void EnterKey(ref Utf8JsonReader reader)
    {
        _mediaDepth = reader.CurrentDepth <= _mediaDepth ? 0 : _mediaDepth;
        _isPrompt = reader.CurrentDepth == 1 && IsAny(ref reader, PromptKeys);
        _isFile = IsAny(ref reader, FileKeys);
        _isMedia = _mediaDepth > 0 && IsAny(ref reader, ContentKeys);
        if (IsAny(ref reader, MediaKeys))
        {
            (_isMedia, _mediaDepth) = (true, _mediaDepth == 0 ? reader.CurrentDepth : _mediaDepth);
        }
    }

    private static bool IsAny(ref Utf8JsonReader reader, byte[][] keys)
    {
        foreach (var key in keys)
        {
            if (reader.ValueTextEquals(key))
            {
                return true;
            }
        }

        return false;
    }

    private void AppendValue(ReadOnlySpan<byte> raw, int start)
    {
        // Its head is text as well: a name may stand in it.
        if (raw.Length > 5 && Ascii.EqualsIgnoreCase(raw[..5], "data:"u8) && raw.IndexOf((byte)',') is >= 0 and var comma && raw[..comma].IndexOf(";base64"u8) >= 0)
        {
            Append(raw[..comma], start, SegmentKind.String);
            Append(Between);
            Unreadable += TryAppendDecoded(raw[(comma + 1)..], start + comma + 1) ? 0 : 1;
            return;
        }

        Append(raw, start, SegmentKind.String);
        Append(Between);

        // A word behind such a key is a name or a format.
        var isRead = _isFile ? raw.IsEmpty : !_isMedia || (raw.Length < LeastBase64 && raw.IndexOf("://"u8) < 0);
        for (var rest = raw; rest.Length >= LeastBase64;)
        {
            var at = rest.IndexOfAny(Base64Bytes);
            if (at < 0)
            {
                break;
            }

            rest = rest[at..];
            var length = rest.IndexOfAnyExcept(Base64Bytes) is >= 0 and var end ? end : rest.Length;
            if (length >= LeastBase64)
            {
                var padding = rest[length..].IndexOfAnyExcept((byte)'=') is >= 0 and var other ? other : rest.Length - length;
                var decoded = TryAppendDecoded(rest[..(length + padding)], start + raw.Length - rest.Length);
                isRead |= decoded;

                // A file: audio, an image.
                if (!decoded && length >= LeastFile && !_isMedia)
                {
                    Unreadable++;
                }
            }

            rest = rest[length..];
        }

        Unreadable += isRead ? 0 : 1;
    }

    // Decodes base64 of either alphabet, with or without padding, where text comes of it.
    private bool TryAppendDecoded(ReadOnlySpan<byte> encoded, int start)
    {
        var whole = encoded.Length;
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
            _segments.Add(new(_length, characters, start, whole, SegmentKind.Base64));
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

    private void Append(ReadOnlySpan<byte> raw, int start, SegmentKind kind)
    {
        Grow(raw.Length);
        var written = JsonText.Read(raw, _buffer.AsSpan(_length));
        _segments.Add(new(_length, written, start, raw.Length, kind));
        _length += written;
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
