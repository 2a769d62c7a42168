using System.Text;
using System.Text.Json;

namespace Gateway.Llama.Chat.Parsing;

/// <summary>
/// Calls that give each argument a tag of its own: <c>&lt;function=name&gt;&lt;parameter=key&gt;value&lt;/parameter&gt;&lt;/function&gt;</c>,
/// <c>&lt;tool_call&gt;name&lt;arg_key&gt;key&lt;/arg_key&gt;&lt;arg_value&gt;value&lt;/arg_value&gt;&lt;/tool_call&gt;</c>.
/// </summary>
internal sealed class TaggedCallParser(TaggedCallShape shape, IReadOnlyDictionary<string, ChatTool> tools, int mostCalls)
    : ToolCallParser(tools, mostCalls, shape.Openings, shape.Tails)
{
    private readonly Mark[] _nameEnds = [.. shape.NameEnds];
    private readonly Mark _argumentStart = new(shape.ArgumentStart);
    private readonly Mark _keyEnd = new(shape.KeyEnd);
    private readonly Mark _callEnd = new(shape.CallEnd);
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private string _name = "";
    private string? _key;
    private int _searched;

    protected override Fit ReadHead(ReadOnlySpan<char> text, bool ended, out int length, out string name)
    {
        _keys.Clear();
        _key = null;
        var fit = CallName.Read(text, Openings, _nameEnds, IsTool, out length, out name);
        if (fit == Fit.Yes && _nameEnds.Length == 1 && _nameEnds[0].IsEmpty)
        {
            // Nothing but what comes next ends the name.
            var behind = text[length..];
            Fit argument = _argumentStart.Match(behind, out _), end = _callEnd.Match(behind, out _);
            fit = argument > end ? argument : end;
        }

        _name = name;
        return fit;
    }

    protected override int ReadArguments(ReadOnlySpan<char> text, bool ended, out string arguments, out bool isLast)
    {
        var json = new StringBuilder();
        var length = 0;
        isLast = false;
        while (!isLast && (_key is null ? ReadKey(text, ref length, ended, json, out isLast) : ReadValue(text, ref length, ended, json)))
        {
        }

        isLast |= ended;
        arguments = json.ToString();
        return length;
    }

    private bool ReadKey(ReadOnlySpan<char> text, ref int length, bool ended, StringBuilder json, out bool isLast)
    {
        isLast = false;
        var rest = text[length..];
        var last = _callEnd.Match(rest, out var callLength);
        var fit = _argumentStart.Match(rest, out var start);

        // Looked for first: in some shapes an argument begins like the end of the call.
        if (last == Fit.No && fit == Fit.Yes)
        {
            var end = rest[start..].IndexOf(_keyEnd.Trigger, StringComparison.Ordinal);
            var endLength = 0;
            fit = end < 0 ? Fit.Partly : _keyEnd.Match(rest[(start + end)..], out endLength);
            if (fit == Fit.Yes)
            {
                _key = new string(rest.Slice(start, end).Trim());
                _searched = 0;
                length += start + end + endLength;
                return true;
            }
        }

        if (last == Fit.Partly && !ended || last == Fit.No && fit == Fit.Partly)
        {
            // Where nothing more comes, it is a call that was cut off: its rest is no content.
            length += ended ? rest.Length : 0;
            return false;
        }

        // Its end, or what belongs to no call: then the call ends before it.
        length += last == Fit.Yes ? callLength : last == Fit.Partly ? rest.Length : 0;
        json.Append(_keys.Count == 0 ? "{}" : "}");
        isLast = true;
        return true;
    }

    private bool ReadValue(ReadOnlySpan<char> text, ref int length, bool ended, StringBuilder json)
    {
        var rest = text[length..];
        var mark = shape.ValueEndOf(_key!).Trim();
        var from = Math.Min(_searched, rest.Length);
        var end = rest[from..].IndexOf(mark, StringComparison.Ordinal);
        if (end < 0)
        {
            // Not looked at again, but for what may become the mark.
            _searched = Math.Max(0, rest.Length - mark.Length);
            length += ended ? rest.Length : 0;
            return false;
        }

        end += from;
        if (_keys.Add(_key!))
        {
            json.Append(_keys.Count == 1 ? "{" : ", ").Append(JsonSerializer.Serialize(_key)).Append(": ")
                .Append(ArgumentValue.ToJson(WithoutLineBreaks(rest[..end]), ArgumentValue.SchemaOf(Tool(_name), _key!)));
        }

        length += end + mark.Length;
        _key = null;
        return true;
    }

    // Templates that put a value on lines of its own add a line break before and behind it.
    private ReadOnlySpan<char> WithoutLineBreaks(ReadOnlySpan<char> value)
    {
        if (shape.KeyEnd.EndsWith('\n'))
        {
            value = value is ['\n', ..] ? value[1..] : value;
            value = value is [.., '\n'] ? value[..^1] : value;
        }

        return value;
    }
}
