using System.Text;
using System.Text.Json;
using Gateway.Llama.Chat;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Chat;

/// <summary>Reads a message of a conversation. What is said in parts is joined by line breaks, as llama-server and vLLM do.</summary>
internal sealed class ChatMessageReader
{
    private readonly string _path;
    private readonly List<ChatToolCall> _calls = [];
    private string? _role;
    private string? _content;
    private string? _name;
    private string? _callId;
    private string? _reasoning;

    private ChatMessageReader(string path) => _path = path;

    /// <summary>Reads the message at <paramref name="path"/>; null and an error when it cannot be used.</summary>
    public static ChatMessage? Read(JsonElement value, string path, out ApiError? error)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            error = InvalidType(path, "object", value);
            return null;
        }

        var reader = new ChatMessageReader(path);
        foreach (var property in value.EnumerateObject())
        {
            error = reader.ReadField(property.Name, property.Value);
            if (error is not null)
            {
                return null;
            }
        }

        error = reader.Finish();
        return error is null
            ? new ChatMessage(reader._role!, reader._content)
            {
                Name = reader._name,
                ToolCallId = reader._callId,
                Reasoning = reader._reasoning,
                ToolCalls = reader._calls,
            }
            : null;
    }

    private ApiError? ReadField(string name, JsonElement value)
    {
        var path = $"{_path}.{Shorten(name)}";
        return name switch
        {
            "role" => ReadRole(value, path),
            _ when value.ValueKind == JsonValueKind.Null => null,
            "content" => ReadContent(value, path),
            "name" => Text(value, path, out _name!),
            "tool_calls" => ToolCallReader.ReadAll(value, path, _calls),
            "tool_call_id" => Text(value, path, out _callId!),
            "reasoning_content" => Text(value, path, out _reasoning!),

            // What answers of OpenAI have beside their content, and clients send back.
            "annotations" when value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0 => null,
            "refusal" or "audio" or "annotations" => Unsupported(path),
            "function_call" => ApiError.BadRequest($"Unsupported parameter: '{path}' is out of use. Use 'tool_calls'.", path, "unsupported_parameter"),
            _ => ApiError.BadRequest($"Unknown parameter: '{path}'.", path, "unknown_parameter"),
        };
    }

    // The role may stand anywhere among the fields, so what depends on it is seen at the end.
    private ApiError? Finish()
    {
        if (_role is null)
        {
            return Missing($"{_path}.role");
        }

        if (_content is null && _calls.Count == 0)
        {
            return Missing($"{_path}.content");
        }

        return (_role, _calls.Count, _callId, _reasoning) switch
        {
            (not "assistant", > 0, _, _) => OnlyFor("tool_calls", "assistant"),
            (not "assistant", _, _, not null) => OnlyFor("reasoning_content", "assistant"),
            (not "tool", _, not null, _) => OnlyFor("tool_call_id", "tool"),
            ("tool", _, null, _) => Missing($"{_path}.tool_call_id"),
            _ => null,
        };
    }

    private ApiError OnlyFor(string field, string role) =>
        ApiError.BadRequest($"Invalid parameter: '{_path}.{field}' is only allowed in messages with role '{role}'.", $"{_path}.{field}", "invalid_value");

    private ApiError? ReadRole(JsonElement value, string path)
    {
        var error = Text(value, path, out var role);
        switch (role)
        {
            case "system" or "user" or "assistant" or "tool":
                _role = role;
                return null;
            case "developer":
                // What local models call it.
                _role = "system";
                return null;
            case "function":
                return ApiError.BadRequest($"Unsupported value: '{path}' can not be 'function' with this model. Use 'tool'.", path, "unsupported_value");
            default:
                return error ?? ApiError.BadRequest(
                    $"Invalid value for '{path}'. Supported values are: 'system', 'developer', 'user', 'assistant' and 'tool'.", path, "invalid_value");
        }
    }

    private ApiError? ReadContent(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return Text(value, path, out _content!);
            case JsonValueKind.Array when value.GetArrayLength() == 0:
                return ApiError.BadRequest($"Invalid '{path}': it is an empty array.", path, "empty_array");
            case JsonValueKind.Array:
                return ReadParts(value, path);
            default:
                return InvalidType(path, "string or array of content parts", value);
        }
    }

    private ApiError? ReadParts(JsonElement value, string path)
    {
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
                return ApiError.BadRequest(
                    $"Unsupported value: '{partPath}.type' can only be 'text' with this model, which takes no images, audio or files.", $"{partPath}.type", "unsupported_value");
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

        _content = text.ToString();
        return null;
    }
}
