using Gateway.Llama.Chat.Parsing;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>
/// How a model writes that it calls tools: around all calls, around each, and between them. White space is as the template writes it.
/// </summary>
internal abstract record ToolCallShape
{
    // Nine letters or digits is what Mistral's templates want.
    private const int LengthOfId = 9;
    private const int MostDigits = 3;

    /// <summary>What stands before the first call; may be empty, as all of these.</summary>
    public string SectionStart { get; init; } = "";

    /// <summary>What each call begins with.</summary>
    public string CallStart { get; init; } = "";

    /// <summary>What each call ends with.</summary>
    public string CallEnd { get; init; } = "";

    /// <summary>What stands between two calls.</summary>
    public string Separator { get; init; } = "";

    /// <summary>What stands behind the last call.</summary>
    public string SectionEnd { get; init; } = "";

    /// <summary>What stands before the first call's own words.</summary>
    public virtual string Opening => SectionStart + CallStart;

    /// <summary>What an answer is searched for: a section, or a call without one, as models often leave the outer tag out.</summary>
    public virtual IEnumerable<Mark> Openings => new[] { SectionStart + CallStart, CallStart, LastTag(CallStart) }.Select(m => new Mark(m));

    /// <summary>What may stand behind a call.</summary>
    public virtual IEnumerable<Mark> Tails => new[] { CallEnd, Separator, SectionEnd, LastTag(CallEnd) }.Select(m => new Mark(m));

    /// <summary>All texts that structure calls: tokens of them must reach the parser.</summary>
    public virtual IEnumerable<string> Marks => [SectionStart, CallStart, CallEnd, Separator, SectionEnd];

    public abstract ToolCallParser CreateParser(IReadOnlyDictionary<string, ChatTool> tools, int mostCalls);

    /// <summary>Calls as the model would have written them.</summary>
    public virtual string Write(IReadOnlyList<ChatToolCall> calls) =>
        SectionStart + string.Join(Separator, calls.Select((call, index) => Fill(CallStart, call.Id, index) + WriteCall(call, index) + CallEnd)) + SectionEnd;

    /// <summary>A call that shows a model the form.</summary>
    public abstract string Example();

    /// <summary>Calls of these tools, as the model writes them.</summary>
    /// <param name="builder">Makes the nodes.</param>
    /// <param name="tools">The tools; at least one.</param>
    /// <param name="most">Calls at most.</param>
    /// <param name="cut">How much of what stands before the first name has come already.</param>
    /// <exception cref="SchemaErrorException">A tool's schema cannot be held.</exception>
    public virtual GrammarNode WriteGrammar(GrammarBuilder builder, IReadOnlyList<CallableTool> tools, int most, int cut)
    {
        var call = builder.Sequence(CallGrammar(builder, tools), builder.Literal(CallEnd));
        var calls = builder.Sequence(MarkGrammar(builder, Opening[cut..]), call);
        if (most > 1)
        {
            var next = builder.Sequence(MarkGrammar(builder, Separator + CallStart), call);
            calls = builder.Sequence(calls, builder.Repeat(next, 0, most - 1));
        }

        return builder.Sequence(calls, builder.Literal(SectionEnd));
    }

    /// <summary>A call of one of the tools, from its name to its arguments' end.</summary>
    protected abstract GrammarNode CallGrammar(GrammarBuilder builder, IReadOnlyList<CallableTool> tools);

    protected abstract string WriteCall(ChatToolCall call, int index);

    /// <summary>The last tag of a mark that has several.</summary>
    protected static string LastTag(string mark)
    {
        var text = mark.Trim();
        return text.Length > 1 && text.LastIndexOf('<', text.Length - 2) is >= 0 and var at ? text[at..] : "";
    }

    /// <summary>A mark, in whose holes any id and number fit.</summary>
    protected static GrammarNode MarkGrammar(GrammarBuilder builder, string mark)
    {
        var parts = new List<GrammarNode>();
        var start = 0;
        for (var at = mark.IndexOfAny([Mark.Id, Mark.Index]); at >= 0; at = mark.IndexOfAny([Mark.Id, Mark.Index], start))
        {
            parts.Add(builder.Literal(mark[start..at]));
            parts.Add(mark[at] == Mark.Id ? Digits(builder, LengthOfId, LengthOfId) : Digits(builder, 1, MostDigits));
            start = at + 1;
        }

        parts.Add(builder.Literal(mark[start..]));
        return builder.Sequence(parts);
    }

    /// <summary>An id that every template takes.</summary>
    protected static GrammarNode IdGrammar(GrammarBuilder builder) => Digits(builder, LengthOfId, LengthOfId);

    private static GrammarNode Digits(GrammarBuilder builder, int least, int most) =>
        builder.Repeat(builder.Choice([.. Enumerable.Range('0', 10).Select(c => builder.Literal(((char)c).ToString()))]), least, most);

    /// <summary>Fills the places of a mark that are different in every call.</summary>
    protected static string Fill(string mark, string id, int index) => mark
        .Replace(Mark.Id.ToString(), id, StringComparison.Ordinal)
        .Replace(Mark.Index.ToString(), index.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
