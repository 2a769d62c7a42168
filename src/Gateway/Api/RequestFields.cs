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

    /// <summary>A field that asks for nothing when it is empty, and that a local model cannot honour otherwise.</summary>
    /// <param name="kind">An array or an object.</param>
    public static FieldReader<TRequest> Empty<TRequest>(JsonValueKind kind) => (value, name, _) =>
        value.ValueKind == kind && (kind == JsonValueKind.Array ? value.GetArrayLength() : value.GetPropertyCount()) == 0 ? null : Unsupported(name);

    /// <summary>A field that a local model can honour only where it asks for what happens anyway.</summary>
    public static FieldReader<TRequest> Only<TRequest>(params string[] json) => (value, name, _) =>
        json.Contains(value.GetRawText(), StringComparer.Ordinal)
            ? null
            : ApiError.BadRequest($"Unsupported value: '{name}' can only be {string.Join(" or ", json)} with this model.", name, "unsupported_value");

    /// <summary>A field that others have taken the place of; accepted where it asks for nothing.</summary>
    /// <param name="instead">What to use, as a sentence without its end.</param>
    /// <param name="nothing">JSON that asks for nothing.</param>
    public static FieldReader<TRequest> Replaced<TRequest>(string instead, params string[] nothing) => (value, name, _) =>
        nothing.Contains(value.GetRawText(), StringComparer.Ordinal)
            ? null
            : ApiError.BadRequest($"Unsupported parameter: '{name}' is out of use. {instead}.", name, "unsupported_parameter");

    public static FieldReader<TRequest> Number<TRequest>(double min, double max, Action<TRequest, float> set) => (value, name, request) =>
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number))
        {
            return InvalidType(name, "number", value);
        }

        if (number < min || number > max)
        {
            return OutOfRange(number < min, min, max, name);
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
            // What 64 bits do not hold is out of any range, also where the nearest real number is not.
            return value.TryGetDouble(out var real) && (real < min || real > max || double.Abs(real) >= long.MaxValue)
                ? OutOfRange(real < min || real < 0, min, max, name)
                : ApiError.BadRequest($"Invalid type for '{name}': expected integer, but got a decimal number instead.", name, "invalid_type");
        }

        if (number < min || number > max)
        {
            return OutOfRange(number < min, min, max, name);
        }

        set(request, number);
        return null;
    };

    /// <summary>A field that holds one of a few words.</summary>
    public static FieldReader<TRequest> Word<TRequest>(IReadOnlyList<string> words, Action<TRequest, string> set) => (value, name, request) =>
    {
        if (Text(value, name, out var word) is { } error)
        {
            return error;
        }

        if (!words.Contains(word, StringComparer.Ordinal))
        {
            return ApiError.BadRequest(
                $"Invalid value for '{name}'. Supported values are: {string.Join(" and ", words.Select(w => $"'{w}'"))}.", name, "invalid_value");
        }

        set(request, word);
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

    /// <summary>Reads an array of token ids, whatever the model's vocabulary.</summary>
    public static ApiError? TokenIds(JsonElement value, string path, out IReadOnlyList<int> tokens)
    {
        var ids = new List<int>();
        tokens = ids;
        if (value.ValueKind != JsonValueKind.Array)
        {
            return InvalidType(path, "array of token ids", value);
        }

        ids.Capacity = value.GetArrayLength();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number)
            {
                return InvalidType($"{path}[{ids.Count}]", "token id", item);
            }

            if (!item.TryGetInt32(out var token) || token < 0)
            {
                return ApiError.BadRequest($"Invalid '{path}[{ids.Count}]': a token id is a whole number from 0.", $"{path}[{ids.Count}]", "invalid_value");
            }

            ids.Add(token);
        }

        return null;
    }

    public static ApiError Missing(string name) =>
        ApiError.BadRequest($"Missing required parameter: '{name}'.", name, "missing_required_parameter");

    public static ApiError Unsupported(string name) =>
        ApiError.BadRequest($"Unsupported parameter: '{name}' is not supported with this model.", name, "unsupported_parameter");

    public static ApiError InvalidType(string name, string expected, JsonElement value) =>
        ApiError.BadRequest($"Invalid type for '{name}': expected {expected}, but got {KindOf(value)} instead.", name, "invalid_type");

    /// <summary>Whether the value is this text. One that holds half of a surrogate pair is not, and does not throw.</summary>
    public static bool IsText(JsonElement value, string text) =>
        value.ValueKind == JsonValueKind.String && Text(value, "", out var found) is null && string.Equals(found, text, StringComparison.Ordinal);

    /// <summary>A key in words of an error. It is the client's text and may be of any length; the beginning tells which one is meant.</summary>
    public static string Shorten(string name, int most = 64) => name.Length <= most ? name : string.Concat(name.AsSpan(0, most), "...");

    private static ApiError OutOfRange<T>(bool below, T min, T max, string name) => below
        ? ApiError.BadRequest($"Invalid '{name}': expected a value >= {min}, but got a smaller one.", name, "below_min_value")
        : ApiError.BadRequest($"Invalid '{name}': expected a value <= {max}, but got a larger one.", name, "above_max_value");

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
