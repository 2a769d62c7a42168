namespace Gateway.Privacy.Detection;

/// <summary>What the finders share: the text, what was read of it, and the values found so far.</summary>
internal ref struct Finder(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, ReadOnlySpan<Label> labels, KindSet mentioned, int mostCandidates)
{
    // Of two kinds that a value may be, it is that of the country the text speaks of.
    private const int MentionedCountry = 3;

    private readonly KindSet _mentioned = mentioned;
    private readonly int _mostCandidates = mostCandidates;
    private Columns _columns;
    private Surroundings _before;
    private Surroundings _around;
    private int _nextLabel;
    private int _beforeOf = -1;
    private int _aroundOf = -1;

    public readonly ReadOnlySpan<char> Text = text;
    public readonly ReadOnlySpan<Token> Tokens = tokens;
    public readonly ReadOnlySpan<Label> Labels = labels;
    public PooledList<Candidate> Candidates = new(64);

    /// <summary>Whether there were more values to weigh than the budget has.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>What stands around some tokens. One reading serves all kinds that they are weighed as.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ref readonly Surroundings Around(int first, int last)
    {
        if (_beforeOf != first)
        {
            _before = Surroundings.Before(Text, Tokens, Labels, first, ref _columns);
            _beforeOf = first;
            _aroundOf = -1;
        }

        if (_aroundOf != last)
        {
            _around = _before;
            _around.AddAfter(Text, Tokens, Labels, last);
            _aroundOf = last;
        }

        return ref _around;
    }

    public void Add(PersonalDataKind kind, int first, int last, int points) => Add(kind, Tokens[first].Start, Tokens[last].End, first, last, points);

    public void Add(PersonalDataKind kind, int start, int end, int first, int last, int points)
    {
        if (Candidates.Count >= _mostCandidates)
        {
            IsExhausted = true;
            return;
        }

        Candidates.Add(new(kind, start, end, first, last, points + (_mentioned.Has(kind) ? MentionedCountry : 0)));
    }

    /// <summary>Whether anything of the lexicon stands near enough to matter, or a heading may. Costs next to nothing for tokens in their order.</summary>
    public bool HasLabelsNear(int first, int last)
    {
        while (_nextLabel < Labels.Length && Labels[_nextLabel].First < first)
        {
            _nextLabel++;
        }

        while (_nextLabel > 0 && Labels[_nextLabel - 1].First >= first)
        {
            _nextLabel--;
        }

        return (_nextLabel > 0 && first - Labels[_nextLabel - 1].Last <= Surroundings.MostTokens + 1)
            || (_nextLabel < Labels.Length && Labels[_nextLabel].First - last <= Surroundings.MostTokens)
            || _columns.HasHeadings(Text, Tokens[first].Start);
    }

    /// <summary>The first token that ends behind a place; the count of tokens where none does.</summary>
    public readonly int TokenAt(int place)
    {
        var (low, high) = (0, Tokens.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Tokens[middle].End <= place)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Whether a sign ties a token to the one before it, so that the two are parts of something longer.</summary>
    public readonly bool IsTiedBefore(int token)
    {
        if (token == 0)
        {
            return false;
        }

        ref readonly var before = ref Tokens[token - 1];
        return before.Gap == Gap.Tight && (before.HasDigits ? IsTie(before.Sign) || before.Sign == ':' : before.Sign is '-' or '_' && !EndsLabel(token - 1));
    }

    /// <summary>As <see cref="IsTiedBefore"/>, to the one behind it.</summary>
    public readonly bool IsTiedAfter(int token) =>
        token + 1 < Tokens.Length && Tokens[token].Gap == Gap.Tight && IsTie(Tokens[token].Sign) && (Tokens[token + 1].HasDigits || (Tokens[token].Sign is '-' or '_' && !BeginsLabel(token + 1)));

    public readonly void Return() => Candidates.Return();

    private static bool IsTie(char sign) => sign is '.' or '-' or '/' or '_' or '*' or '~' or '\'';

    private readonly bool EndsLabel(int token)
    {
        var i = LabelFrom(token + 1) - 1;
        return i >= 0 && Labels[i].Last == token && Labels[i].Role is LabelRole.Label or LabelRole.CountryCode or LabelRole.Country;
    }

    private readonly bool BeginsLabel(int token)
    {
        var i = LabelFrom(token);
        return i < Labels.Length && Labels[i].First == token && Labels[i].Role == LabelRole.Label;
    }

    private readonly int LabelFrom(int token)
    {
        var (low, high) = (0, Labels.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Labels[middle].First < token)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
