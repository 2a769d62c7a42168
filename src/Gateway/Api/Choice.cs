using System.Text;
using Gateway.Llama;
using Gateway.Llama.Chat;

namespace Gateway.Api;

/// <summary>One of the answers to a request, as far as it has come.</summary>
internal sealed class Choice
{
    private readonly StringBuilder _content = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<ChoiceCall> _calls = [];
    private readonly List<TextToken> _tokens = [];

    /// <summary>Text for the user.</summary>
    public string Content => _content.ToString();

    public bool HasContent => _content.Length > 0;

    /// <summary>What the model thought; empty when it did not.</summary>
    public string Reasoning => _reasoning.ToString();

    /// <summary>The tools that it called.</summary>
    public IReadOnlyList<ChoiceCall> Calls => _calls;

    /// <summary>The tokens of <see cref="Content"/>, where log probabilities were asked for.</summary>
    public IReadOnlyList<TextToken> Tokens => _tokens;

    /// <summary>Why it ended; null until then.</summary>
    public FinishReason? FinishReason { get; set; }

    public void Add(ChoicePiece piece)
    {
        _tokens.AddRange(piece.Tokens);
        switch (piece.Kind)
        {
            case AnswerDeltaKind.Content:
                _content.Append(piece.Text);
                break;
            case AnswerDeltaKind.Reasoning:
                _reasoning.Append(piece.Text);
                break;
            case AnswerDeltaKind.Call:
                _calls.Add(new ChoiceCall(piece.CallId!, piece.Text));
                break;
            case AnswerDeltaKind.Arguments:
                _calls[^1].Arguments.Append(piece.Text);
                break;
        }
    }
}

/// <summary>A call of a tool in the making.</summary>
internal sealed record ChoiceCall(string Id, string Name)
{
    public StringBuilder Arguments { get; } = new();
}

/// <summary>The next piece of a choice.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text; of a call that begins, the tool's name.</param>
/// <param name="Call">Which call it belongs to, from 0.</param>
/// <param name="CallId">Of a call that begins, its id.</param>
/// <param name="Tokens">The tokens of a content's text, where log probabilities were asked for.</param>
internal readonly record struct ChoicePiece(AnswerDeltaKind Kind, string Text, int Call, string? CallId, IReadOnlyList<TextToken> Tokens);

/// <summary>A token of an answer's text with its log probabilities.</summary>
/// <param name="Chosen">The token.</param>
/// <param name="Top">The likeliest tokens at its place.</param>
/// <param name="Start">Where its text begins in the model's output, in UTF-16 code units.</param>
internal readonly record struct TextToken(ScoredToken Chosen, IReadOnlyList<ScoredToken> Top, int Start);

/// <summary>A token and how likely it was.</summary>
/// <param name="Bytes">Its text in UTF-8; it may be a part of a character.</param>
/// <param name="Logprob">Natural logarithm of its probability.</param>
internal readonly record struct ScoredToken(byte[] Bytes, float Logprob)
{
    // What OpenAI writes for tokens that cannot be drawn; JSON has no infinity.
    private const float Least = -9999f;

    public float FiniteLogprob => Logprob > Least ? Logprob : Least;

    /// <summary>Its text; U+FFFD where it is a part of a character.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);
}
