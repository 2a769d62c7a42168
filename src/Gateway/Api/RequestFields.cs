using System.Text.Json;

namespace Gateway.Api;

/// <summary>Takes the value of one field into <paramref name="request"/>, or says what is wrong with it.</summary>
internal delegate ApiError? FieldReader<in TRequest>(JsonElement value, string name, TRequest request);

/// <summary>
/// Building blocks of the tables that say what becomes of each field of a request to a local model: it is honoured or refused by name, never
/// dropped. A field that is null counts as absent.
/// </summary>
internal static class RequestFields
{
    /// <summary>Reads an object by its table of fields. The first error ends it.</summary>
    public static ApiError? Read<TRequest>(
        JsonElement body, IReadOnlyDictionary<string, FieldReader<TRequest>> fields, TRequest request)
    {
        foreach (var property in body.EnumerateObject())
        {
            if (!fields.TryGetValue(property.Name, out var read))
            {
                return ApiError.BadRequest($"Unknown parameter: '{Shorten(property.Name)}'.", Shorten(property.Name), "unknown_parameter");
            }

            if (property.Value.ValueKind != JsonValueKind.Null && read(property.Value, property.Name, request) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    /// <summary>Parses a body for a local model; an object, since its envelope was read.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body, out ApiError? error)
    {
        try
        {
            error = null;
            return JsonDocument.Parse(
                body, new JsonDocumentOptions { MaxDepth = Exchanges.RequestEnvelopeReader.MaxDepth, AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            // The envelope has shown it to be JSON.
            error = ApiError.BadRequest("A key stands twice in one object of the request.", code: "duplicate_key");
            return null;
        }
    }

    /// <summary>A field that asks for nothing here, or that an earlier stage has read.</summary>
    public static FieldReader<TRequest> Accepted<TRequest>(JsonValueKind kind) => (value, name, _) =>
        value.ValueKind == kind ? null : InvalidType(name, kind.ToString().ToLowerInvariant(), value);

    /// <summary>A field that a local model cannot honour.</summary>
    public static FieldReader<TRequest> Refused<TRequest>() => (_, name, _) => Unsupported(name);

    /// <summary>A field that a local model can honour only where it asks for what happens anyway.</summary>
    public static FieldReader<TRequest> Only<TRequest>(params string[] json) => (value, name, _) =>
        json.Contains(value.GetRawText(), StringComparer.Ordinal)
            ? null
            : ApiError.BadRequest($"Unsupported value: '{name}' can only be {string.Join(" or ", json)} with this model.", name, "unsupported_value");

    public static FieldReader<TRequest> Number<TRequest>(double min, double max, Action<TRequest, float> set) => (value, name, request) =>
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number))
        {
            return InvalidType(name, "number", value);
        }

        if (OutOfRange(number, min, max, name) is { } error)
        {
            return error;
        }

        set(request, (float)number);
        return null;
    };

    public static FieldReader<TRequest> Integer<TRequest>(long min, long max, Action<TRequest, long> set) => (value, name, request) =>
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            return InvalidType(name, "integer", value);
        }

        if (!value.TryGetInt64(out var number))
        {
            return value.TryGetDouble(out var real) && (real < min || real > max)
                ? OutOfRange(real, min, max, name)
                : InvalidType(name, "integer", value);
        }

        if (OutOfRange(number, min, max, name) is { } error)
        {
            return error;
        }

        set(request, number);
        return null;
    };

    public static FieldReader<TRequest> Boolean<TRequest>(Action<TRequest, bool> set) => (value, name, request) =>
    {
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            return InvalidType(name, "boolean", value);
        }

        set(request, value.GetBoolean());
        return null;
    };

    /// <summary>Reads a string; an error when it is none, or holds half of a surrogate pair.</summary>
    public static ApiError? Text(JsonElement value, string name, out string text)
    {
        text = "";
        if (value.ValueKind != JsonValueKind.String)
        {
            return InvalidType(name, "string", value);
        }

        try
        {
            text = value.GetString()!;
            return null;
        }
        catch (InvalidOperationException)
        {
            return ApiError.BadRequest($"Invalid value for '{name}': it is not valid Unicode.", name, "invalid_value");
        }
    }

    public static ApiError Missing(string name) =>
        ApiError.BadRequest($"Missing required parameter: '{name}'.", name, "missing_required_parameter");

    public static ApiError Unsupported(string name) =>
        ApiError.BadRequest($"Unsupported parameter: '{name}' is not supported with this model.", name, "unsupported_parameter");

    public static ApiError InvalidType(string name, string expected, JsonElement value) =>
        ApiError.BadRequest($"Invalid type for '{name}': expected {expected}, but got {KindOf(value)} instead.", name, "invalid_type");

    // A key is the client's text and may be of any length; the beginning tells which one is meant.
    public static string Shorten(string name) => name.Length <= 64 ? name : string.Concat(name.AsSpan(0, 64), "...");

    private static ApiError? OutOfRange(double number, double min, double max, string name)
    {
        if (number < min)
        {
            return ApiError.BadRequest($"Invalid '{name}': expected a value >= {min}, but got a smaller one.", name, "below_min_value");
        }

        return number > max
            ? ApiError.BadRequest($"Invalid '{name}': expected a value <= {max}, but got a larger one.", name, "above_max_value")
            : null;
    }

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
