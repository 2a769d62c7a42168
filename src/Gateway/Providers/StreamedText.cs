using System.Text.Json;

namespace Gateway.Providers;

/// <summary>
/// The lines of an event stream as they go by: counts their text, in case nobody reports the tokens, and takes out the event with the usage where
/// the gateway asked for it and not the client.
/// </summary>
internal sealed class StreamedText(bool withholdUsage)
{
    private bool _skipsEmptyLine;

    /// <summary>Characters of text so far.</summary>
    public long Characters { get; private set; }

    /// <summary>Looks at whole lines, and closes up in place what is left of them.</summary>
    /// <returns>How many bytes are left.</returns>
    public int Pass(Span<byte> lines)
    {
        var kept = 0;
        for (var at = 0; at < lines.Length;)
        {
            var end = lines[at..].IndexOf((byte)'\n');
            var line = lines[at..(end < 0 ? lines.Length : at + end + 1)];
            at += line.Length;
            if (!Keeps(line))
            {
                continue;
            }

            if (kept != at - line.Length)
            {
                line.CopyTo(lines[kept..]);
            }

            kept += line.Length;
        }

        return kept;
    }

    private bool Keeps(ReadOnlySpan<byte> line)
    {
        // The end of an event that was taken out.
        var skips = _skipsEmptyLine;
        _skipsEmptyLine = false;
        if (skips && line.Trim("\r\n"u8).IsEmpty)
        {
            return false;
        }

        if (!line.StartsWith("data:"u8))
        {
            return true;
        }

        var data = line["data:".Length..].Trim(" \r\n"u8);
        if (withholdUsage && IsUsage(data))
        {
            _skipsEmptyLine = true;
            return false;
        }

        Characters += TokenEstimate.CountCharacters(data);
        return true;
    }

    // {"choices":[],"usage":{...}}: with a choice in it, it would be text of the answer as well.
    private static bool IsUsage(ReadOnlySpan<byte> data)
    {
        if (data.IndexOf("\"usage\""u8) < 0)
        {
            return false;
        }

        bool hasNoChoices = false, hasUsage = false;
        try
        {
            var reader = new Utf8JsonReader(data, new JsonReaderOptions { MaxDepth = 256 });
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                if (reader.ValueTextEquals("choices"u8))
                {
                    hasNoChoices = reader.Read() && reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType == JsonTokenType.EndArray;
                }
                else if (reader.ValueTextEquals("usage"u8))
                {
                    hasUsage = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }

        return hasNoChoices && hasUsage;
    }
}
