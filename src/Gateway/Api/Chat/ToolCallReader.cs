using System.Text.Json;
using Gateway.Llama.Chat;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Chat;

/// <summary>Reads the calls of tools that a conversation's assistant has made.</summary>
internal static class ToolCallReader
{
    /// <summary>Reads the calls at <paramref name="path"/> into <paramref name="calls"/>.</summary>
    public static ApiError? ReadAll(JsonElement value, string path, List<ChatToolCall> calls)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return InvalidType(path, "array of tool calls", value);
        }

        if (value.GetArrayLength() == 0)
        {
            return ApiError.BadRequest($"Invalid '{path}': it is an empty array. Leave it out where no tool was called.", path, "empty_array");
        }

        foreach (var item in value.EnumerateArray())
        {
            var itemPath = $"{path}[{calls.Count}]";
            var error = Read(item, itemPath, out var call);
            error ??= calls.Exists(c => string.Equals(c.Id, call!.Id, StringComparison.Ordinal))
                ? ApiError.BadRequest($"Invalid '{itemPath}.id': another call of this message has it too.", $"{itemPath}.id", "invalid_value")
                : null;
            if (error is not null)
            {
                return error;
            }

            calls.Add(call!);
        }

        return null;
    }

    private static ApiError? Read(JsonElement value, string path, out ChatToolCall? call)
    {
        call = null;
        if (value.ValueKind != JsonValueKind.Object)
        {
            return InvalidType(path, "object", value);
        }

        if (!value.TryGetProperty("id", out var idValue))
        {
            return Missing($"{path}.id");
        }

        if (value.TryGetProperty("type", out var type) && !IsText(type, "function"))
        {
            return ApiError.BadRequest($"Unsupported value: '{path}.type' can only be 'function' with this model.", $"{path}.type", "unsupported_value");
        }

        if (!value.TryGetProperty("function", out var function))
        {
            return Missing($"{path}.function");
        }

        if (function.ValueKind != JsonValueKind.Object)
        {
            return InvalidType($"{path}.function", "object", function);
        }

        if (!function.TryGetProperty("name", out var nameValue))
        {
            return Missing($"{path}.function.name");
        }

        if (!function.TryGetProperty("arguments", out var argumentsValue))
        {
            return Missing($"{path}.function.arguments");
        }

        var error = Text(idValue, $"{path}.id", out var id)
            ?? Text(nameValue, $"{path}.function.name", out var name)
            ?? ReadArguments(argumentsValue, $"{path}.function.arguments", out var arguments)
            ?? Create(out call);
        return error;

        ApiError? Create(out ChatToolCall result)
        {
            result = new ChatToolCall(id, name, arguments);
            return null;
        }
    }

    private static ApiError? ReadArguments(JsonElement value, string path, out string arguments)
    {
        if (Text(value, path, out arguments) is { } error)
        {
            return error;
        }

        // A function without parameters is called with nothing by some clients.
        arguments = string.IsNullOrWhiteSpace(arguments) ? "{}" : arguments;
        try
        {
            using var document = JsonDocument.Parse(arguments, new JsonDocumentOptions { MaxDepth = Exchanges.RequestEnvelopeReader.MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object ? null : NoObject(path);
        }
        catch (JsonException)
        {
            return NoObject(path);
        }
    }

    private static ApiError NoObject(string path) =>
        ApiError.BadRequest($"Invalid '{path}': it is not a JSON object as text.", path, "invalid_value");
}
