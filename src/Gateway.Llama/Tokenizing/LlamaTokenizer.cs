using LLama.Native;

namespace Gateway.Llama.Tokenizing;

/// <summary>Texts to tokens and back. Safe on several threads.</summary>
internal sealed class LlamaTokenizer
{
    private readonly SafeLlamaModelHandle.Vocabulary _vocabulary;
    private readonly bool _canAddSpecial;
    private readonly int[] _before;
    private readonly int[] _after;

    public LlamaTokenizer(SafeLlamaModelHandle.Vocabulary vocabulary, string? chatTemplate)
    {
        _vocabulary = vocabulary;
        Special = new SpecialTokens(vocabulary, chatTemplate);
        _canAddSpecial = CanAddSpecial(vocabulary);

        // What a text is wrapped in: nothing, a token in front, or one behind it too.
        var wrapping = _canAddSpecial ? vocabulary.Tokenize("", addSpecial: true, parseSpecial: false) : [];
        var front = wrapping.Length > 0 && (wrapping.Length > 1 || wrapping[0] == vocabulary.BOS.Value) ? 1 : 0;
        _before = wrapping[..front];
        _after = wrapping[front..];
    }

    public SpecialTokens Special { get; }

    /// <summary>What is put before a text that wants special tokens: nothing, or one token.</summary>
    public ReadOnlySpan<int> Before => _before;

    /// <summary>What is put behind it.</summary>
    public ReadOnlySpan<int> After => _after;

    public int[] Tokenize(ReadOnlySpan<char> text, bool addSpecial, bool parseSpecial)
    {
        if (!MustCut(text))
        {
            return _vocabulary.Tokenize(text, addSpecial && _canAddSpecial, parseSpecial);
        }

        var tokens = new List<int>(addSpecial ? _before : []);
        if (parseSpecial)
        {
            AppendGuarded(new PromptText(text.ToString(), []), tokens);
        }
        else
        {
            AppendRun(text, tokens);
        }

        if (addSpecial)
        {
            tokens.AddRange(_after);
        }

        return [.. tokens];
    }

    /// <summary>Tokens of a prompt: special ones are recognised in what is not the caller's text.</summary>
    public int[] Tokenize(PromptText prompt, bool addSpecial)
    {
        CheckSpans(prompt);
        if (!HasSpecialTextOfCaller(prompt) && !MustCut(prompt.Text))
        {
            return WithoutDoubledBos(Tokenize(prompt.Text, addSpecial, parseSpecial: true), addSpecial);
        }

        var tokens = new List<int>(addSpecial ? _before : []);
        AppendGuarded(prompt, tokens);
        if (addSpecial)
        {
            tokens.AddRange(_after);
        }

        return WithoutDoubledBos([.. tokens], addSpecial);
    }

    public string Detokenize(ReadOnlySpan<int> tokens, bool special) => _vocabulary.Detokenize(tokens, special);

    /// <summary>Writes the UTF-8 text of a generated token. Returns its length, negative when the span is too small.</summary>
    /// <param name="token">The token.</param>
    /// <param name="destination">Takes the text.</param>
    /// <param name="special">Whether special tokens have one.</param>
    public int TokenToSpan(int token, Span<byte> destination, bool special) => _vocabulary.TokenToSpan(token, destination, special);

    /// <summary>The UTF-8 text of any token.</summary>
    public byte[] TokenToBytes(int token, bool special)
    {
        Span<byte> small = stackalloc byte[64];
        var length = _vocabulary.TokenToSpan(token, small, special);
        if (length >= 0)
        {
            return small[..length].ToArray();
        }

        var large = new byte[-length];
        length = _vocabulary.TokenToSpan(token, large, special);
        return large[..length];
    }

    /// <summary>libllama asserts that the tokens to be added exist, and a failed assertion ends the process.</summary>
    private static bool CanAddSpecial(SafeLlamaModelHandle.Vocabulary vocabulary)
    {
        var hasBos = vocabulary.BOS != LLamaToken.InvalidToken;
        return vocabulary.Type == LLamaVocabType.WordPiece
            ? hasBos && vocabulary.SEP != LLamaToken.InvalidToken
            : (hasBos || !vocabulary.ShouldAddBOS) && (vocabulary.EOS != LLamaToken.InvalidToken || !vocabulary.ShouldAddEOS);
    }

    private static void CheckSpans(PromptText prompt)
    {
        var end = 0;
        foreach (var span in prompt.Untrusted)
        {
            if (span.Start < end || span.Length < 0 || span.Length > prompt.Text.Length - span.Start)
            {
                throw new ArgumentException("The untrusted stretches must ascend, not overlap, and lie in the text.", nameof(prompt));
            }

            end = span.End;
        }
    }

