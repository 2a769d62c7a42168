using System.Text.Json;
using Gateway.Llama.Chat.Parsing;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>
/// A call whose arguments have tags of their own: those that are required, and any of the others, in the schema's order. A string stands
/// there as it is; everything else as JSON.
/// </summary>
internal sealed class TaggedArgumentsGrammar(GrammarBuilder builder, TaggedCallShape shape, CallableTool tool)
{
    // Keywords of a string that any text satisfies.
    private static readonly string[] HarmlessOfStrings = ["type", "title", "description", "default", "examples", "$comment", "$defs", "definitions", "enum", "const", "nullable", "deprecated"];

    public GrammarNode Write()
    {
        var parts = new List<GrammarNode> { builder.Literal(tool.Tool.Name + shape.NameEnd) };
        var parameters = new ArgumentSchemas(tool.Tool);
        foreach (var (key, schema, isRequired) in parameters.All())
        {
            var argument = Argument(key, schema, parameters.PathOf(key));
            parts.Add(isRequired ? argument : builder.Choice(builder.Literal(""), argument));
        }

        return builder.Sequence(parts);
    }

    private GrammarNode Argument(string key, JsonElement schema, string path)
    {
        var end = shape.ValueEndOf(key);
        var mark = end.Trim();
        var start = builder.Literal(shape.ArgumentStart + key + shape.KeyEnd);
        if ((ArgumentValue.SchemaOf(tool.Tool, key) & ArgumentValue.Kinds.String) == ArgumentValue.Kinds.None)
        {
            return builder.Sequence(start, AnswerGrammar.Schema(builder, schema, path), builder.Literal(end));
        }

        if (FindStrings(schema, path) is { } strings)
        {
            return builder.Sequence(start, builder.Choice([.. strings.Select(builder.Literal)]), builder.Literal(end));
        }

        // The line break before the mark is a part of the text here; it is taken off when the text is read.
        return builder.Sequence(start, builder.Until(mark), builder.Literal(mark + end[(end.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..]));
    }

    // The strings that an enum allows; null where any will do.
    private List<string>? FindStrings(JsonElement schema, string path)
    {
        if (schema.ValueKind != JsonValueKind.Object || !tool.IsBound)
        {
            return null;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            if (!HarmlessOfStrings.Contains(keyword.Name, StringComparer.Ordinal))
            {
                throw ArgumentSchemas.NotHeld($"{path}.{keyword.Name}", keyword.Name);
            }
        }

        var values = schema.TryGetProperty("const"u8, out var constant) ? [constant]
            : schema.TryGetProperty("enum"u8, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().ToList()
            : [];
        return values.Count == 0 ? null : [.. values.Select(v => v.ValueKind == JsonValueKind.String ? v.GetString()! : v.GetRawText())];
    }
}
