using Gateway.Llama.Chat.Parsing;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>
/// Calls in a notation of the model's own, close to code: Python's <c>[name(key='value', other=1)]</c>, Gemma's
/// <c>call:name{key:&lt;|"|&gt;value&lt;|"|&gt;}</c>.
/// </summary>
internal sealed record CodeCallShape : ToolCallShape
{
    /// <summary>What stands behind the name, before the first key: a brace or a parenthesis.</summary>
    public string Open { get; init; } = "(";

    /// <summary>What stands behind the last value.</summary>
    public string Close { get; init; } = ")";

    /// <summary>What stands between a key and its value.</summary>
    public string KeyEnd { get; init; } = "=";

    /// <summary>What stands between two arguments.</summary>
    public string ArgumentSeparator { get; init; } = ", ";

    /// <summary>What stands around a string.</summary>
    public string Quote { get; init; } = "'";

    // A section's first mark may go on with a bracket, which is no tag.
    public override IEnumerable<Mark> Tails => base.Tails.Concat([new Mark(LastTag(SectionEnd)), new Mark(","), new Mark("]")]);

    public override IEnumerable<string> Marks => base.Marks.Append(Quote);

    public override ToolCallParser CreateParser(IReadOnlyDictionary<string, ChatTool> tools, int mostCalls) => new CodeCallParser(this, tools, mostCalls);

    public override string Example() => SectionStart + CallStart + "<function-name>" + Open + "<argument-name>" + KeyEnd + "<argument-value>" + Close + CallEnd + SectionEnd;

    // Strings are written with JSON's quotes, which these models read too; so any schema can be held.
    protected override GrammarNode CallGrammar(GrammarBuilder builder, IReadOnlyList<CallableTool> tools) =>
        builder.Choice([.. tools.Select(t => new CodeArgumentsGrammar(builder, this, t).Write())]);

    protected override string WriteCall(ChatToolCall call, int index) => call.Name + Open + CodeLiteral.Write(call.Arguments, this) + Close;
}
