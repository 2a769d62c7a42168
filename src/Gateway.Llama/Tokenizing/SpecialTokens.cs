using System.Buffers;
using System.Collections.Frozen;
using LLama.Native;

namespace Gateway.Llama.Tokenizing;

/// <summary>A token that stands for a text of its own rather than for a piece of words.</summary>
internal sealed record SpecialToken(int Id, string Text, LLamaTokenAttr Attributes);

/// <summary>
/// The special tokens of a vocabulary that a caller's text must not turn into: control tokens, and those user-defined ones that structure
/// a conversation: they end an answer, or the chat template writes them. Other user-defined tokens (runs of spaces, HTML tags) are words.
/// </summary>
internal sealed class SpecialTokens
{
    private readonly SearchValues<string> _texts;
    private readonly FrozenDictionary<char, SpecialToken[]> _byFirst;
    private readonly bool[] _guarded;
    private readonly bool[] _endsGeneration;

    public SpecialTokens(SafeLlamaModelHandle.Vocabulary vocabulary, string? chatTemplate)
    {
        _guarded = new bool[vocabulary.Count];
        _endsGeneration = new bool[_guarded.Length];
        var tokens = new List<SpecialToken>();
        for (var id = 0; id < _guarded.Length; id++)
        {
            LLamaToken known = id;
            var attribute = known.GetAttributes(vocabulary);
            var ends = known.IsEndOfGeneration(vocabulary);
            _endsGeneration[id] = ends;
            if ((attribute & (LLamaTokenAttr.Control | LLamaTokenAttr.Unknown | LLamaTokenAttr.UserDefined)) != LLamaTokenAttr.Undefined)
            {
                var token = new SpecialToken(id, vocabulary.LLamaTokenToString(known, isSpecialToken: true) ?? "", attribute);
                if (token.Text.Length > 0 && IsStructure(token, ends, chatTemplate))
                {
                    tokens.Add(token);

                    // "Unknown" is what a tokenizer makes of letters that it does not know.
                    _guarded[id] = !attribute.HasFlag(LLamaTokenAttr.Unknown);
                }
            }
        }

        LongestText = tokens.Count == 0 ? 0 : tokens.Max(token => token.Text.Length);
        _texts = SearchValues.Create([.. tokens.Select(token => token.Text)], StringComparison.Ordinal);
        _byFirst = tokens.GroupBy(token => token.Text[0])
            .ToFrozenDictionary(group => group.Key, group => group.OrderByDescending(token => token.Text.Length).ToArray());
    }

    /// <summary>Length of the longest text, 0 when there is no special token.</summary>
    public int LongestText { get; }

    /// <summary>Whether the token must not come out of a caller's text.</summary>
    public bool IsGuarded(int token) => _guarded[token];

    public bool EndsGeneration(int token) => _endsGeneration[token];

    /// <summary>Index of the first place where some special token's text stands, or -1.</summary>
    public int IndexOfAny(ReadOnlySpan<char> text) => LongestText == 0 ? -1 : text.IndexOfAny(_texts);

    /// <summary>The tokens whose text <paramref name="text"/> begins with, longest first.</summary>
    public IEnumerable<SpecialToken> At(ReadOnlyMemory<char> text) =>
        text.IsEmpty || !_byFirst.TryGetValue(text.Span[0], out var tokens)
            ? []
            : tokens.Where(token => text.Span.StartsWith(token.Text, StringComparison.Ordinal));

    private static bool IsStructure(SpecialToken token, bool endsGeneration, string? chatTemplate) =>
        !token.Attributes.HasFlag(LLamaTokenAttr.UserDefined)
        || endsGeneration
        || (token.Text.Length > 1
            && token.Text.AsSpan().IndexOfAnyExcept(" \t\r\n\u2581") >= 0
            && chatTemplate?.Contains(token.Text, StringComparison.Ordinal) == true);
}
