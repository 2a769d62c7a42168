using System.Globalization;
using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Quotas;

/// <summary>
/// What a request to an API elsewhere can come to at most, read out of its body in one pass. Its input is bounded by a token for each byte of its texts, keys and numbers (no
/// tokenizer in use makes more of them) and some for each object, which covers what a chat template puts around a message.
/// </summary>
internal sealed class RequestSize
{
    // Marks of a message's beginning, role and end; the longest in use are eight tokens.
    private const int TokensOfObject = 8;

    // Sound in base64: at the least bit rate in use, 8 kbit/s, a second is 1,365 characters, and 10 tokens (600 a minute with gpt-4o-audio).
    private const int AudioBytesPerToken = 64;

    // Of the keys in messages[].content[].
    private const int DepthOfPart = 5;

    // Beyond it amounts are no longer told apart; no limit is near it.
    private const long Most = Charges.Most;

    private long _text;
    private long _images;
    private long _query;
    private long _documents;
    private long? _cap;
    private long _choices = 1;
    private long _prompts = 1;
    private string? _emptyCapName;
    private Range _emptyCap;
    private int _end;
    private bool _isInMessages;
    private bool _isImage;
    private bool _isInAudio;
    private bool _isSound;

    private RequestSize()
    {
    }

    /// <summary>Whether the client itself bounds the answer.</summary>
    public bool HasCap => _cap is not null;

    /// <summary>Reads a body that is known to be a JSON object.</summary>
    /// <param name="body">The body.</param>
    /// <param name="endpoint">What it was sent to.</param>
    /// <param name="error">What is wrong with a field that the size depends on.</param>
    public static RequestSize? Read(ReadOnlySpan<byte> body, ApiEndpoint endpoint, out ApiError? error)
    {
        var size = new RequestSize();
        error = size.ReadBody(body, endpoint);
        return error is null ? size : null;
    }

    /// <summary>Tokens of the prompt at most.</summary>
    public long Input(int imageTokens) => Math.Min(Most, _text + (_images * imageTokens) + (_query * Math.Max(0, _documents - 1)));

    /// <summary>Tokens of all answers at most, where one has <paramref name="defaultMaxTokens"/> when the request does not say.</summary>
    public long Output(int defaultMaxTokens) => Multiply(Multiply(_cap ?? defaultMaxTokens, _choices), _prompts);

    /// <summary>What bounds the answer where the client did not.</summary>
    /// <param name="field">What the API calls the bound.</param>
    /// <param name="tokens">The bound.</param>
    public Splice CapSplice(string field, int tokens)
    {
        var number = tokens.ToString(CultureInfo.InvariantCulture);
        return _emptyCapName == field
            ? new Splice(_emptyCap, System.Text.Encoding.ASCII.GetBytes(number))
            : new Splice(_end.._end, System.Text.Encoding.ASCII.GetBytes($",\"{field}\":{number}"));
    }

    private static long Multiply(long a, long b) => a != 0 && b > Most / a ? Most : a * b;

    private ApiError? ReadBody(ReadOnlySpan<byte> body, ApiEndpoint endpoint)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestEnvelopeReader.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueTextEquals("max_tokens"u8) ? "max_tokens"
                : reader.ValueTextEquals("max_completion_tokens"u8) ? "max_completion_tokens"
                : reader.ValueTextEquals("n"u8) ? "n"
                : reader.ValueTextEquals("best_of"u8) ? "best_of"
                : null;
            var isPrompt = reader.ValueTextEquals("prompt"u8) && endpoint == ApiEndpoint.Completions;
            var isQuery = reader.ValueTextEquals("query"u8);
            var isDocuments = reader.ValueTextEquals("documents"u8);
            var isInput = isQuery || isDocuments || reader.ValueTextEquals("prompt"u8) || reader.ValueTextEquals("input"u8);
            _isInMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            var (before, begin) = (_text, reader.TokenStartIndex);
            if (name is not null)
            {
                if (ReadNumber(ref reader, name, least: name.StartsWith("max", StringComparison.Ordinal) && endpoint == ApiEndpoint.Completions ? 0 : 1) is { } error)
                {
                    return error;
                }
            }
            else
            {
                var items = ReadValue(ref reader);
                if (!isInput && !_isInMessages)
                {
                    // Tools and schemas may reach the prompt as they stand, with brackets, commas and literals.
                    _text = Math.Max(_text, before + reader.BytesConsumed - begin);
                }

                _prompts = isPrompt ? Math.Max(1, items) : _prompts;
                _documents = isDocuments ? items : _documents;
            }

