using Gateway.Llama.Chat.Parsing;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>Calls that are marks with the tool's name between them, and its arguments as JSON.</summary>
internal sealed record NamedCallShape : ToolCallShape
{
    /// <summary>The form of Moonshot's Kimi K2.</summary>
    public static readonly NamedCallShape Kimi = new()
    {
        SectionStart = "<|tool_calls_section_begin|>",
        CallStart = "<|tool_call_begin|>functions.",
        NameEnd = $":{Mark.Index}<|tool_call_argument_begin|>",
        CallEnd = "<|tool_call_end|>",
        SectionEnd = "<|tool_calls_section_end|>",
    };

    /// <summary>What stands between the name and the arguments.</summary>
    public string NameEnd { get; init; } = "";

    /// <summary>The same, or only its last tag, as models leave an id out.</summary>
    public IEnumerable<Mark> NameEnds => new[] { NameEnd, LastMark(NameEnd) }.Where(m => m.Length > 0 || NameEnd.Length == 0).Select(m => new Mark(m)).DistinctBy(m => m.Text);

    public override IEnumerable<string> Marks => base.Marks.Append(NameEnd);

    public override ToolCallParser CreateParser(IReadOnlyDictionary<string, ChatTool> tools, int mostCalls) => new NamedCallParser(this, tools, mostCalls);

    public override string Example() => Write([new ChatToolCall("<id>", "<function-name>", "<arguments-json-object>")]);

    protected override GrammarNode CallGrammar(GrammarBuilder builder, IReadOnlyList<CallableTool> tools) => builder.Choice(
        [.. tools.Select(t => builder.Sequence(builder.Literal(t.Tool.Name), MarkGrammar(builder, NameEnd), AnswerGrammar.Arguments(builder, t)))]);

    protected override string WriteCall(ChatToolCall call, int index) => call.Name + Fill(NameEnd, call.Id, index) + call.Arguments;

    private static string LastMark(string mark) => mark.LastIndexOfAny(['<', '[']) is > 0 and var at ? mark[at..] : "";
}
