namespace Gateway.Privacy.Detection;

/// <summary>The labels that may speak of one value, nearest first, and what speaks against it.</summary>
internal struct Surroundings
{
    /// <summary>How far a label may be.</summary>
    public const int MostTokens = 10;

    private const int MostCharacters = 90;
    private const int MostLabels = 6;

    // A label on the other side of a nearer one that means something else speaks less of the value, and so does one with another value between.
    private const double BehindAnother = 0.6;

    // Against a kind that the label right before the value does not name.
    private const int NamedOtherwise = 25;

    private Near _labels;
    private int _count;
    private KindSet _named;

    /// <summary>Points against a number of whatever kind: negative or 0.</summary>
    public int Against { get; private set; }

    /// <summary>Whether a version, a build or the like is what the dotted numbers here are.</summary>
    public bool IsVersion { get; private set; }

    /// <summary>What stands before the value that begins with a token, and in the heading over it.</summary>
    public static Surroundings Before(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, ReadOnlySpan<Label> labels, int first, ref Columns columns)
    {
        var result = default(Surroundings);
        result.AddBefore(tokens, labels, first, FirstFrom(labels, first));
        if (result._named.IsEmpty && columns.LabelOf(text, labels, tokens[first].Start) is { } column)
        {
            result.Add(column, 1);
            if (column.Role == LabelRole.Other)
            {
                result.Against = -45;
            }
        }

        return result;
    }

    /// <summary>Points that the labels give to a kind.</summary>
    public readonly int PointsFor(PersonalDataKind kind)
    {
        var best = 0.0;
        for (var i = 0; i < _count; i++)
        {
            if (_labels[i].Kinds.Has(kind))
            {
                best = Math.Max(best, _labels[i].Points);
            }
        }

        return (int)best - (_named.IsEmpty || _named.Has(kind) ? 0 : NamedOtherwise);
    }

    private void AddBefore(ReadOnlySpan<Token> tokens, ReadOnlySpan<Label> labels, int first, int next)
    {
        var factor = 1.0;
        for (var i = next - 1; i >= 0 && i >= next - 5; i--)
        {
            ref readonly var label = ref labels[i];
            var between = first - label.Last - 1;
            var distance = tokens[first].Start - label.End;
            if (between > MostTokens || distance > MostCharacters)
            {
                return;
            }

            if (label.Role is LabelRole.Country or LabelRole.CountryCode || between < 0)
            {
                continue;
            }

            if (IsCut(tokens, label.Last, first))
            {
                return;
            }

            var values = Values(tokens[(label.Last + 1)..first]);
            if (label.Role is LabelRole.Other or LabelRole.Version)
            {
                if (values == 0 && factor == 1.0)
                {
                    Against = between <= 3 ? -45 : between <= 6 ? -25 : Against;
                    IsVersion |= label.Role == LabelRole.Version && between <= 4;
                }
                else if (values > 0 && between == values && label.Role == LabelRole.Other)
                {
                    // The number of another sort goes on: 2024 / 123.
                    Against = Math.Min(Against, -20);
                }

                factor *= BehindAnother;
                continue;
            }

            if (between <= 2 && values == 0 && factor == 1.0 && label.Points >= Lexicon.Exact)
            {
                _named = label.Kinds;
            }

            Add(label, factor * Nearness(between) * (values == 0 ? 1 : values <= 3 && between <= values + 2 ? 0.9 : 0.7));
            if (label.Points > 20)
            {
                factor *= BehindAnother;
            }
        }
    }

    /// <summary>Adds what stands behind the value that ends with a token.</summary>
    public void AddAfter(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, ReadOnlySpan<Label> labels, int last)
    {
        var (factor, next) = (1.0, FirstFrom(labels, last + 1));
        for (var i = next; i < labels.Length && i < next + 4; i++)
        {
            ref readonly var label = ref labels[i];
            var between = label.First - last - 1;
            if (between > MostTokens - 2 || label.Start - tokens[last].End > MostCharacters || IsCut(tokens, last, label.First) || Values(tokens[(last + 1)..label.First]) > 0)
            {
                return;
            }

            if (label.Role is LabelRole.Country or LabelRole.CountryCode)
            {
                continue;
            }

            if (IsFollowedByValue(text, tokens, label))
            {
                return;
            }

            if (label.Role != LabelRole.Label)
            {
                if (between == 0 && factor == 1.0 && tokens[last].Gap is Gap.Space or Gap.Joined)
                {
                    Against = Math.Min(Against, -25);
                }

                return;
            }

            if (_named.IsEmpty && _count == 0 && factor == 1.0 && between <= 4 && label.Points >= Lexicon.Exact)
            {
                _named = label.Kinds;
            }

            Add(label, factor * Nearness(between));
            factor *= BehindAnother;
        }
    }

    private static double Nearness(int between) => between <= 3 ? 1 : between <= 6 ? 0.95 : between <= 8 ? 0.9 : 0.8;

    private void Add(in Label label, double factor)
    {
        if (_count < MostLabels && label.Role == LabelRole.Label)
        {
            _labels[_count++] = (label.Kinds, label.Points * factor);
        }
    }

    // Whether a sentence or more than a line ends between two tokens.
    private static bool IsCut(ReadOnlySpan<Token> tokens, int left, int right)
    {
        for (var t = left; t < right; t++)
        {
            // A label may stand at the end of the line above its value, and only there.
            if (tokens[t].Cut == Cut.Sentence || (tokens[t].Cut == Cut.Line && (right - left > 1 || tokens[right].Kind == TokenKind.Word)))
            {
                return true;
            }
        }

        return false;
    }

    // Such a label speaks of what follows it: "phone 555 0100", "my phone is 555 0100".
    private static bool IsFollowedByValue(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, in Label label)
    {
        for (var t = label.Last + 1; t < tokens.Length && t <= label.Last + 4; t++)
        {
            var gap = text[tokens[t - 1].End..tokens[t].Start];
            if (gap.Length > 6 || gap.IndexOfAny(",;)\n") >= 0 || IsCut(tokens, t - 1, t))
            {
                return false;
            }

            if (tokens[t].HasDigits)
            {
                return true;
            }
        }

        return false;
    }

    // How many values stand there; the groups of one number are one.
    private static int Values(ReadOnlySpan<Token> tokens)
    {
        var (count, inValue) = (0, false);
        foreach (var token in tokens)
        {
            count += token.HasDigits && !inValue ? 1 : 0;
            inValue = token.HasDigits && token.Gap is Gap.Tight or Gap.Space or Gap.Soft;
        }

        return count;
    }

    // The first label that begins at the token or behind it.
    private static int FirstFrom(ReadOnlySpan<Label> labels, int token)
    {
        var (low, high) = (0, labels.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (labels[middle].First < token)
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

    [System.Runtime.CompilerServices.InlineArray(MostLabels)]
    private struct Near
    {
        private (KindSet Kinds, double Points) _first;
    }
}
