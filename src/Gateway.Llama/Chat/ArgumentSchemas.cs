using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>The arguments of a tool one by one, for shapes that do not write them as one JSON object.</summary>
internal sealed class ArgumentSchemas
{
    // Keywords of the parameters that say nothing of which arguments there are.
    private static readonly string[] Harmless =
        ["type", "properties", "required", "additionalProperties", "title", "description", "$schema", "$id", "$comment", "$defs", "definitions", "default", "examples"];

    private readonly ChatTool _tool;

    /// <exception cref="SchemaErrorException">The parameters say more than which arguments there are.</exception>
    public ArgumentSchemas(ChatTool tool)
    {
        _tool = tool;
        foreach (var keyword in tool.Parameters?.EnumerateObject() ?? default)
        {
            if (!Harmless.Contains(keyword.Name, StringComparer.Ordinal))
            {
                throw NotHeld($"{tool.Path}.{keyword.Name}", keyword.Name);
            }
        }
    }

    /// <summary>Each argument with its schema, and whether it is required.</summary>
    public IEnumerable<(string Key, JsonElement Schema, bool IsRequired)> All()
    {
        if (_tool.Parameters is not { } parameters || !parameters.TryGetProperty("properties"u8, out var properties))
        {
            return [];
        }

        if (properties.ValueKind != JsonValueKind.Object)
        {
            throw new SchemaErrorException(new SchemaError($"{_tool.Path}.properties", "It must be an object.", "properties"));
        }

        var required = parameters.TryGetProperty("required"u8, out var names) && names.ValueKind == JsonValueKind.Array
            ? names.EnumerateArray().Select(n => n.ToString()).ToHashSet(StringComparer.Ordinal)
            : [];
        return properties.EnumerateObject().Select(p => (p.Name, WithDefinitions(p.Value, parameters), required.Contains(p.Name)));
    }

    public string PathOf(string key) => $"{_tool.Path}.properties.{key}";

    public static SchemaErrorException NotHeld(string path, string keyword) => new(new SchemaError(
        path, $"'{keyword}' is not supported here: this model writes each argument on its own, and cannot be held to it.", keyword));

    // References of an argument lead to definitions of all.
    private static JsonElement WithDefinitions(JsonElement schema, JsonElement root)
    {
        string[] names = [.. ((string[])["$defs", "definitions"]).Where(n => root.TryGetProperty(n, out _))];
        if (names.Length == 0 || schema.ValueKind != JsonValueKind.Object)
        {
            return schema;
        }

        var whole = JsonNode.Parse(schema.GetRawText())!.AsObject();
        foreach (var name in names)
        {
            whole[name] = JsonNode.Parse(root.GetProperty(name).GetRawText());
        }

        return JsonSerializer.SerializeToElement(whole);
    }
}
