using System.Buffers;
using System.Text.Json;

namespace Gateway.Privacy;

/// <summary>An event of a stream for text that was held back until its end.</summary>
internal static class HeldEvent
{
    private static readonly string[] Members = ["id", "object", "created", "model", "system_fingerprint"];

    /// <summary>What the events of a stream have in common: the beginning of an object, without its end.</summary>
    public static byte[] EnvelopeOf(JsonElement root)
    {
        var envelope = new ArrayBufferWriter<byte>();
        envelope.Write("{"u8);
        foreach (var name in Members)
        {
            if (root.TryGetProperty(name, out var value))
            {
                envelope.Write(JsonSerializer.SerializeToUtf8Bytes(name));
                envelope.Write(":"u8);
                envelope.Write(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value));
                envelope.Write(","u8);
            }
        }

        return envelope.WrittenSpan.ToArray();
    }

    /// <param name="envelope">See <see cref="EnvelopeOf"/>.</param>
    /// <param name="index">Of the choice.</param>
    /// <param name="path">Where in the choice the text stands.</param>
    /// <param name="text">As a JSON string.</param>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> envelope, long index, IReadOnlyList<object> path, ReadOnlySpan<byte> text)
    {
        var json = new ArrayBufferWriter<byte>();
        json.Write(envelope.IsEmpty ? "{"u8 : envelope);
        using var writer = new Utf8JsonWriter(json, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartArray("choices"u8);
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, index);
        var ends = new Stack<bool>();
        for (var i = 0; i < path.Count; i++)
        {
            if (path[i] is string name)
            {
                writer.WritePropertyName(name);
                var isArray = i + 1 < path.Count && path[i + 1] is long;
                if (i + 1 < path.Count)
                {
                    ends.Push(isArray);
                    Start(writer, isArray);
                }
            }
            else
            {
                ends.Push(false);
                writer.WriteStartObject();
                writer.WriteNumber("index"u8, (long)path[i]);
            }
        }

        writer.WriteRawValue(text, skipInputValidation: true);
        foreach (var isArray in ends)
        {
            End(writer, isArray);
        }

        writer.WriteNull("finish_reason"u8);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.Flush();
        json.Write("}"u8);
        return json.WrittenSpan;
    }

    private static void Start(Utf8JsonWriter writer, bool isArray)
    {
        if (isArray)
        {
            writer.WriteStartArray();
        }
        else
        {
            writer.WriteStartObject();
        }
    }

    private static void End(Utf8JsonWriter writer, bool isArray)
    {
        if (isArray)
        {
            writer.WriteEndArray();
        }
        else
        {
            writer.WriteEndObject();
        }
    }
}
