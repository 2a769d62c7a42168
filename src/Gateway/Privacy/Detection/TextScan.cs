namespace Gateway.Privacy.Detection;

/// <summary>
/// The one pass over a folded text: its tokens, the lexicon's phrases among them, and the places of every '@'.
/// </summary>
internal ref struct TextScan(ReadOnlySpan<char> text, Lexicon lexicon)
{
    private const int MostActive = 8;

    private readonly ReadOnlySpan<char> _text = text;
    private readonly Lexicon _lexicon = lexicon;

    // Phrases that may go on with the next word.
    private Active _active;
    private int _activeCount;
    private ulong _dotted;

    public PooledList<Token> Tokens = new(256);
    public PooledList<Label> Labels = new(64);
    public PooledList<int> Ats = new(16);

    /// <summary>The kinds of the countries that the text names.</summary>
    public KindSet Mentioned { get; private set; }

    /// <summary>Reads the text.</summary>
    /// <param name="mostTokens">Where to stop.</param>
    /// <returns>False when there were more tokens.</returns>
    public bool Run(int mostTokens)
    {
        var i = 0;
        while (i < _text.Length)
        {
            var kind = CharClasses.Of(_text[i]);
            if (kind is CharClass.Letter or CharClass.Digit)
            {
                if (Tokens.Count >= mostTokens)
                {
                    return false;
                }

                i = ReadRun(i);
            }
            else
            {
                if (_text[i] == '@')
                {
                    Ats.Add(i);
                }

                i++;
            }
        }

        Mentioned = Labelling.NarrowByCountry(ref Labels, Tokens.Items);
        return true;
    }

    public readonly void Return()
    {
        Tokens.Return();
        Labels.Return();
        Ats.Return();
    }

    // One run of letters and digits. Returns where it ends.
    private int ReadRun(int start)
    {
        var (hash, others, digits, humps, wasLower, firstDigit) = (Lexicon.HashStart, 0, 0, 0, 0, -1);
        var i = start;
        for (; i < _text.Length; i++)
        {
            var c = _text[i];
            if (c is >= '0' and <= '9')
            {
                firstDigit = digits++ == 0 ? i : firstDigit;
            }
            else if ((uint)((c | 0x20) - 'a') < 26)
            {
                var lower = c & 0x20;
                humps += wasLower & ~lower;
                wasLower = lower;
            }
            else if (CharClasses.Of(c) == CharClass.Letter)
            {
                others++;
            }
            else
            {
                break;
            }

            hash = Lexicon.Hash(hash, c);
        }

        CloseGap(start);
        if (digits == i - start)
        {
            Tokens.Add(new(start, i, TokenKind.Digits, Gap.Break, '\0'));
            _activeCount = 0;
            _dotted = 0;
        }
        else if (digits > 0)
        {
            Mixed(start, i, firstDigit, hash);
        }
        else
        {
            Tokens.Add(new(start, i, TokenKind.Word, Gap.Break, '\0'));
            if (i - start == 1 && others == 0)
            {
                Initial(start, i);
            }
            else
            {
                _dotted = 0;
                Word(start, i, hash, humps > 0, _text[start] is >= '\u0600' and < '\u0700');
            }
        }

        return i;
    }

    private void Word(int start, int end, ulong hash, bool humps, bool arabic)
    {
        var word = arabic ? _lexicon.ArabicWord(_text[start..end]) : _lexicon.Word(hash);
        if (word != Lexicon.Unknown || !humps)
        {
            Feed(word, start, end);
            return;
        }

        // cpfTitular: a word begins at each capital behind a small letter.
        var pieceStart = start;
        for (var i = start + 1; i <= end; i++)
        {
            if (i == end || (_text[i] is >= 'A' and <= 'Z' && _text[i - 1] is >= 'a' and <= 'z'))
            {
                Feed(_lexicon.Word(Lexicon.HashOf(_text[pieceStart..i])), pieceStart, i);
                pieceStart = i;
            }
        }
    }

    // "CPF52998224725" is a label and its number; "sha256" is a word.
    private void Mixed(int start, int end, int firstDigit, ulong whole)
    {
        _dotted = 0;
        var word = _lexicon.Word(whole);
        if (word == Lexicon.Unknown && firstDigit - start >= 2 && end - firstDigit is >= 6 and <= 20 && _text[firstDigit..end].IndexOfAnyExceptInRange('0', '9') < 0
            && _lexicon.Word(Lexicon.HashOf(_text[start..firstDigit])) is > 0 and var label
            && _lexicon.TryNext(0, label, out var node) && _lexicon.Meaning(node) is { Role: LabelRole.Label or LabelRole.Other })
        {
            Tokens.Add(new(start, firstDigit, TokenKind.Word, Gap.Joined, '\0'));
            Feed(label, start, firstDigit);
            Tokens.Add(new(firstDigit, end, TokenKind.Digits, Gap.Break, '\0'));
            _activeCount = 0;
            return;
        }

        Tokens.Add(new(start, end, TokenKind.Mixed, Gap.Break, '\0'));
        Feed(word, start, end);
    }

    // Letters with dots between them are one word: C.P.F.
    private void Initial(int start, int end)
    {
        var last = Tokens.Count - 1;
        var joined = _dotted != 0 && last > 0 && Tokens[last - 1] is { Gap: Gap.Tight, Sign: '.' };
        _dotted = Lexicon.Hash(joined ? _dotted : Lexicon.HashStart, _text[start]);
        if (joined)
        {
            var first = last;
            while (first > 0 && Tokens[first].Length == 1 && Tokens[first - 1] is { Gap: Gap.Tight, Sign: '.', Length: 1 } && last - first < 6)
            {
                first--;
            }

            var word = _lexicon.Word(_dotted);
            if (word > 0)
            {
                Feed(word, Tokens[first].Start, end, first);
            }

            return;
        }

        Feed(_lexicon.Word(_dotted), start, end);
    }

    private void Feed(int word, int start, int end) => Feed(word, start, end, Tokens.Count - 1);

    private void Feed(int word, int start, int end, int firstToken)
    {
        if (word == Lexicon.Skipped)
        {
            return;
        }

        if (word == Lexicon.Unknown)
        {
            _activeCount = 0;
            return;
        }

        var kept = 0;
        for (var a = 0; a < _activeCount; a++)
        {
            var one = _active[a];
            if (_lexicon.TryNext(one.Node, word, out var next))
            {
                _active[kept++] = one with { Node = next };
                Emit(next, one.Start, end, one.Token);
            }
        }

        if (kept < MostActive && _lexicon.TryNext(0, word, out var first))
        {
            _active[kept++] = (first, start, firstToken);
            Emit(first, start, end, firstToken);
        }

        _activeCount = kept;
    }

    // The longest phrase counts; those within it go.
    private void Emit(int node, int start, int end, int firstToken)
    {
        if (_lexicon.Meaning(node) is not { } meaning)
        {
            return;
        }

        while (Labels.Count > 0 && Labels[Labels.Count - 1].Start >= start)
        {
            Labels.Truncate(Labels.Count - 1);
        }

        if (Labels.Count > 0)
        {
            ref var last = ref Labels[Labels.Count - 1];
            if (last.End >= end)
            {
                return;
            }

            // "Kenya id" and "id no" are one label, of what both mean.
            if (last.End > start && last.Role == LabelRole.Label && (last.Kinds & meaning.Kinds) is { IsEmpty: false } both)
            {
                (last.End, last.Last, last.Kinds) = (end, Tokens.Count - 1, both);
                return;
            }
        }

        Labels.Add(new(start, end, firstToken, Tokens.Count - 1, meaning.Role, (byte)meaning.Points, meaning.Kinds));
    }

    // What stands between the last token and the one that starts here.
    private void CloseGap(int start)
    {
        if (Tokens.Count == 0)
        {
            return;
        }

        ref var last = ref Tokens[Tokens.Count - 1];
        var gap = _text[last.End..start];
        (last.Gap, last.Sign) = Gaps.Between(gap);
        if (gap.Length > 1 || last.Gap == Gap.Line)
        {
            last.Cut = Sentences.CutIn(_text, last, gap, start);
        }

        // Phrases do not go over the end of a line or a sentence.
        if (last.Gap is Gap.Break or Gap.Line || (last.Gap == Gap.Soft && last.Sign is '.' or ','))
        {
            _activeCount = 0;
        }
    }

    [System.Runtime.CompilerServices.InlineArray(MostActive)]
    private struct Active
    {
        private (int Node, int Start, int Token) _first;
    }
}
