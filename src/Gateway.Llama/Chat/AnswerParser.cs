using Gateway.Llama.Chat.Parsing;

namespace Gateway.Llama.Chat;

/// <summary>
/// Tells apart what stands in a model's output: thoughts, text, and calls of tools. It takes the text in whatever pieces it comes; the same
/// text gives the same answer. For one answer, and one thread at a time.
/// </summary>
public sealed class AnswerParser
{
    private readonly ReasoningParser? _reasoning;
    private readonly ToolCallParser? _calls;
    private readonly TextWindow _text = new();
    private int _received;

    /// <summary>Reads an answer that is all text.</summary>
    public AnswerParser()
    {
    }

    internal AnswerParser(ReasoningParser? reasoning, ToolCallParser? calls)
    {
        _reasoning = reasoning;
        _calls = calls;
    }

    /// <summary>Takes a piece of the output.</summary>
    /// <param name="text">The piece.</param>
    /// <param name="deltas">Takes what became clear with it.</param>
    public void Append(string text, ICollection<AnswerDelta> deltas)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(deltas);
        var start = _received;
        _received += text.Length;
        if (_calls is null && _reasoning is null or { IsDone: true } && _text.Span.IsEmpty)
        {
            if (text.Length > 0)
            {
                deltas.Add(new(AnswerDeltaKind.Content, text, Start: start));
            }

            return;
        }

        _text.Append(text, start);
        Run(TextEnd.None, deltas);
    }

    /// <summary>The output has ended: what was held back becomes what it is without what did not come.</summary>
    /// <param name="deltas">Takes it.</param>
    /// <param name="wasCut">Whether the model had more to say: then what may have become a call is left out.</param>
    public void Finish(ICollection<AnswerDelta> deltas, bool wasCut)
    {
        ArgumentNullException.ThrowIfNull(deltas);
        Run(wasCut ? TextEnd.Cut : TextEnd.Whole, deltas);
    }

    private void Run(TextEnd end, ICollection<AnswerDelta> deltas)
    {
        var ended = end != TextEnd.None;
        if (_reasoning is { IsDone: false })
        {
            while (_reasoning.Step(_text, ended, deltas))
            {
            }

            if (!_reasoning.IsDone && !ended)
            {
                return;
            }
        }

        if (_calls is not null)
        {
            while (_calls.Step(_text, end, deltas))
            {
            }
        }

        if (_text.Span is { IsEmpty: false, Length: var length } && (_calls is null || ended))
        {
            var start = _text.Start;
            deltas.Add(new(AnswerDeltaKind.Content, _text.Take(length), Start: start));
        }
    }
}
