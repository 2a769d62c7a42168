using Gateway.Llama.Tokenizing;
using LLama.Native;

namespace Gateway.Llama.Vectors;

/// <summary>
/// Puts query and document together as llama-server does (format_prompt_rerank): by the template "rerank" of the file, with the marks
/// {query} and {document}; else BOS query EOS SEP document EOS, of those tokens what the vocabulary wants.
/// </summary>
internal sealed class PairTokenizer
{
    private const string QueryMark = "{query}";
    private const string DocumentMark = "{document}";

    private readonly LlamaTokenizer _tokenizer;
    private readonly string? _template;
    private readonly int[] _before = [];
    private readonly int[] _between = [];
    private readonly int[] _after = [];

    public PairTokenizer(SafeLlamaModelHandle model, LlamaTokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _template = model.GetTemplate("rerank");
        if (_template is null)
        {
            var vocabulary = model.Vocab;
            var end = vocabulary.EOS != LLamaToken.InvalidToken ? vocabulary.EOS : vocabulary.SEP;
            _before = Tokens((vocabulary.ShouldAddBOS, vocabulary.BOS));
            _between = Tokens((vocabulary.ShouldAddEOS, end), (vocabulary.ShouldAddSEP, vocabulary.SEP));
            _after = Tokens((vocabulary.ShouldAddEOS, end));
        }
    }

    public RerankPair Tokenize(string query, string document)
    {
        if (_template is not null)
        {
            return Render(_template, query, document);
        }

        int[] head = [.. _before, .. AsText(query), .. _between];
        var text = AsText(document);
        return new([.. head, .. text, .. _after], head, text, _after);
    }

    private RerankPair Render(string template, string query, string document)
    {
        // The parts are needed where a document is cut. A whole one is tokenised with what is around it, since that may merge at the border.
        var at = template.IndexOf(DocumentMark, StringComparison.Ordinal);
        var (before, behind) = at < 0 ? (template, "") : (template[..at], template[(at + DocumentMark.Length)..]);
        return new(
            _tokenizer.Tokenize(Fill(template, query, document), addSpecial: false),
            _tokenizer.Tokenize(Fill(before, query, document), addSpecial: false),
            at < 0 ? [] : AsText(document),
            _tokenizer.Tokenize(Fill(behind, query, document), addSpecial: false));
    }

    // The texts are the caller's: what they hold never becomes a special token, nor a mark.
    private static PromptText Fill(string template, string query, string document)
    {
        var text = new System.Text.StringBuilder();
        var untrusted = new List<TextSpan>();
        var at = 0;
        while (at < template.Length)
        {
            var rest = template.AsSpan(at);
            var (mark, value) = rest.StartsWith(QueryMark, StringComparison.Ordinal) ? (QueryMark, query)
                : rest.StartsWith(DocumentMark, StringComparison.Ordinal) ? (DocumentMark, document)
                : ("", "");
            if (mark.Length > 0)
            {
                untrusted.Add(new TextSpan(text.Length, value.Length));
                text.Append(value);
                at += mark.Length;
            }
            else
            {
                text.Append(template[at++]);
            }
        }

        return new(text.ToString(), untrusted);
    }

    private int[] AsText(string text) => _tokenizer.Tokenize(new PromptText(text, [new TextSpan(0, text.Length)]), addSpecial: false);

    private static int[] Tokens(params ReadOnlySpan<(bool Wanted, LLamaToken Token)> tokens)
    {
        var wanted = new List<int>();
        foreach (var (isWanted, token) in tokens)
        {
            if (isWanted && token != LLamaToken.InvalidToken)
            {
                wanted.Add(token.Value);
            }
        }

        return [.. wanted];
    }
}