            _query = isQuery ? _text - before : _query;
        }

        _end = (int)reader.TokenStartIndex;
        return null;
    }

    // Of a field that stands there twice the larger counts: which of them the API takes is not known.
    private ApiError? ReadNumber(ref Utf8JsonReader reader, string name, int least)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            if (name[0] == 'm')
            {
                (_emptyCapName, _emptyCap) = (name, (int)reader.TokenStartIndex..(int)reader.BytesConsumed);
            }

            return null;
        }

        if (reader.TokenType != JsonTokenType.Number)
        {
            RequestEnvelopeReader.TrySkip(ref reader);
            return ApiError.BadRequest($"Invalid type for '{name}': expected a whole number.", name, "invalid_type");
        }

        if (!reader.TryGetInt64(out var value))
        {
            // 1e3 is a whole number too, and 1e30 one that fits no limit.
            var number = reader.GetDouble();
            if (number != Math.Floor(number))
            {
                return ApiError.BadRequest($"Invalid type for '{name}': expected a whole number.", name, "invalid_type");
            }

            value = number >= Most ? Most : (long)Math.Max(number, -1);
        }

        if (value < least)
        {
            return ApiError.BadRequest($"Invalid '{name}': must be {least} or more, for a limit of tokens or money, or a cap of the policy, applies to this request.", name, "integer_below_min_value");
        }

        value = Math.Min(value, Most);
        if (name[0] == 'm')
        {
            _cap = Math.Max(_cap ?? 0, value);
        }
        else
        {
            // Of best_of answers all are computed, n of them shown.
            _choices = Math.Max(_choices, value);
        }

        return null;
    }

    // Adds up what is in a value; how many items it has, of a list that is not one of numbers.
    private long ReadValue(ref Utf8JsonReader reader)
    {
        var isList = reader.TokenType == JsonTokenType.StartArray;
        var (depth, items) = (reader.CurrentDepth, 0L);
        Add(ref reader);
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            return 0;
        }

        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (isList && reader.CurrentDepth == depth + 1 && reader.TokenType is JsonTokenType.String or JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                items++;
            }

            Add(ref reader);
        }

        return items;
    }

    private void Add(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                _text += reader.ValueSpan.Length;
                // Just in a part of a message is it an image or sound: elsewhere it is text that looks like one.
                var isOfPart = _isInMessages && reader.CurrentDepth == DepthOfPart;
                _images += reader.ValueTextEquals("image_url"u8) ? 1 : 0;
                _isImage = (isOfPart && reader.ValueTextEquals("image_url"u8)) || (_isImage && reader.CurrentDepth > DepthOfPart);
                _isSound = _isInAudio && reader.ValueTextEquals("data"u8);
                _isInAudio |= isOfPart && reader.ValueTextEquals("input_audio"u8);
                return;
            case JsonTokenType.String when _isImage && reader.ValueSpan.StartsWith("data:image/"u8):
                // Its image was counted by the key before it.
                break;
            case JsonTokenType.String:
                _text += _isSound ? (reader.ValueSpan.Length / AudioBytesPerToken) + 1 : reader.ValueSpan.Length;
                break;
            case JsonTokenType.Number:
                _text += reader.ValueSpan.Length;
                break;
            case JsonTokenType.StartObject:
                _text += TokensOfObject;
                break;
            case JsonTokenType.EndObject:
                _isInAudio = false;
                break;
        }

        _isSound = false;
    }
}
