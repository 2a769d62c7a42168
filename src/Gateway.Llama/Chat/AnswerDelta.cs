namespace Gateway.Llama.Chat;

/// <summary>What a part of an answer is.</summary>
public enum AnswerDeltaKind
{
    /// <summary>Text for the user.</summary>
    Content,

    /// <summary>What the model thought before it answered.</summary>
    Reasoning,

    /// <summary>A call begins: <see cref="AnswerDelta.Text"/> is the tool's name.</summary>
    Call,

    /// <summary>More of a call's arguments, which are JSON as text.</summary>
    Arguments,
}

/// <summary>A part of an answer, as it becomes clear what it is.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text, not empty.</param>
/// <param name="Call">Which call, from 0; of calls and arguments.</param>
/// <param name="Start">Where the text begins in the model's own output, in UTF-16 code units; of content.</param>
public readonly record struct AnswerDelta(AnswerDeltaKind Kind, string Text, int Call = 0, int Start = 0);
