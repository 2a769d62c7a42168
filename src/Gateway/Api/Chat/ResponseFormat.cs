using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Chat;

/// <summary>OpenAI's <c>response_format</c> where it asks for JSON.</summary>
/// <param name="Schema">What the answer must satisfy; null where any object will do. Belongs to the request's document.</param>
internal sealed record ResponseFormat(JsonElement? Schema)
{
    public const string SchemaPath = "response_format.json_schema.schema";

    /// <summary>Reads it; null where text is asked for, or with an error.</summary>
    public static ResponseFormat? Read(JsonElement value, string path, out ApiError? error)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("type", out var type))
        {
            error = InvalidType(path, "object with a 'type'", value);
            return null;
        }

        var isSchema = IsText(type, "json_schema");
        if (!isSchema && !IsText(type, "text") && !IsText(type, "json_object"))
        {
            error = ApiError.BadRequest(
                $"Unsupported value: '{path}.type' can only be 'text', 'json_object' or 'json_schema' with this model.", $"{path}.type", "unsupported_value");
            return null;
        }

        foreach (var property in value.EnumerateObject())
        {
            if (property.Name is not "type" && !(isSchema && property.Name is "json_schema") && property.Value.ValueKind != JsonValueKind.Null)
            {
                error = Unsupported($"{path}.{Shorten(property.Name)}");
                return null;
            }
        }

        error = null;
        return isSchema ? ReadSchema(value, $"{path}.json_schema", out error) : IsText(type, "json_object") ? new ResponseFormat(Schema: null) : null;
    }

    private static ResponseFormat? ReadSchema(JsonElement format, string path, out ApiError? error)
    {
        if (!format.TryGetProperty("json_schema", out var value))
        {
            error = Missing(path);
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            error = InvalidType(path, "object", value);
            return null;
        }

        JsonElement? schema = null;
        var hasName = false;
        foreach (var property in value.EnumerateObject())
        {
            var field = $"{path}.{Shorten(property.Name)}";
            switch (property.Name)
            {
                case "name":
                    error = Text(property.Value, field, out var name);
                    error ??= ToolReader.IsName(name)
                        ? null
                        : ApiError.BadRequest($"Invalid '{field}': expected 1 to 64 letters, digits, underscores and dashes.", field, "invalid_value");
                    hasName = true;
                    break;
                case "schema" when property.Value.ValueKind == JsonValueKind.Object:
                    error = null;
                    schema = property.Value;
                    break;
                case "schema":
                    error = InvalidType(field, "object with a JSON Schema", property.Value);
                    break;

                // The grammar keeps to any schema, strict or not.
                case "strict":
                    error = property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null ? null : InvalidType(field, "boolean", property.Value);
                    break;
                case "description":
                    error = property.Value.ValueKind == JsonValueKind.Null ? null : Text(property.Value, field, out _);
                    break;
                default:
                    error = ApiError.BadRequest($"Unknown parameter: '{field}'.", field, "unknown_parameter");
                    break;
            }

            if (error is not null)
            {
                return null;
            }
        }

        error = !hasName ? Missing($"{path}.name") : schema is null ? Missing($"{path}.schema") : null;
        return error is null ? new ResponseFormat(schema) : null;
    }
}
