using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Llama.Chat.Parsing;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>
/// A call whose arguments have tags of their own: those that are required, and any of the others, in the schema's order. A string stands
/// there as it is; everything else as JSON.
/// </summary>
internal sealed class TaggedArgumentsGrammar(GrammarBuilder builder, TaggedCallShape shape, CallableTool tool)
{
    // Keywords of the parameters that say nothing of which arguments there are.
    private static readonly string[] Harmless =
        ["type", "properties", "required", "additionalProperties", "title", "description", "$schema", "$id", "$comment", "$defs", "definitions", "default", "examples"];

    // Keywords of a string that any text satisfies.
    private static readonly string[] HarmlessOfStrings = ["type", "title", "description", "default", "examples", "$comment", "enum", "const", "nullable", "deprecated"];

    private readonly ChatTool _tool = tool.Tool;

    public GrammarNode Write()
    {
        var parts = new List<GrammarNode> { builder.Literal(_tool.Name + shape.NameEnd) };
        if (_tool.Parameters is { } parameters)
        {
            Check(parameters);
            var required = parameters.TryGetProperty("required"u8, out var names) && names.ValueKind == JsonValueKind.Array
                ? names.EnumerateArray().Select(n => n.ToString()).ToHashSet(StringComparer.Ordinal)
                : [];
            if (parameters.TryGetProperty("properties"u8, out var properties))
            {
                foreach (var property in properties.EnumerateObject())
                {
                    var argument = Argument(property.Name, property.Value, parameters);
                    parts.Add(required.Contains(property.Name) ? argument : builder.Choice(builder.Literal(""), argument));
                }
            }
        }

        return builder.Sequence(parts);
    }

    private void Check(JsonElement parameters)
    {
        foreach (var keyword in parameters.EnumerateObject())
        {
            if (!Harmless.Contains(keyword.Name, StringComparer.Ordinal))
            {
                throw NotHeld($"{_tool.Path}.{keyword.Name}", keyword.Name);
            }
        }

        if (parameters.TryGetProperty("properties"u8, out var properties) && properties.ValueKind != JsonValueKind.Object)
        {
            throw new SchemaErrorException(new SchemaError($"{_tool.Path}.properties", "It must be an object.", "properties"));
        }
    }

    private GrammarNode Argument(string key, JsonElement schema, JsonElement root)
    {
        var end = shape.ValueEndOf(key);
        var mark = end.Trim();
        var start = builder.Literal(shape.ArgumentStart + key + shape.KeyEnd);
        if ((ArgumentValue.SchemaOf(_tool, key) & ArgumentValue.Kinds.String) == 0)
        {
            return builder.Sequence(start, AnswerGrammar.Schema(builder, WithDefinitions(schema, root), PathOf(key)), builder.Literal(end));
        }

        if (FindStrings(schema) is { } strings)
        {
            return builder.Sequence(start, builder.Choice([.. strings.Select(builder.Literal)]), builder.Literal(end));
        }

        // The line break before the mark is a part of the text here; it is taken off when the text is read.
        return builder.Sequence(start, builder.Until(mark), builder.Literal(mark + end[(end.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..]));
    }

    // The strings that an enum allows; null where any will do.
    private List<string>? FindStrings(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            if (tool.IsBound && !HarmlessOfStrings.Contains(keyword.Name, StringComparer.Ordinal))
            {
                throw NotHeld($"{PathOf("")[..^1]}.{keyword.Name}", keyword.Name);
            }
        }

        var values = schema.TryGetProperty("const"u8, out var constant) ? [constant]
            : schema.TryGetProperty("enum"u8, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().ToList()
            : [];
        return values.Count == 0 || !tool.IsBound ? null : [.. values.Select(v => v.ValueKind == JsonValueKind.String ? v.GetString()! : v.GetRawText())];
    }

    private string PathOf(string key) => $"{_tool.Path}.properties.{key}";

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

    private static SchemaErrorException NotHeld(string path, string keyword) => new(new SchemaError(
        path, $"'{keyword}' is not supported here: this model writes arguments with tags of their own, which cannot be held to it.", keyword));
}
