using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Privacy;

/// <summary>
/// Changes an answer on its way to the client: values come back in place of their placeholders, and personal data that the model says of its own is found.
/// What does not change keeps its bytes.
/// </summary>
internal sealed class AnswerRewriter
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    private readonly RedactedRequest? _redaction;
    private readonly AnswerScreen? _screen;
    private readonly SortedDictionary<long, ChoiceChannels> _choices = [];

    // The members of the last event beside its choices, for those that are made here.
    private byte[] _envelope = [];

    public AnswerRewriter(RedactedRequest? redaction, AnswerScreen? screen) => (_redaction, _screen) = (redaction, screen);

    /// <summary>
    /// What is to be done with the answer of the exchange's deployment; null where that is nothing, as in a worker process, which knows no deployment: its
    /// answers are changed by the gateway.
    /// </summary>
    public static AnswerRewriter? Of(Exchange exchange)
    {
        var redaction = exchange.Deployment?.Upstream is null ? null : exchange.Screening?.Redaction;
        var screen = exchange.AnswerScreen;
        return (redaction is null && screen is null) || exchange.Endpoint == ApiEndpoint.Embeddings ? null : new AnswerRewriter(redaction, screen);
    }

    /// <summary>Why the answer may not go on; null while it may.</summary>
    public ApiError? Refusal => _screen is { Refused.Count: > 0 } ? ApiError.PersonalDataInAnswer(_screen.Refused) : null;

    /// <summary>A whole answer, changed; the same where nothing is to change.</summary>
    /// <param name="json">Valid JSON.</param>
    public ReadOnlyMemory<byte> Rewrite(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, Deep);
        var splices = new List<Splice>();
        var isAnswer = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("choices", out _);
        Walk(document.RootElement, json.Span, [], splices, choice: isAnswer ? new ChoiceChannels() : null, isLast: true);
        return Apply(json.Span, splices);
    }

    /// <summary>Takes whole lines of an event stream, and writes what can be told of them by now.</summary>
    public void RewriteLines(ReadOnlyMemory<byte> lines, IBufferWriter<byte> output)
    {
        while (!lines.IsEmpty && Refusal is null)
        {
            var end = lines.Span.IndexOf((byte)'\n');
            var line = end < 0 ? lines : lines[..(end + 1)];
            lines = lines[line.Length..];
            RewriteLine(line, output);
        }
    }

    /// <summary>Writes what was held back: nothing follows.</summary>
    public void Complete(IBufferWriter<byte> output)
    {
        foreach (var (index, choice) in _choices)
        {
            Flush(index, choice, output);
        }
    }

    private void RewriteLine(ReadOnlyMemory<byte> line, IBufferWriter<byte> output)
    {
        var data = line.Span.StartsWith("data:"u8) ? line["data:".Length..] : default;
        if (data.Span.Trim(" \r\n"u8) is not [(byte)'{', ..])
        {
            if (data.Span.Trim(" \r\n"u8).SequenceEqual("[DONE]"u8))
            {
                Complete(output);
            }

            output.Write(line.Span);
            return;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(data, Deep);
        }
        catch (JsonException)
        {
            // Not for us to judge; but what cannot be read does not go out where it should be.
            if (_screen is not null)
            {
                _screen.MeetUnread();
            }

            output.Write(Refusal is null ? line.Span : default);
            return;
        }

        using (document)
        {
            RewriteEvent(line, data, document.RootElement, output);
        }
    }

    private void RewriteEvent(ReadOnlyMemory<byte> line, ReadOnlyMemory<byte> data, JsonElement root, IBufferWriter<byte> output)
    {
        var splices = new List<Splice>();
        if (!root.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array)
        {
            if (root.TryGetProperty("error", out _))
            {
                Complete(output);
            }

            Walk(root, data.Span, [], splices, choice: null, isLast: true);
        }
        else
        {
            Keep(root);
            var place = 0L;
            foreach (var choice in choices.EnumerateArray())
            {
                var index = choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("index", out var number) && number.TryGetInt64(out var told) ? told : place;
                place++;
                if (!_choices.TryGetValue(index, out var channels))
                {
                    _choices.Add(index, channels = new ChoiceChannels());
                }

                var isLast = choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String;
                Walk(choice, data.Span, [], splices, channels, isLast);
                if (isLast)
                {
                    Flush(index, channels, output);
                }
            }
        }

        if (Refusal is null)
        {
            output.Write(line.Span[..(line.Length - data.Length)]);
            output.Write(Apply(data.Span, splices).Span);
        }
    }

    // Reads the strings of a value; those of a choice each in its channel.
    private void Walk(JsonElement value, ReadOnlySpan<byte> json, IReadOnlyList<object> path, List<Splice> splices, ChoiceChannels? choice, bool isLast)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject())
                {
                    // Tokens are parts of words: there is nothing whole to find in them. But what they say is what the text says.
                    if (property.NameEquals("logprobs"u8) && choice is not null && path.Count <= 2)
                    {
                        if (_screen is not null && property.Value.ValueKind != JsonValueKind.Null)
                        {
                            splices.Add(SpliceOf(property.Value, json, "null"u8.ToArray()));
                        }

                        continue;
                    }

                    if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String)
                    {
                        Walk(property.Value, json, [.. path, property.Name], splices, choice, isLast);
                    }
                }

                break;
            case JsonValueKind.Array:
                var place = 0L;
                foreach (var item in value.EnumerateArray())
                {
                    if (item.ValueKind is JsonValueKind.Number)
                    {
                        break;
                    }

                    var index = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("index", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var told) ? told : place;
                    place++;
                    Walk(item, json, [.. path, index], splices, choice, isLast);
                }

                break;
            case JsonValueKind.String:
                ReadString(value, json, path, splices, choice, isLast);
                break;
        }
    }

    private void ReadString(JsonElement value, ReadOnlySpan<byte> json, IReadOnlyList<object> path, List<Splice> splices, ChoiceChannels? choice, bool isLast)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        var text = JsonText.Read(raw);
        string told;
        if (choice is not null && ChoiceChannels.IsText(path))
        {
            var channel = choice.Find(path, () => NewChannel(path));
            told = channel.Read(text, isLast);
        }
        else
        {
            // Names, ids and the like come in one piece.
            told = _redaction is null ? text : new PlaceholderReader(_redaction, isJson: false).Read(text, isLast: true);
        }

        if (!ReferenceEquals(told, text) && !string.Equals(told, text, StringComparison.Ordinal))
        {
            splices.Add(SpliceOf(value, json, Quoted(told)));
        }
    }

    private AnswerChannel NewChannel(IReadOnlyList<object> path) => new(
        path,
        _screen is null ? null : new AnswerReader(_screen),
        _redaction is null ? null : new PlaceholderReader(_redaction, isJson: path[^1] is "arguments"));

    private static Splice SpliceOf(JsonElement value, ReadOnlySpan<byte> json, byte[] replacement)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        json.Overlaps(raw, out var at);
        return new Splice(at..(at + raw.Length), replacement);
    }

    private static byte[] Quoted(string text)
    {
        var json = new StringBuilder(text.Length + 16).Append('"');
        JsonText.AppendEscaped(json, text);
        return Encoding.UTF8.GetBytes(json.Append('"').ToString());
    }

    // Where nothing changes the same bytes.
    private static ReadOnlyMemory<byte> Apply(ReadOnlySpan<byte> json, List<Splice> splices)
    {
        var result = new ArrayBufferWriter<byte>(json.Length + splices.Sum(s => s.Replacement.Length) + 1);
        var at = 0;
        foreach (var splice in splices)
        {
            result.Write(json[at..splice.Range.Start.Value]);
            result.Write(splice.Replacement.Span);
            at = splice.Range.End.Value;
        }

        result.Write(json[at..]);
        return result.WrittenMemory;
    }

    // An event for each text of the choice that still holds something.
    private void Flush(long index, ChoiceChannels choice, IBufferWriter<byte> output)
    {
        foreach (var channel in choice.All)
        {
            if (channel.IsHolding && channel.Read("", isLast: true) is { Length: > 0 } rest && Refusal is null)
            {
                output.Write("data: "u8);
                output.Write(HeldEvent.Of(_envelope, index, channel.Path, Quoted(rest)));
                output.Write("\n\n"u8);
            }
        }
    }

    private void Keep(JsonElement root)
    {
        if (_envelope.Length == 0 && root.ValueKind == JsonValueKind.Object)
        {
            _envelope = HeldEvent.EnvelopeOf(root);
        }
    }
}
