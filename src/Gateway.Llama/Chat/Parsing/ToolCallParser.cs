using System.Buffers;

namespace Gateway.Llama.Chat.Parsing;

/// <summary>
/// Finds the calls in an answer that arrives in pieces. What may be the beginning of a mark is held back until it is clear, so no part of one
/// gets out; what looked like a call and is none becomes content, as it stands. One kind for each shape of calls.
/// </summary>
internal abstract class ToolCallParser
{
    // A head is a mark, a name and a brace. Longer ones only come about where arguments stand before the name.
    private const int LongestHead = 32 * 1024;

    private readonly IReadOnlyDictionary<string, ChatTool> _tools;
    private readonly int _mostCalls;
    private readonly string[] _triggers;
    private readonly SearchValues<string> _search;
    private readonly Mark[] _tails;
    private State _state;
    private int _calls;

    // Nothing was said yet, or nothing since the last call.
    private bool _isFresh = true;

    // Length of the text that was looked at and holds no call.
    private int _refused;

    /// <param name="tools">The tools that may be called.</param>
    /// <param name="mostCalls">Further calls are left out.</param>
    /// <param name="openings">What a call may begin with; empty where the answer's first character tells.</param>
    /// <param name="tails">What may stand behind a call.</param>
    protected ToolCallParser(IReadOnlyDictionary<string, ChatTool> tools, int mostCalls, IEnumerable<Mark> openings, IEnumerable<Mark> tails)
    {
        _tools = tools;
        _mostCalls = mostCalls;
        Openings = [.. openings.Where(m => !m.IsEmpty).DistinctBy(m => m.Text)];
        _triggers = [.. Openings.Select(m => m.Trigger).Distinct(StringComparer.Ordinal)];
        _search = SearchValues.Create(_triggers, StringComparison.Ordinal);
        _tails = [.. tails.Where(m => !m.IsEmpty).DistinctBy(m => m.Text)];
    }

    private enum State
    {
        Content,
        Arguments,
        Behind,
    }

    /// <summary>What a call may begin with, the longest first where one begins with another.</summary>
    protected IReadOnlyList<Mark> Openings { get; }

    /// <summary>Goes on. False when more of the text is needed.</summary>
    public bool Step(TextWindow text, TextEnd end, ICollection<AnswerDelta> deltas) => _state switch
    {
        State.Content => StepContent(text, end, deltas),
        State.Arguments => StepArguments(text, end != TextEnd.None, deltas),
        _ => StepBehind(text, end != TextEnd.None),
    };

    protected bool IsTool(string name) => _tools.ContainsKey(name);

    protected ChatTool Tool(string name) => _tools[name];

    /// <summary>Whether the first thing that an answer says may begin a call without any mark; the same right behind a call.</summary>
    protected virtual bool BeginsWithoutMark(char first, bool behindCall) => false;

    /// <summary>Reads from the opening to where the arguments begin. <see cref="Fit.Yes"/> only for a tool that there is.</summary>
    /// <param name="text">What there is, from the opening.</param>
    /// <param name="ended">Whether nothing more will come.</param>
    /// <param name="length">Length of the head.</param>
    /// <param name="name">The tool.</param>
    protected abstract Fit ReadHead(ReadOnlySpan<char> text, bool ended, out int length, out string name);

    /// <summary>Reads arguments. Returns how much of the text it is done with.</summary>
    /// <param name="text">What there is, behind what was read before.</param>
    /// <param name="ended">Whether nothing more will come.</param>
    /// <param name="arguments">JSON to be passed on; empty when none became clear.</param>
    /// <param name="isLast">Whether the call is complete, or broken from here.</param>
    protected abstract int ReadArguments(ReadOnlySpan<char> text, bool ended, out string arguments, out bool isLast);

    private bool StepContent(TextWindow text, TextEnd end, ICollection<AnswerDelta> deltas)
    {
        var ended = end != TextEnd.None;
        var span = text.Span;
        if (span.IsEmpty)
        {
            return false;
        }

        var at = FindOpening(span, ended, out var sure);
        if (at >= 0)
        {
            switch (ReadHead(span[at..], ended, out var length, out var name))
            {
                case Fit.Yes:
                    var said = span[..at].TrimEnd().Length;
                    AddContent(text, said, deltas);
                    text.Skip(at - said + length);
                    Begin(name, deltas);
                    return true;
                case Fit.Partly when !ended && span.Length - at < LongestHead:
                    // White space before what may become a call waits with it.
                    AddContent(text, span[..at].TrimEnd().Length, deltas);
                    return false;
                case Fit.Partly when end == TextEnd.Cut:
                    AddContent(text, span[..at].TrimEnd().Length, deltas);
                    text.Skip(text.Span.Length);
                    return false;
                default:
                    // No call, so it is searched no more.
                    _refused = at + 1;
                    return true;
            }
        }

        if (!ended)
        {
            sure = span[..sure].TrimEnd().Length;
        }

        AddContent(text, sure, deltas);
        return false;
    }

    private bool StepArguments(TextWindow text, bool ended, ICollection<AnswerDelta> deltas)
    {
        var length = ReadArguments(text.Span, ended, out var arguments, out var isLast);
        text.Skip(length);
        if (arguments.Length > 0 && _calls <= _mostCalls)
        {
            deltas.Add(new(AnswerDeltaKind.Arguments, arguments, _calls - 1));
        }

        _state = isLast ? State.Behind : State.Arguments;
        return isLast || length > 0;
    }

    private bool StepBehind(TextWindow text, bool ended)
    {
        var span = text.Span;
        var start = Mark.SkipSpace(span, 0);
        if (start == span.Length)
        {
            text.Skip(start);
            return false;
        }

        var isPartly = false;
        foreach (var tail in _tails)
        {
            switch (tail.Match(span, out var length))
            {
                case Fit.Yes:
                    text.Skip(length);
                    return true;
                case Fit.Partly:
                    isPartly = true;
                    break;
            }
        }

        if (isPartly && !ended)
        {
            return false;
        }

        text.Skip(start);
        _state = State.Content;
        return true;
    }

    // sure: how much is content for certain, where there is no opening.
    private int FindOpening(ReadOnlySpan<char> span, bool ended, out int sure)
    {
        sure = span.Length;
        var first = Mark.SkipSpace(span, 0);
        if (_refused == 0 && _isFresh)
        {
            if (first == span.Length)
            {
                sure = ended ? sure : 0;
                return -1;
            }

            if (BeginsWithoutMark(span[first], behindCall: _calls > 0))
            {
                return first;
            }
        }

        if (_triggers.Length == 0)
        {
            return -1;
        }

        var from = Math.Min(_refused, span.Length);
        var at = span[from..].IndexOfAny(_search);
        if (at >= 0)
        {
            return from + at;
        }

        sure = ended ? span.Length : span.Length - Mark.LongestBeginning(span[from..], _triggers);
        return -1;
    }

    private void AddContent(TextWindow text, int length, ICollection<AnswerDelta> deltas)
    {
        if (length > 0)
        {
            _isFresh = false;
            _refused = Math.Max(0, _refused - length);
            var start = text.Start;
            deltas.Add(new(AnswerDeltaKind.Content, text.Take(length), Start: start));
        }
    }

    private void Begin(string name, ICollection<AnswerDelta> deltas)
    {
        _calls++;
        _isFresh = true;
        _refused = 0;
        _state = State.Arguments;
        if (_calls <= _mostCalls)
        {
            deltas.Add(new(AnswerDeltaKind.Call, name, _calls - 1));
        }
    }
}
