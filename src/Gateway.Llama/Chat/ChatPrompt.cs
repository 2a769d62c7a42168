using Gateway.Llama.Chat.Parsing;

namespace Gateway.Llama.Chat;

/// <summary>A conversation as its model reads it, and what its answer will look like.</summary>
public sealed class ChatPrompt
{
    internal ChatPrompt(PromptText text, ReasoningMarks? reasoning, bool isThinking, ToolCallShape shape)
    {
        Text = text;
        Reasoning = reasoning;
        IsThinking = isThinking;
        Shape = shape;
    }

    /// <summary>The text, in which the caller's stretches are marked.</summary>
    public PromptText Text { get; }

    /// <summary>Whether the answer begins within the model's thoughts.</summary>
    public bool IsThinking { get; }

    internal ReasoningMarks? Reasoning { get; }

    internal ToolCallShape Shape { get; }

    /// <summary>What reads an answer to this prompt.</summary>
    /// <param name="tools">Tools that may be called; where there are none, the answer is text.</param>
    /// <param name="parallel">Whether several may be called.</param>
    public AnswerParser CreateParser(IReadOnlyList<ChatTool> tools, bool parallel)
    {
        ArgumentNullException.ThrowIfNull(tools);
        return new AnswerParser(
            Reasoning is null ? null : new ReasoningParser(Reasoning, IsThinking),
            tools.Count == 0 ? null : Shape.CreateParser(tools.ToDictionary(t => t.Name, StringComparer.Ordinal), parallel ? int.MaxValue : 1));
    }
}
