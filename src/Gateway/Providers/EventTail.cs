using System.Text.Json;
using Gateway.Exchanges;

namespace Gateway.Providers;

/// <summary>The last bytes of an event stream, which tell how it ended and what it used.</summary>
internal sealed class EventTail
{
    // The final events (finish reason, usage, [DONE]) of all upstreams known are shorter.
    private const int Size = 4096;

    private readonly byte[] _bytes = new byte[Size];
    private int _length;

    /// <summary>Whether the last event is ended, by an empty line.</summary>
    public bool EndsEvent => Bytes.EndsWith("\n\n"u8) || Bytes.EndsWith("\r\n\r\n"u8);

    /// <summary>
    /// Whether the answer came to its end. A reason to finish cannot be text of the answer, whose quotes are escaped; nor can a line of its own.
    /// </summary>
    public bool IsComplete =>
        Bytes.IndexOf("\"finish_reason\":\""u8) >= 0 || Bytes.IndexOf("\"finish_reason\": \""u8) >= 0 || AnyData(static data => data.SequenceEqual("[DONE]"u8));

    /// <summary>Whether the upstream ended the answer with an error in its own words.</summary>
    public bool HasError => AnyData(IsError);

    /// <summary>The tokens that the upstream reported last.</summary>
    public Usage? Usage => UsageReader.FindLast(Bytes);

    private ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Append(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length >= Size)
        {
            chunk[^Size..].CopyTo(_bytes);
            _length = Size;
            return;
        }

        var overflow = Math.Max(0, _length + chunk.Length - Size);
        if (overflow > 0)
        {
            _bytes.AsSpan(overflow, _length - overflow).CopyTo(_bytes);
            _length -= overflow;
        }

        chunk.CopyTo(_bytes.AsSpan(_length));
        _length += chunk.Length;
    }

    private bool AnyData(DataPredicate predicate)
    {
        foreach (var range in Bytes.Split((byte)'\n'))
        {
            var line = Bytes[range];
            if (line.StartsWith("data:"u8) && predicate(line["data:".Length..].Trim(" \r"u8)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsError(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("error"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.StartObject;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private delegate bool DataPredicate(ReadOnlySpan<byte> data);
}
