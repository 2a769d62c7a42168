using System.Diagnostics.CodeAnalysis;
using Gateway.Llama.Chat.Parsing;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>A conversation as its model reads it, and what its answer will look like.</summary>
public sealed class ChatPrompt
{
    private readonly ConstraintCache _constraints;

    internal ChatPrompt(PromptText text, ReasoningMarks? reasoning, ToolCallShape shape, ConstraintCache constraints)
    {
        Text = text;
        Reasoning = reasoning;
        Shape = shape;
        _constraints = constraints;
        var end = text.Text.AsSpan().TrimEnd();
        IsThinking = reasoning is not null && end.EndsWith(reasoning.Open, StringComparison.Ordinal);
        MayThink = reasoning is not null && !IsThinking && !end.EndsWith(reasoning.Close, StringComparison.Ordinal);
    }

    /// <summary>The text, in which the caller's stretches are marked.</summary>
    public PromptText Text { get; }

    /// <summary>Whether the answer begins within the model's thoughts.</summary>
    public bool IsThinking { get; }

    /// <summary>Whether the model may open its thoughts itself.</summary>
    internal bool MayThink { get; }

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

    /// <summary>Finds what binds an answer to this prompt.</summary>
    /// <param name="rules">What it has to keep to.</param>
    /// <param name="constraint">What binds it; null where nothing does.</param>
    /// <param name="error">Why a schema cannot be held.</param>
    public bool TryConstrain(AnswerRules rules, out GrammarConstraint? constraint, [NotNullWhen(false)] out SchemaError? error)
    {
        ArgumentNullException.ThrowIfNull(rules);
        constraint = _constraints.Get(this, rules, out error);
        return error is null;
    }
}