    /// <summary>Whether a special token's text stands in the caller's text, or only comes about at its border.</summary>
    private bool HasSpecialTextOfCaller(PromptText prompt)
    {
        var reach = Special.LongestText - 1;
        var text = prompt.Text.AsMemory();
        foreach (var span in prompt.Untrusted)
        {
            if (span.Length == 0)
            {
                continue;
            }

            var at = Math.Max(0, span.Start - reach);
            var end = (int)Math.Min(text.Length, (long)span.End + reach);
            while (at < span.End)
            {
                var found = Special.IndexOfAny(text.Span[at..end]);
                if (found < 0 || at + found >= span.End)
                {
                    break;
                }

                at += found;
                foreach (var token in Special.At(text[at..]))
                {
                    if (at + token.Text.Length > span.Start)
                    {
                        return true;
                    }
                }

                at++;
            }
        }

        return false;
    }

    /// <summary>
    /// Takes the special tokens of trusted text out, the leftmost and of those the longest first, and tokenises what lies between them with
    /// special parsing off.
    /// </summary>
    private void AppendGuarded(PromptText prompt, List<int> tokens)
    {
        var text = prompt.Text.AsMemory();
        var start = 0;
        var at = 0;
        var next = 0;
        while (at < text.Length)
        {
            var found = Special.IndexOfAny(text.Span[at..]);
            if (found < 0)
            {
                break;
            }

            at += found;
            while (next < prompt.Untrusted.Count && prompt.Untrusted[next].End <= at)
            {
                next++;
            }

            // Untrusted text begins here at the earliest.
            var trustedEnd = Math.Max(at, next < prompt.Untrusted.Count ? NextUntrusted(prompt, next) : text.Length);
            var token = Special.At(text[at..trustedEnd]).FirstOrDefault();
            if (token is null)
            {
                at++;
                continue;
            }

            var run = text.Span[start..at];
            AppendText(token.Attributes.HasFlag(LLamaTokenAttr.LStrip) ? run.TrimEnd(" \t\n\v\f\r") : run, tokens);
            tokens.Add(token.Id);
            at += token.Text.Length;
            while (token.Attributes.HasFlag(LLamaTokenAttr.RStrip) && at < text.Length && " \t\n\v\f\r".Contains(text.Span[at], StringComparison.Ordinal))
            {
                at++;
            }

            start = at;
        }

        AppendText(text.Span[start..], tokens);
    }

    private static int NextUntrusted(PromptText prompt, int index)
    {
        while (index < prompt.Untrusted.Count && prompt.Untrusted[index].Length == 0)
        {
            index++;
        }

        return index < prompt.Untrusted.Count ? prompt.Untrusted[index].Start : prompt.Text.Length;
    }

    /// <summary>Tokenises a run so that no special token comes out, whatever special text stands in it.</summary>
    private void AppendText(ReadOnlySpan<char> run, List<int> tokens)
    {
        if (run.IsEmpty)
        {
            return;
        }

        var start = tokens.Count;
        AppendRun(run, tokens);
        if (tokens.FindIndex(start, Special.IsGuarded) < 0)
        {
            return;
        }

        tokens.RemoveRange(start, tokens.Count - start);

        // User-defined tokens are recognised even with special parsing off, and some tokenizers merge a control token's text back into the
        // token. Neither can happen to a text that is cut in two.
        var pieceStart = 0;
        var at = 0;
        while (Special.IndexOfAny(run[at..]) is >= 0 and var found)
        {
            at += found;
            var cut = at + (char.IsHighSurrogate(run[at]) && at + 1 < run.Length ? 2 : 1);
            AppendPiece(run[pieceStart..cut], tokens);
            pieceStart = cut;
            at++;
        }

        AppendPiece(run[pieceStart..], tokens);
    }

    private void AppendPiece(ReadOnlySpan<char> piece, List<int> tokens)
    {
        if (!piece.IsEmpty)
        {
            // Only a control token whose text is a single character can still be here.
            var start = tokens.Count;
            AppendRun(piece, tokens);
            for (var i = tokens.Count - 1; i >= start; i--)
            {
                if (Special.IsGuarded(tokens[i]))
                {
                    tokens.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>Tokenises a text in pieces that libllama can take.</summary>
    private void AppendRun(ReadOnlySpan<char> run, List<int> tokens)
    {
        while (!run.IsEmpty)
        {
            var length = _vocabulary.Type == LLamaVocabType.BytePairEncoding ? LongRuns.FirstPiece(run) : run.Length;
            tokens.AddRange(_vocabulary.Tokenize(run[..length], addSpecial: false, parseSpecial: false));
            run = run[length..];
        }
    }

    private bool MustCut(ReadOnlySpan<char> text) => _vocabulary.Type == LLamaVocabType.BytePairEncoding && LongRuns.Any(text);

    private int[] WithoutDoubledBos(int[] tokens, bool addSpecial) =>
        addSpecial && _before.Length == 1 && tokens.Length > 1 && tokens[0] == _before[0] && tokens[1] == _before[0] ? tokens[1..] : tokens;
}
