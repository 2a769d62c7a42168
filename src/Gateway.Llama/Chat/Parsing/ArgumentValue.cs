using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Llama.Chat.Parsing;

/// <summary>The value of a tagged argument: text that the tool's schema says how to read.</summary>
internal static class ArgumentValue
{
    private const int MostReferences = 16;

    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Flags]
    public enum Kinds
    {
        None = 0,
        String = 1,
        Number = 2,
        Boolean = 4,
        Null = 8,
        Object = 16,
        Array = 32,
        Any = String | Number | Boolean | Null | Object | Array,
    }

    /// <summary>What kinds of values an argument may have; all of them where the schema does not say.</summary>
    public static Kinds SchemaOf(ChatTool tool, string key) =>
        tool.Parameters is { ValueKind: JsonValueKind.Object } root
        && root.TryGetProperty("properties"u8, out var properties) && properties.ValueKind == JsonValueKind.Object
        && properties.TryGetProperty(key, out var schema)
            ? KindsOf(schema, root, MostReferences)
            : Kinds.Any;

    /// <summary>The text as JSON: a value of one of the kinds if it reads as such, else a string.</summary>
    public static string ToJson(ReadOnlySpan<char> text, Kinds kinds)
    {
        if (kinds != Kinds.String && Parse(text.Trim()) is { } json && (kinds & KindOf(json)) != Kinds.None)
        {
            return json.GetRawText();
        }

        return JsonSerializer.Serialize(new string(text), Options);
    }

    private static JsonElement? Parse(ReadOnlySpan<char> text)
    {
        // Python's words, which some templates teach their models.
        var word = text switch { "True" => "true", "False" => "false", "None" => "null", _ => null };
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(word ?? text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Kinds KindsOf(JsonElement schema, JsonElement root, int references)
    {
        if (schema.ValueKind != JsonValueKind.Object || references == 0)
        {
            return Kinds.Any;
        }

        if (schema.TryGetProperty("$ref"u8, out var reference) && reference.ValueKind == JsonValueKind.String)
        {
            return Resolve(root, reference.GetString()!) is { } target ? KindsOf(target, root, references - 1) : Kinds.Any;
        }

        if (schema.TryGetProperty("type"u8, out var type))
        {
            return type.ValueKind == JsonValueKind.Array
                ? type.EnumerateArray().Aggregate(Kinds.None, (kinds, t) => kinds | KindOfName(t))
                : KindOfName(type);
        }

        if (schema.TryGetProperty("const"u8, out var constant))
        {
            return KindOf(constant);
        }

        if (schema.TryGetProperty("enum"u8, out var values) && values.ValueKind == JsonValueKind.Array)
        {
            return values.EnumerateArray().Aggregate(Kinds.None, (kinds, v) => kinds | KindOf(v));
        }

        return (schema.TryGetProperty("anyOf"u8, out var options) || schema.TryGetProperty("oneOf"u8, out options)) && options.ValueKind == JsonValueKind.Array
            ? options.EnumerateArray().Aggregate(Kinds.None, (kinds, o) => kinds | KindsOf(o, root, references - 1))
            : Kinds.Any;
    }

    private static JsonElement? Resolve(JsonElement root, string reference)
    {
        if (!reference.StartsWith('#'))
        {
            return null;
        }

        foreach (var name in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(name, out root))
            {
                return null;
            }
        }

        return root;
    }

    private static Kinds KindOfName(JsonElement type) => (type.ValueKind == JsonValueKind.String ? type.GetString() : null) switch
    {
        "string" => Kinds.String,
        "number" or "integer" => Kinds.Number,
        "boolean" => Kinds.Boolean,
        "null" => Kinds.Null,
        "object" => Kinds.Object,
        "array" => Kinds.Array,
        _ => Kinds.Any,
    };

    private static Kinds KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Kinds.String,
        JsonValueKind.Number => Kinds.Number,
        JsonValueKind.True or JsonValueKind.False => Kinds.Boolean,
        JsonValueKind.Null => Kinds.Null,
        JsonValueKind.Object => Kinds.Object,
        _ => Kinds.Array,
    };
}
