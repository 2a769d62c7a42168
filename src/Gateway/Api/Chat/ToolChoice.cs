using System.Text.Json;
using Gateway.Llama.Chat;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Chat;

/// <summary>Whether tools are called.</summary>
internal enum ToolMode
{
    /// <summary>The model decides.</summary>
    Auto,

    /// <summary>None is.</summary>
    None,

    /// <summary>At least one is.</summary>
    Required,

    /// <summary>The one that was named is.</summary>
    Named,
}

/// <summary>OpenAI's <c>tool_choice</c>.</summary>
/// <param name="Mode">Whether tools are called.</param>
/// <param name="Names">Those that may be; null for all, each with where the request names it.</param>
internal sealed record ToolChoice(ToolMode Mode, IReadOnlyList<(string Name, string Path)>? Names = null)
{
    public static readonly ToolChoice Auto = new(ToolMode.Auto);

    /// <summary>The tools that may be called.</summary>
    public IReadOnlyList<ChatTool> Of(IReadOnlyList<ChatTool> tools) =>
        Mode == ToolMode.None ? []
        : Names is null ? tools
        : [.. tools.Where(t => Names.Any(n => string.Equals(n.Name, t.Name, StringComparison.Ordinal)))];

    /// <summary>Reads it; null and an error when it is wrong.</summary>
    public static ToolChoice? Read(JsonElement value, string path, out ApiError? error)
    {
        error = null;
        switch (value.ValueKind)
        {
            case JsonValueKind.String when IsText(value, "auto"):
                return Auto;
            case JsonValueKind.String when IsText(value, "none"):
                return new(ToolMode.None);
            case JsonValueKind.String when IsText(value, "required"):
                return new(ToolMode.Required);
            case JsonValueKind.Object when value.TryGetProperty("type", out var type):
                if (IsText(type, "function"))
                {
                    error = ReadName(value, path, out var named);
                    return error is null ? new(ToolMode.Named, [named]) : null;
                }

                if (IsText(type, "allowed_tools"))
                {
                    return ReadAllowed(value, path, out error);
                }

                error = ApiError.BadRequest(
                    $"Unsupported value: '{path}.type' can only be 'function' or 'allowed_tools' with this model.", $"{path}.type", "unsupported_value");
                return null;
            case JsonValueKind.String:
                error = ApiError.BadRequest($"Invalid value for '{path}'. Supported values are: 'none', 'auto' and 'required'.", path, "invalid_value");
                return null;
            default:
                error = InvalidType(path, "string or object with a 'type'", value);
                return null;
        }
    }

    /// <summary>What is wrong with it beside these tools.</summary>
    public ApiError? Check(IReadOnlyList<ChatTool> tools)
    {
        if (tools.Count == 0)
        {
            return Mode == ToolMode.None ? null : ApiError.BadRequest("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice", "invalid_parameter_combination");
        }

        foreach (var (name, path) in Names ?? [])
        {
            if (!tools.Any(t => string.Equals(t.Name, name, StringComparison.Ordinal)))
            {
                return ApiError.BadRequest($"Invalid value for '{path}': no tool of 'tools' has this name.", path, "invalid_value");
            }
        }

        return null;
    }

    private static ToolChoice? ReadAllowed(JsonElement value, string path, out ApiError? error)
    {
        path += ".allowed_tools";
        if (!value.TryGetProperty("allowed_tools", out var allowed))
        {
            error = Missing(path);
            return null;
        }

        if (allowed.ValueKind != JsonValueKind.Object)
        {
            error = InvalidType(path, "object", allowed);
            return null;
        }

        if (!allowed.TryGetProperty("mode", out var mode) || !(IsText(mode, "auto") || IsText(mode, "required")))
        {
            error = ApiError.BadRequest($"Invalid value for '{path}.mode'. Supported values are: 'auto' and 'required'.", $"{path}.mode", "invalid_value");
            return null;
        }

        if (!allowed.TryGetProperty("tools", out var tools) || tools.ValueKind != JsonValueKind.Array || tools.GetArrayLength() == 0)
        {
            error = ApiError.BadRequest($"Invalid '{path}.tools': expected an array of at least one tool.", $"{path}.tools", "invalid_value");
            return null;
        }

        var names = new List<(string, string)>();
        foreach (var item in tools.EnumerateArray())
        {
            error = ReadName(item, $"{path}.tools[{names.Count}]", out var name);
            if (error is not null)
            {
                return null;
            }

            names.Add(name);
        }

        error = null;
        return new(IsText(mode, "required") ? ToolMode.Required : ToolMode.Auto, names);
    }

    private static ApiError? ReadName(JsonElement value, string path, out (string Name, string Path) named)
    {
        named = default;
        if (value.ValueKind != JsonValueKind.Object || (value.TryGetProperty("type", out var type) && !IsText(type, "function")))
        {
            return ApiError.BadRequest($"Invalid value for '{path}': expected {{\"type\": \"function\", \"function\": {{\"name\": ...}}}}.", path, "invalid_value");
        }

        var namePath = $"{path}.function.name";
        if (!value.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object || !function.TryGetProperty("name", out var nameValue))
        {
            return Missing(namePath);
        }

        var error = Text(nameValue, namePath, out var name);
        named = (name, namePath);
        return error;
    }
}
