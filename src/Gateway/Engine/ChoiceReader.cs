using System.Security.Cryptography;
using System.Text;
using Gateway.Api;
using Gateway.Llama;
using Gateway.Llama.Chat;

namespace Gateway.Engine;

/// <summary>Reads one generation as the choice that it is: tells its parts, and which tokens are its text.</summary>
internal sealed class ChoiceReader(Generation generation, AnswerParser parser, LlamaEngine engine, IReadOnlySet<int> visibleTokens)
{
    private const string IdLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int IdLength = 24;

    private readonly List<AnswerDelta> _deltas = [];
    private readonly Queue<TextToken> _tokens = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private int _tokenEnd;

    /// <summary>The choice as far as it was read.</summary>
    public Choice Choice { get; } = new();

    public Generation Generation => generation;

    /// <summary>Waits for more. Returns what became clear, which may be nothing; the choice has ended once it has a reason.</summary>
    public async ValueTask<IReadOnlyList<ChoicePiece>> ReadAsync(CancellationToken cancellationToken)
    {
        var chunk = await generation.ReadAsync(cancellationToken);
        foreach (var token in chunk.Logprobs)
        {
            Take(token);
        }

        _deltas.Clear();
        parser.Append(chunk.Text, _deltas);
        if (chunk.IsLast)
        {
            parser.Finish(_deltas, wasCut: generation.FinishReason != FinishReason.Stop);
            Choice.FinishReason = generation.FinishReason;
        }

        if (_deltas.Count == 0)
        {
            return [];
        }

        var pieces = new ChoicePiece[_deltas.Count];
        for (var i = 0; i < pieces.Length; i++)
        {
            var delta = _deltas[i];
            var id = delta.Kind == AnswerDeltaKind.Call ? "call_" + RandomNumberGenerator.GetString(IdLetters, IdLength) : null;
            pieces[i] = new ChoicePiece(delta.Kind, delta.Text, delta.Call, id, delta.Kind == AnswerDeltaKind.Content ? TokensOf(delta) : []);
            Choice.Add(pieces[i]);
        }

        return pieces;
    }

    private void Take(GeneratedToken token)
    {
        var start = _tokenEnd;
        var shown = engine.TokenToAnswer(token.Chosen.Token, visibleTokens);
        _tokenEnd += _decoder.GetCharCount(shown, flush: false);

        // Counting does not move the decoder on.
        _decoder.GetChars(shown, new char[shown.Length + 2], flush: false);
        _tokens.Enqueue(new TextToken(Score(token.Chosen), [.. token.Top.Select(Score)], start));
    }

    // Those before the text belong to marks, or to thoughts.
    private List<TextToken> TokensOf(AnswerDelta content)
    {
        var tokens = new List<TextToken>();
        while (_tokens.TryPeek(out var token) && token.Start < content.Start + content.Text.Length)
        {
            _tokens.Dequeue();
            if (token.Start >= content.Start)
            {
                tokens.Add(token);
            }
        }

        return tokens;
    }

    private ScoredToken Score(TokenLogprob token) => new(engine.TokenToBytes(token.Token), token.Logprob);
}
