using System.Text;
using System.Text.Json;
using Gateway.Llama.Chat.Parsing;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>Calls that give the tool's name and each argument a tag of its own.</summary>
internal sealed record TaggedCallShape : ToolCallShape
{
    /// <summary>Stands in <see cref="ValueEnd"/> for the key, where a tag closes with it.</summary>
    public const string Key = "\u0003";

    /// <summary>What stands behind the name, before anything else; may be empty.</summary>
    public string NameEnd { get; init; } = "";

    /// <summary>What stands before the key of an argument.</summary>
    public string ArgumentStart { get; init; } = "";

    /// <summary>What stands between the key and the value.</summary>
    public string KeyEnd { get; init; } = "";

    /// <summary>What stands behind the value.</summary>
    public string ValueEnd { get; init; } = "";

    public IEnumerable<Mark> NameEnds => [new Mark(NameEnd)];

    public override IEnumerable<string> Marks => base.Marks.Concat([NameEnd, ArgumentStart, KeyEnd, ValueEnd.Replace(Key, "", StringComparison.Ordinal)]);

    public string ValueEndOf(string key) => ValueEnd.Replace(Key, key, StringComparison.Ordinal);

    public override ToolCallParser CreateParser(IReadOnlyDictionary<string, ChatTool> tools, int mostCalls) => new TaggedCallParser(this, tools, mostCalls);

    public override string Example() =>
        SectionStart + CallStart + "<function-name>" + NameEnd + ArgumentStart + "<argument-name>" + KeyEnd + "<argument-value>" + ValueEndOf("<argument-name>")
        + CallEnd + SectionEnd;

    protected override GrammarNode CallGrammar(GrammarBuilder builder, IReadOnlyList<CallableTool> tools) =>
        builder.Choice([.. tools.Select(t => new TaggedArgumentsGrammar(builder, this, t).Write())]);

    protected override string WriteCall(ChatToolCall call, int index)
    {
        var text = new StringBuilder(call.Name).Append(NameEnd);
        using var arguments = JsonDocument.Parse(call.Arguments);
        foreach (var argument in arguments.RootElement.EnumerateObject())
        {
            var value = argument.Value.ValueKind == JsonValueKind.String ? argument.Value.GetString() : argument.Value.GetRawText();
            text.Append(ArgumentStart).Append(argument.Name).Append(KeyEnd).Append(value).Append(ValueEndOf(argument.Name));
        }

        return text.ToString();
    }
}
