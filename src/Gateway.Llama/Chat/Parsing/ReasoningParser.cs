namespace Gateway.Llama.Chat.Parsing;

/// <summary>Tells what a model thinks from what it answers. The marks around its thoughts belong to neither.</summary>
/// <param name="marks">What opens and closes the thoughts.</param>
/// <param name="isOpen">Whether the prompt has opened them already.</param>
internal sealed class ReasoningParser(ReasoningMarks marks, bool isOpen)
{
    private readonly Mark _open = new(marks.Open);
    private readonly string _close = marks.Close.Trim();
    private bool _hasBegun;
    private State _state = isOpen ? State.Opened : State.Before;

    private enum State
    {
        Before,
        Opened,
        Inside,
        Closed,
        Done,
    }

    /// <summary>Whether the answer has begun: all that follows is answer.</summary>
    public bool IsDone => _state == State.Done;

    /// <summary>Goes on. False when more of the text is needed, or the answer has begun.</summary>
    public bool Step(TextWindow text, bool ended, ICollection<AnswerDelta> deltas)
    {
        switch (_state)
        {
            case State.Before:
                return Open(text, ended, otherwise: State.Done);
            case State.Opened:
                // A model whose prompt has opened its thoughts may open them once more.
                return Open(text, ended, otherwise: State.Inside);
            case State.Inside:
                return Think(text, ended, deltas);
            case State.Closed:
                // White space behind the thoughts sets them off; it is no part of the answer.
                text.Skip(Mark.SkipSpace(text.Span, 0));
                _state = text.Span.IsEmpty && !ended ? State.Closed : State.Done;
                return false;
            default:
                return false;
        }
    }

    private bool Open(TextWindow text, bool ended, State otherwise)
    {
        var fit = _open.Match(text.Span, out var length);
        if (fit == Fit.Partly && !ended)
        {
            return false;
        }

        var isOpening = fit == Fit.Yes;
        text.Skip(isOpening ? length : 0);
        _state = isOpening ? State.Inside : otherwise;
        return true;
    }

    private bool Think(TextWindow text, bool ended, ICollection<AnswerDelta> deltas)
    {
        if (!_hasBegun)
        {
            text.Skip(Mark.SkipSpace(text.Span, 0));
        }

        var span = text.Span;
        var end = span.IndexOf(_close, StringComparison.Ordinal);
        var sure = end >= 0 ? span[..end].TrimEnd().Length
            : ended ? span.Length
            : span[..^Mark.LongestBeginning(span, [_close])].TrimEnd().Length;
        if (sure > 0)
        {
            _hasBegun = true;
            deltas.Add(new(AnswerDeltaKind.Reasoning, new string(span[..sure])));
        }

        if (end < 0)
        {
            text.Skip(sure);
            return false;
        }

        text.Skip(end + _close.Length);
        _state = State.Closed;
        return true;
    }
}
