using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Api;

namespace Gateway.Exchanges;

/// <summary>Reads the envelope of a request in one pass, without building a document.</summary>
internal static class RequestEnvelopeReader
{
    /// <summary>Deeper nesting than any request needs is refused before it costs anything.</summary>
    public const int MaxDepth = 64;

    private static readonly ApiError KeyNotUnicode = ApiError.BadRequest("A key in the request body is not valid Unicode.", code: "invalid_json");

    /// <summary>Reads the first <paramref name="length"/> bytes of <paramref name="buffer"/>, a rented array that the envelope then owns.</summary>
    /// <param name="buffer">Holds the body.</param>
    /// <param name="length">Bytes of the body.</param>
    /// <param name="error">What is wrong with it.</param>
    /// <param name="needsModel">Whether a model must be named; where none is, its name is empty.</param>
    /// <returns>Null, and an <paramref name="error"/>, when the body is no JSON object, or has no model where one is needed.</returns>
    public static RequestEnvelope? Read(byte[] buffer, int length, out ApiError? error, bool needsModel = true)
    {
        var body = buffer.AsSpan(0, length);
        if (length == 0)
        {
            error = ApiError.BadRequest("The request body is empty. Send a JSON object.", code: "invalid_json");
            return null;
        }

        // The JSON reader does not look into strings that nobody asks for; an upstream would.
        if (!Utf8.IsValid(body))
        {
            error = ApiError.BadRequest("The request body is not valid UTF-8.", code: "invalid_utf8");
            return null;
        }

        try
        {
            return Read(buffer, body, needsModel, out error);
        }
        catch (JsonException e)
        {
            error = ApiError.BadRequest(Describe(body, e), code: "invalid_json");
            return null;
        }
    }

    private static RequestEnvelope? Read(byte[] buffer, ReadOnlySpan<byte> body, bool needsModel, out ApiError? error)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        string? model = null;
        var modelRange = default(Range);
        bool? stream = null;
        var streamOptions = default(StreamOptions);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            error = ApiError.BadRequest("The request body must be a JSON object.", code: "invalid_json");
            return null;
        }

        error = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!IsUnicode(ref reader))
            {
                error = KeyNotUnicode;
                return null;
            }

            if (reader.ValueTextEquals("model"u8))
            {
                reader.Read();
                error ??= ReadModel(ref reader, ref model);
                modelRange = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
            }
            else if (reader.ValueTextEquals("stream"u8))
            {
                reader.Read();
                error ??= ReadStream(ref reader, ref stream);
            }
            else if (reader.ValueTextEquals("stream_options"u8))
            {
                reader.Read();
                if (!streamOptions.TryRead(ref reader))
                {
                    error = KeyNotUnicode;
                    return null;
                }
            }
            else if (IsModelInOtherCase(ref reader))
            {
                error ??= ApiError.BadRequest("The key `model` is written in another case; some upstreams would take it for the model.", "model", "duplicate_key");
                reader.Read();
            }
            else
            {
                reader.Read();
            }

            if (!TrySkip(ref reader))
            {
                error = KeyNotUnicode;
                return null;
            }
        }

        var end = (int)reader.TokenStartIndex;

        // The end of the input is checked too: the reader throws on anything but white space behind the object.
        reader.Read();
        if (error is null && model is null && needsModel)
        {
            error = ApiError.BadRequest("Missing required parameter: 'model'.", "model", "missing_required_parameter");
        }

        return error is not null
            ? null
            : new RequestEnvelope(buffer, body.Length)
            {
                Model = model ?? "",
                ModelRange = modelRange,
                Stream = stream ?? false,
                UsageSplice = stream ?? false ? streamOptions.SpliceFor(end) : null,
            };
    }

    private static ApiError? ReadModel(ref Utf8JsonReader reader, ref string? model)
    {
        if (model is not null)
        {
            return ApiError.BadRequest("The key `model` stands in the request twice; parsers disagree about which counts.", "model", "duplicate_key");
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return ApiError.BadRequest("Invalid type for 'model': expected a string.", "model", "invalid_type");
        }

        try
        {
            model = reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: JSON, but no text.
            return ApiError.BadRequest("Invalid value for 'model': it is not valid Unicode.", "model", "invalid_value");
        }

        return model is "" ? ApiError.BadRequest("Invalid value for 'model': it is empty.", "model", "invalid_value") : null;
    }

    private static ApiError? ReadStream(ref Utf8JsonReader reader, ref bool? stream)
    {
        if (stream is not null)
        {
            return ApiError.BadRequest("The key `stream` stands in the request twice; parsers disagree about which counts.", "stream", "duplicate_key");
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.True:
                stream = true;
                return null;
            case JsonTokenType.False or JsonTokenType.Null:
                stream = false;
                return null;
            default:
                return ApiError.BadRequest("Invalid type for 'stream': expected a boolean.", "stream", "invalid_type");
        }
    }

    // Go's encoding/json, which several model servers use, matches keys without regard to case.
    private static bool IsModelInOtherCase(ref Utf8JsonReader reader)
    {
        // Every letter of an escaped key may be an escape of six bytes.
        Span<byte> name = stackalloc byte["model".Length * "\\u0000".Length];
        if (reader.ValueSpan.Length < "model".Length || reader.ValueSpan.Length > name.Length)
        {
            return false;
        }

        return Ascii.EqualsIgnoreCase(name[..reader.CopyString(name)], "model"u8);
    }

    // To the end of the value, and whether all keys in it are text.
    public static bool TrySkip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return true;
        }

        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName && !IsUnicode(ref reader))
            {
                return false;
            }
        }

        return true;
    }

    // The reader throws where a key with half of a surrogate pair is compared or read, so none gets past here.
    public static bool IsUnicode(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return true;
        }

        try
        {
            reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // The reader's own message may quote the body; line and column are enough.
    private static string Describe(ReadOnlySpan<byte> body, JsonException e)
    {
        if (e.Message.Contains("maximum configured depth", StringComparison.Ordinal))
        {
            return $"The request body is nested deeper than {MaxDepth} levels.";
        }

        var place = $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}";
        return body.TrimEnd(" \t\r\n"u8).EndsWith("}"u8)
            ? $"The request body is not valid JSON: error at {place}."
            : $"The request body is not valid JSON, or was cut off: error at {place}.";
    }
}
