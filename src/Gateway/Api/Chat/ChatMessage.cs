using System.Text;
using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Chat;

/// <summary>A message of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>; OpenAI's <c>developer</c> is what local models call <c>system</c>.</param>
/// <param name="Content">Its text; parts are joined by line breaks, as llama-server and vLLM do.</param>
/// <param name="Name">Name of the participant, for templates that use it.</param>
internal sealed record ChatMessage(string Role, string Content, string? Name)
{
    /// <summary>Reads the message at <paramref name="path"/>; null and an error when it cannot be used.</summary>
    public static ChatMessage? Read(JsonElement value, string path, out ApiError? error)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            error = InvalidType(path, "object", value);
            return null;
        }

        string? role = null, content = null, name = null;
        foreach (var property in value.EnumerateObject())
        {
            var field = $"{path}.{Shorten(property.Name)}";
            error = property.Name switch
            {
                "role" => ReadRole(property.Value, field, out role),
                "content" => ReadContent(property.Value, field, out content),
                _ when property.Value.ValueKind == JsonValueKind.Null => null,
                "name" => Text(property.Value, field, out name),
                "refusal" or "tool_calls" or "function_call" or "tool_call_id" or "audio" => Unsupported(field),
                _ => ApiError.BadRequest($"Unknown parameter: '{field}'.", field, "unknown_parameter"),
            };
            if (error is not null)
            {
                return null;
            }
        }

        error = role is null ? Missing($"{path}.role") : content is null ? Missing($"{path}.content") : null;
        return error is null ? new ChatMessage(role!, content!, name) : null;
    }

    private static ApiError? ReadRole(JsonElement value, string path, out string role)
    {
        var error = Text(value, path, out role);
        switch (role)
        {
            case "system" or "user" or "assistant":
                return null;
            case "developer":
                role = "system";
                return null;
            case "tool" or "function":
                return ApiError.BadRequest($"Unsupported value: '{path}' can not be '{role}' with this model.", path, "unsupported_value");
            default:
                return error ?? ApiError.BadRequest(
                    $"Invalid value for '{path}'. Supported values are: 'system', 'developer', 'user' and 'assistant'.", path, "invalid_value");
        }
    }

    private static ApiError? ReadContent(JsonElement value, string path, out string? content)
    {
        content = null;
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return ApiError.BadRequest($"Invalid value for '{path}': it is null.", path, "invalid_value");
            case JsonValueKind.String:
                return Text(value, path, out content);
            case JsonValueKind.Array when value.GetArrayLength() == 0:
                return ApiError.BadRequest($"Invalid '{path}': it is an empty array.", path, "empty_array");
            case JsonValueKind.Array:
                return ReadParts(value, path, out content);
            default:
                return InvalidType(path, "string or array of content parts", value);
        }
    }

    private static ApiError? ReadParts(JsonElement value, string path, out string? content)
    {
        content = null;
        var text = new StringBuilder();
        var index = 0;
        foreach (var part in value.EnumerateArray())
        {
            var partPath = $"{path}[{index}]";
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type))
            {
                return InvalidType(partPath, "object with a 'type'", part);
            }

            if (!IsText(type, "text"))
            {
                return ApiError.BadRequest($"Unsupported value: '{partPath}.type' can only be 'text' with this model.", $"{partPath}.type", "unsupported_value");
            }

            foreach (var property in part.EnumerateObject())
            {
                if (property.Name is not ("type" or "text") && property.Value.ValueKind != JsonValueKind.Null)
                {
                    return Unsupported($"{partPath}.{Shorten(property.Name)}");
                }
            }

            if (!part.TryGetProperty("text", out var partText))
            {
                return Missing($"{partPath}.text");
            }

            if (Text(partText, $"{partPath}.text", out var words) is { } error)
            {
                return error;
            }

            text.Append(index == 0 ? "" : "\n").Append(words);
            index++;
        }

        content = text.ToString();
        return null;
    }
}
