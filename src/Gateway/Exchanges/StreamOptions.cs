using System.Text.Json;

namespace Gateway.Exchanges;

/// <summary>
/// Finds what must change in a request so that the upstream reports the usage of its stream: <c>stream_options.include_usage</c>, as OpenAI's API
/// has it (https://platform.openai.com/docs/api-reference/chat/create#chat_create-stream_options).
/// </summary>
internal struct StreamOptions
{
    private static readonly byte[] Whole = ",\"stream_options\":{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] Object = "{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] Member = "\"include_usage\":true"u8.ToArray();
    private static readonly byte[] MemberBeforeOthers = "\"include_usage\":true,"u8.ToArray();
    private static readonly byte[] True = "true"u8.ToArray();

    private bool _seen;
    private bool _isLeftAlone;
    private Splice? _splice;

    /// <summary>What to change; null when the client asks for its usage itself, or in a way that is the upstream's to refuse.</summary>
    /// <param name="end">Where the request's object ends.</param>
    public readonly Splice? SpliceFor(int end) => !_seen ? new Splice(end..end, Whole) : _isLeftAlone ? null : _splice;

    /// <summary>Reads the value of the key <c>stream_options</c>, to its end.</summary>
    /// <returns>False when a key in it is not valid Unicode.</returns>
    public bool TryRead(ref Utf8JsonReader reader)
    {
        // Which of two the upstream takes is not known.
        _isLeftAlone |= _seen;
        _seen = true;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                _splice = new Splice((int)reader.TokenStartIndex..(int)reader.BytesConsumed, Object);
                return true;
            case JsonTokenType.StartObject:
                return TryReadObject(ref reader);
            default:
                _isLeftAlone = true;
                return RequestEnvelopeReader.TrySkip(ref reader);
        }
    }

    private bool TryReadObject(ref Utf8JsonReader reader)
    {
        var start = (int)reader.BytesConsumed;
        var isEmpty = true;
        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            if (!RequestEnvelopeReader.IsUnicode(ref reader))
            {
                return false;
            }

            var isUsage = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (isUsage)
            {
                _isLeftAlone |= found || reader.TokenType is not (JsonTokenType.False or JsonTokenType.Null);
                found = true;
                _splice = new Splice((int)reader.TokenStartIndex..(int)reader.BytesConsumed, True);
            }

            if (!RequestEnvelopeReader.TrySkip(ref reader))
            {
                return false;
            }
        }

        _splice = found ? _splice : new Splice(start..start, isEmpty ? Member : MemberBeforeOthers);
        return true;
    }
}
