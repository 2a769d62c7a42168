using Gateway.Llama.Chat.Parsing;

namespace Gateway.Llama.Chat;

/// <summary>
/// How a model writes that it calls tools: around all calls, around each, and between them. White space is as the template writes it.
/// </summary>
internal abstract record ToolCallShape
{
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

    /// <summary>What an answer is searched for: a section, or a call without one, as models often leave the outer tag out.</summary>
    public virtual IEnumerable<Mark> Openings => new[] { SectionStart + CallStart, CallStart, LastTag(CallStart) }.Select(m => new Mark(m));

    /// <summary>What may stand behind a call.</summary>
    public virtual IEnumerable<Mark> Tails => new[] { CallEnd, Separator, SectionEnd, LastTag(CallEnd) }.Select(m => new Mark(m));

    /// <summary>All texts that structure calls: tokens of them must reach the parser.</summary>
    public virtual IEnumerable<string> Marks => [SectionStart, CallStart, CallEnd, Separator, SectionEnd];

    public abstract ToolCallParser CreateParser(IReadOnlyDictionary<string, ChatTool> tools, int mostCalls);

    /// <summary>Calls as the model would have written them.</summary>
    public string Write(IReadOnlyList<ChatToolCall> calls) =>
        SectionStart + string.Join(Separator, calls.Select((call, index) => CallStart + WriteCall(call, index) + CallEnd)) + SectionEnd;

    /// <summary>A call that shows a model the form.</summary>
    public abstract string Example();

    protected abstract string WriteCall(ChatToolCall call, int index);

    /// <summary>The last tag of a mark that has several.</summary>
    protected static string LastTag(string mark)
    {
        var text = mark.Trim();
        return text.Length > 1 && text.LastIndexOf('<', text.Length - 2) is >= 0 and var at ? text[at..] : "";
    }

    /// <summary>Fills the places of a mark that are different in every call.</summary>
    protected static string Fill(string mark, string id, int index) => mark
        .Replace(Mark.Id.ToString(), id, StringComparison.Ordinal)
        .Replace(Mark.Index.ToString(), index.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
