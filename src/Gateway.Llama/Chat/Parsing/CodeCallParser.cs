using System.Text;
using System.Text.Json;

namespace Gateway.Llama.Chat.Parsing;

/// <summary>Calls in a notation close to code; see <see cref="CodeCallShape"/>. An argument is passed on once its value is complete.</summary>
internal sealed class CodeCallParser(CodeCallShape shape, IReadOnlyDictionary<string, ChatTool> tools, int mostCalls)
    : ToolCallParser(tools, mostCalls, shape.Openings, shape.Tails)
{
    private static readonly Mark None = new("");

    private readonly Mark[] _open = [new(shape.Open)];
    private readonly string _separator = shape.ArgumentSeparator.Trim();
    private readonly string _keyEnd = shape.KeyEnd.Trim();
    private int _arguments;

    // The next call of a section begins with its name.
    protected override bool BeginsWithoutMark(char first, bool behindCall) => behindCall && shape.CallStart.Length == 0 && (char.IsAsciiLetter(first) || first == '_');

    protected override Fit ReadHead(ReadOnlySpan<char> text, bool ended, out int length, out string name)
    {
        _arguments = 0;
        var isBare = char.IsAsciiLetter(text[0]) || text[0] == '_';
        return CallName.Read(text, isBare ? [None] : Openings, _open, IsTool, out length, out name);
    }

    protected override int ReadArguments(ReadOnlySpan<char> text, bool ended, out string arguments, out bool isLast)
    {
        var json = new StringBuilder();
        var length = 0;
        isLast = false;
        while (ReadNext(text[length..], json, out var taken, out isLast) && !isLast)
        {
            length += taken;
        }

        if (isLast)
        {
            length += LengthOfClose(text[length..]);
            json.Append(_arguments == 0 ? "{}" : "}");
        }

        // A call that was cut off: its rest is no content.
        arguments = json.ToString();
        length = ended && !isLast ? text.Length : length;
        isLast |= ended;
        return length;
    }

    // False where more is needed. Broken ones end the call, and what they have is text.
    private bool ReadNext(ReadOnlySpan<char> text, StringBuilder json, out int length, out bool isLast)
    {
        isLast = false;
        length = Mark.SkipSpace(text, 0);
        if (length == text.Length)
        {
            return false;
        }

        if (text[length..].StartsWith(shape.Close, StringComparison.Ordinal))
        {
            isLast = true;
            return true;
        }

        if (_arguments > 0 && text[length..].StartsWith(_separator, StringComparison.Ordinal))
        {
            length += _separator.Length;
        }

        var end = text[length..].IndexOf(_keyEnd, StringComparison.Ordinal);
        if (end < 0)
        {
            isLast = text.Length - length > LongestKey;
            return isLast;
        }

        var key = new string(text.Slice(length, end).Trim());
        var value = new StringBuilder();
        length += end + _keyEnd.Length;
        var fit = CodeLiteral.Read(text[length..], shape.Quote, value, out var valueLength);
        if (fit != Fit.Yes)
        {
            isLast = fit == Fit.No;
            return isLast;
        }

        length += valueLength;
        json.Append(_arguments++ == 0 ? "{" : ", ").Append(JsonSerializer.Serialize(key)).Append(": ").Append(value);
        return true;
    }

    private const int LongestKey = 256;

    private int LengthOfClose(ReadOnlySpan<char> text)
    {
        var start = Mark.SkipSpace(text, 0);
        return text[start..].StartsWith(shape.Close, StringComparison.Ordinal) ? start + shape.Close.Length : 0;
    }
}
