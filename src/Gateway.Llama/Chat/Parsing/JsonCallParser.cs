namespace Gateway.Llama.Chat.Parsing;

/// <summary>
/// Calls that are JSON objects with the tool's name and arguments: alone (Llama 3), behind a mark, or several in an array
/// (<c>&lt;tool_call&gt;{"name":...,"arguments":{...}}&lt;/tool_call&gt;</c>, <c>[TOOL_CALLS][{...}]</c>).
/// </summary>
internal sealed class JsonCallParser(JsonCallShape shape, IReadOnlyDictionary<string, ChatTool> tools, int mostCalls)
    : ToolCallParser(tools, mostCalls, shape.Openings, shape.Tails)
{
    private JsonValueScanner _scanner;
    private State _state;
    private string? _complete;
    private int _depth;

    private enum State
    {
        Value,
        Rest,
    }

    // Behind a call, a brace begins the next one: of an array, or after Llama's semicolon.
    protected override bool BeginsWithoutMark(char first, bool behindCall) =>
        first == '{' ? shape.IsBare || (behindCall && shape.IsArray) : first == '[' && shape.IsBare && !behindCall;

    protected override Fit ReadHead(ReadOnlySpan<char> text, bool ended, out int length, out string name)
    {
        var marks = text[0] is '{' or '[' ? Fit.Yes : Fit.No;
        length = 0;
        foreach (var opening in Openings)
        {
            var fit = opening.Match(text, out var markLength);
            if (fit == Fit.Yes)
            {
                (marks, length) = (fit, markLength);
                break;
            }

            marks = fit > marks ? fit : marks;
        }

        name = "";
        if (marks != Fit.Yes)
        {
            return marks;
        }

        var head = new JsonCallHead(text[length..], shape);
        var result = head.Read(IsTool);
        length += head.Length;
        name = head.Name ?? "";
        _complete = head.Arguments;
        _state = State.Value;
        _scanner = default;
        _depth = head.Depth;
        return result;
    }

    protected override int ReadArguments(ReadOnlySpan<char> text, bool ended, out string arguments, out bool isLast)
    {
        arguments = "";
        var length = 0;
        if (_state == State.Value)
        {
            if (_complete is { } complete)
            {
                arguments = complete;
            }
            else
            {
                length = _scanner.Scan(text);
                arguments = new string(text[..length]);
                if (!_scanner.IsDone)
                {
                    isLast = ended;
                    return length;
                }
            }

            _state = State.Rest;
            _scanner = new JsonValueScanner { Depth = _depth };
        }

        // What stands behind the arguments in the call's object: an id at most.
        if (_depth > 0)
        {
            length += _scanner.Scan(text[length..]);
        }

        isLast = ended || _depth == 0 || _scanner.IsDone;
        return length;
    }
}
