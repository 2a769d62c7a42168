using System.Text.Json;
using Gateway.Llama.Chat;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Chat;

/// <summary>Reads the tools that a model may call.</summary>
internal static class ToolReader
{
    // OpenAI's limits.
    private const int MostTools = 128;
    private const int LongestName = 64;

    /// <summary>Reads all of them into <paramref name="tools"/>.</summary>
    public static ApiError? ReadAll(JsonElement value, string path, List<ChatTool> tools)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return InvalidType(path, "array of tools", value);
        }

        if (value.GetArrayLength() > MostTools)
        {
            return ApiError.BadRequest(
                $"Invalid '{path}': expected an array with maximum length {MostTools}, but got an array with length {value.GetArrayLength()} instead.",
                path,
                "array_above_max_length");
        }

        foreach (var item in value.EnumerateArray())
        {
            var itemPath = $"{path}[{tools.Count}]";
            if (Read(item, itemPath, out var tool) is { } error)
            {
                return error;
            }

            if (tools.Exists(t => string.Equals(t.Name, tool!.Name, StringComparison.Ordinal)))
            {
                return ApiError.BadRequest($"Invalid '{itemPath}.function.name': another tool has it too.", $"{itemPath}.function.name", "invalid_value");
            }

            tools.Add(tool!);
        }

        return null;
    }

    /// <summary>Whether a function may have this name.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static ApiError? Read(JsonElement value, string path, out ChatTool? tool)
    {
        tool = null;
        if (value.ValueKind != JsonValueKind.Object)
        {
            return InvalidType(path, "object", value);
        }

        if (!value.TryGetProperty("type", out var type))
        {
            return Missing($"{path}.type");
        }

        if (!IsText(type, "function"))
        {
            return ApiError.BadRequest($"Unsupported value: '{path}.type' can only be 'function' with this model.", $"{path}.type", "unsupported_value");
        }

        if (!value.TryGetProperty("function", out var function))
        {
            return Missing($"{path}.function");
        }

        var unknown = value.EnumerateObject().FirstOrDefault(p => p.Name is not ("type" or "function"));
        if (unknown.Value.ValueKind != JsonValueKind.Undefined)
        {
            return Unknown($"{path}.{Shorten(unknown.Name)}");
        }

        return ReadFunction(function, $"{path}.function", value, out tool);
    }

    private static ApiError? ReadFunction(JsonElement function, string path, JsonElement definition, out ChatTool? tool)
    {
        tool = null;
        if (function.ValueKind != JsonValueKind.Object)
        {
            return InvalidType(path, "object", function);
        }

        var name = "";
        var strict = false;
        var hasParameters = false;
        foreach (var property in function.EnumerateObject())
        {
            var field = $"{path}.{Shorten(property.Name)}";
            var error = property.Name switch
            {
                "name" => ReadName(property.Value, field, out name),
                _ when property.Value.ValueKind == JsonValueKind.Null => null,
                "description" => Text(property.Value, field, out _),
                "strict" when property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False => null,
                "strict" => InvalidType(field, "boolean", property.Value),
                "parameters" => CheckParameters(property.Value, field),
                _ => Unknown(field),
            };
            if (error is not null)
            {
                return error;
            }

            strict |= property.Name is "strict" && property.Value.ValueKind == JsonValueKind.True;
            hasParameters |= property.Name is "parameters" && property.Value.ValueKind == JsonValueKind.Object;
        }

        if (name.Length == 0)
        {
            return Missing($"{path}.name");
        }

        // The request's document is gone when the answer is read by the schema.
        definition = definition.Clone();
        var parameters = hasParameters ? definition.GetProperty("function"u8).GetProperty("parameters"u8) : (JsonElement?)null;
        tool = new ChatTool(name, definition, parameters, strict, $"{path}.parameters");
        return null;
    }

    private static ApiError? ReadName(JsonElement value, string path, out string name) =>
        Text(value, path, out name)
        ?? (IsName(name)
            ? null
            : ApiError.BadRequest($"Invalid '{path}': expected 1 to {LongestName} letters, digits, underscores and dashes ('^[a-zA-Z0-9_-]{{1,{LongestName}}}$').", path, "invalid_value"));

    private static ApiError? CheckParameters(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return InvalidType(path, "object with a JSON Schema", value);
        }

        return value.TryGetProperty("type", out var type) && !IsText(type, "object")
            ? ApiError.BadRequest($"Invalid schema for '{path}': its 'type' must be \"object\", as arguments are one.", $"{path}.type", "invalid_function_parameters")
            : null;
    }

    private static ApiError Unknown(string path) => ApiError.BadRequest($"Unknown parameter: '{path}'.", path, "unknown_parameter");
}
