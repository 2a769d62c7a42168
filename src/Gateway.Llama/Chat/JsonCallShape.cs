using System.Text.Json;
using Gateway.Llama.Chat.Parsing;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>Calls that are JSON objects with the tool's name and its arguments, alone or behind a mark.</summary>
internal sealed record JsonCallShape : ToolCallShape
{
    /// <summary>The form of Nous Research's and Qwen's models, taken for models that were taught none.</summary>
    public static readonly JsonCallShape Hermes = new() { CallStart = "<tool_call>\n", CallEnd = "\n</tool_call>", Separator = "\n" };

    // What models write beside the name and the arguments.
    private static readonly string[] OtherKeys = ["id", "type", "tool_call_id", "call_id", "index"];

    /// <summary>Whether all calls are in one array.</summary>
    public bool IsArray { get; init; }

    public string NameKey { get; init; } = "name";

    public string ArgumentsKey { get; init; } = "arguments";

    /// <summary>Key of the id that each call is given; null where there is none.</summary>
    public string? IdKey { get; init; }

    /// <summary>Key of the object that name and arguments are in; null where they are in the call itself.</summary>
    public string? Wrapper { get; init; }

    /// <summary>Whether nothing but the JSON tells a call from a text.</summary>
    public bool IsBare => string.IsNullOrWhiteSpace(SectionStart) && string.IsNullOrWhiteSpace(CallStart);

    /// <summary>Marks that may stand before the JSON all the same.</summary>
    public IReadOnlyList<string> OptionalStarts { get; init; } = [];

    public override IEnumerable<Mark> Openings => base.Openings.Concat(OptionalStarts.Select(m => new Mark(m)));

    public override IEnumerable<Mark> Tails =>
        base.Tails.Concat(IsArray || IsBare ? [new Mark(","), new Mark("]"), new Mark(";")] : []);

    public override IEnumerable<string> Marks => base.Marks.Concat(OptionalStarts);

    public bool IsName(string key) => key is "name" || string.Equals(key, NameKey, StringComparison.Ordinal);

    public bool IsArguments(string key) => key is "arguments" or "parameters" || string.Equals(key, ArgumentsKey, StringComparison.Ordinal);

    public bool IsWrapper(string key) => key is "function" || string.Equals(key, Wrapper, StringComparison.Ordinal);

    public bool IsOther(string key) => OtherKeys.Contains(key, StringComparer.Ordinal) || string.Equals(key, IdKey, StringComparison.Ordinal);

    public override ToolCallParser CreateParser(IReadOnlyDictionary<string, ChatTool> tools, int mostCalls) => new JsonCallParser(this, tools, mostCalls);

    public override string Example()
    {
        var call = Object("<function-name>", "<arguments-json-object>", "<id>");
        return SectionStart + CallStart + (IsArray ? $"[{call}]" : call) + CallEnd + SectionEnd;
    }

    /// <summary>What a call's object begins with, up to the tool's name.</summary>
    public string Head => (Wrapper is null ? "" : $"{{\"{Wrapper}\": ") + $"{{\"{NameKey}\": \"";

    // The brackets of an array are around all calls, and commas between them.
    private JsonCallShape WithoutArray => this with { IsArray = false, SectionStart = SectionStart + "[", SectionEnd = "]" + SectionEnd, Separator = ", " };

    public override string Opening => IsArray ? WithoutArray.Opening : base.Opening;

    public override string Write(IReadOnlyList<ChatToolCall> calls) => IsArray ? WithoutArray.Write(calls) : base.Write(calls);

    public override GrammarNode WriteGrammar(GrammarBuilder builder, IReadOnlyList<CallableTool> tools, int most, int cut) => IsArray
        ? WithoutArray.WriteGrammar(builder, tools, most, cut)
        : base.WriteGrammar(builder, tools, IsBare && SectionStart.Length == 0 ? 1 : most, cut);

    protected override GrammarNode CallGrammar(GrammarBuilder builder, IReadOnlyList<CallableTool> tools)
    {
        var parts = new List<GrammarNode>
        {
            builder.Literal(Head),
            builder.Choice([.. tools.Select(t => builder.Sequence(builder.Literal($"{t.Tool.Name}\", \"{ArgumentsKey}\": "), AnswerGrammar.Arguments(builder, t)))]),
        };
        if (IdKey is not null)
        {
            parts.AddRange([builder.Literal($", \"{IdKey}\": \""), IdGrammar(builder), builder.Literal("\"")]);
        }

        parts.Add(builder.Literal(Wrapper is null ? "}" : "}}"));
        return builder.Sequence(parts);
    }

    protected override string WriteCall(ChatToolCall call, int index) => Object(JsonSerializer.Serialize(call.Name), call.Arguments, call.Id);

    private string Object(string name, string arguments, string id)
    {
        var inner = $"\"{NameKey}\": {name}, \"{ArgumentsKey}\": {arguments}{(IdKey is null ? "" : $", \"{IdKey}\": \"{id}\"")}";
        return Wrapper is null ? $"{{{inner}}}" : $"{{\"{Wrapper}\": {{{inner}}}}}";
    }
}
