using System.Text.Json;
using Gateway.Exchanges;

namespace Gateway.Providers;

/// <summary>Finds the tokens that an upstream reports, in the shape of OpenAI's <c>usage</c> object.</summary>
internal static class UsageReader
{
    /// <summary>Reads a whole answer; false when it is not valid JSON. The usage is null when the answer has none.</summary>
    public static bool TryReadDocument(ReadOnlySpan<byte> json, out Usage? usage)
    {
        usage = null;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("usage"u8))
                {
                    reader.Read();
                    usage = ReadObject(ref reader) ?? usage;
                }
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // A key with half of a surrogate pair cannot be compared. It is JSON, if no text: what comes with it is for the client to judge.
            return true;
        }
    }

    /// <summary>
    /// Reads the last usage out of the end of an event stream. The key cannot be text of the answer: inside of a JSON string its quotes are escaped.
    /// </summary>
    public static Usage? FindLast(ReadOnlySpan<byte> tail)
    {
        ReadOnlySpan<byte> key = "\"usage\":"u8;
        int at;
        while ((at = tail.LastIndexOf(key)) >= 0)
        {
            if (at == 0 || tail[at - 1] != (byte)'\\')
            {
                try
                {
                    var reader = new Utf8JsonReader(tail[(at + key.Length)..], isFinalBlock: false, default);
                    if (reader.Read() && ReadObject(ref reader) is { } usage)
                    {
                        return usage;
                    }
                }
                catch (Exception e) when (e is JsonException or InvalidOperationException)
                {
                    // Cut off, not JSON or no text: an earlier one may do.
                }
            }

            tail = tail[..at];
        }

        return null;
    }

    private static Usage? ReadObject(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        int? input = null, output = null, total = null, reasoning = null;
        var cached = 0;
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            // Details stand in objects of their own: prompt_tokens_details and completion_tokens_details.
            if (reader.CurrentDepth == depth + 2)
            {
                if (reader.ValueTextEquals("cached_tokens"u8))
                {
                    cached = ReadCount(ref reader) ?? 0;
                }
                else if (reader.ValueTextEquals("reasoning_tokens"u8))
                {
                    reasoning = ReadCount(ref reader);
                }
            }
            else if (reader.CurrentDepth == depth + 1)
            {
                if (reader.ValueTextEquals("prompt_tokens"u8))
                {
                    input = ReadCount(ref reader);
                }
                else if (reader.ValueTextEquals("completion_tokens"u8))
                {
                    output = ReadCount(ref reader);
                }
                else if (reader.ValueTextEquals("total_tokens"u8))
                {
                    total = ReadCount(ref reader);
                }
            }
        }

        // Rerankers answer nothing in tokens, and some give the total alone (Jina).
        return (input ?? (output is null ? total : null)) is { } i ? new Usage(i, output ?? 0) { CachedTokens = cached, ReasoningTokens = reasoning } : null;
    }

    private static int? ReadCount(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var count) && count >= 0 ? count : null;
}
