namespace Gateway.Llama.Chat.Parsing;

/// <summary>
/// Calls that are marks with the tool's name, and its arguments as JSON: <c>&lt;function=name&gt;{...}&lt;/function&gt;</c>,
/// <c>[TOOL_CALLS]name[ARGS]{...}</c>, DeepSeek's and Kimi's.
/// </summary>
internal sealed class NamedCallParser(NamedCallShape shape, IReadOnlyDictionary<string, ChatTool> tools, int mostCalls)
    : ToolCallParser(tools, mostCalls, shape.Openings, shape.Tails)
{
    private readonly Mark[] _nameEnds = [.. shape.NameEnds];
    private readonly Mark _callEnd = new(shape.CallEnd);
    private JsonValueScanner _scanner;
    private bool _isEmpty;

    protected override Fit ReadHead(ReadOnlySpan<char> text, bool ended, out int length, out string name)
    {
        _scanner = default;
        _isEmpty = false;
        var fit = CallName.Read(text, Openings, _nameEnds, IsTool, out length, out name);
        if (fit != Fit.Yes)
        {
            return fit;
        }

        length = Mark.SkipSpace(text, length);
        if (length < text.Length && text[length] == '{')
        {
            return Fit.Yes;
        }

        // No arguments at all.
        var end = _callEnd.IsEmpty ? Fit.No : _callEnd.Match(text[length..], out _);
        _isEmpty = end == Fit.Yes;
        return length == text.Length ? Fit.Partly : end;
    }

    protected override int ReadArguments(ReadOnlySpan<char> text, bool ended, out string arguments, out bool isLast)
    {
        if (_isEmpty)
        {
            arguments = "{}";
            isLast = true;
            return 0;
        }

        var length = _scanner.Scan(text);
        arguments = new string(text[..length]);
        isLast = ended || _scanner.IsDone;
        return length;
    }
}
