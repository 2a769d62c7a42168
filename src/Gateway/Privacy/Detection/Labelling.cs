namespace Gateway.Privacy.Detection;

/// <summary>Labels and the countries beside them.</summary>
internal static class Labelling
{
    // A general label beside a country names that country's number; one that says next to nothing does so less.
    private const int Strong = 41;
    private const int WeakWithCountry = 40;

    /// <summary>"National identity number" beside "Kenya" is Kenya's.</summary>
    /// <returns>The kinds of all countries that are named.</returns>
    public static KindSet NarrowByCountry(ref PooledList<Label> labels, ReadOnlySpan<Token> tokens)
    {
        var mentioned = default(KindSet);
        for (var i = 0; i < labels.Count; i++)
        {
            if (labels[i].Role is not (LabelRole.Country or LabelRole.CountryCode))
            {
                continue;
            }

            var kinds = labels[i].Kinds;
            mentioned |= labels[i].Role == LabelRole.Country ? kinds : default;
            if (i > 0 && IsBeside(labels[i - 1], labels[i], labels[i].Role, tokens))
            {
                Narrow(ref labels[i - 1], kinds);
            }

            if (i + 1 < labels.Count && IsBeside(labels[i], labels[i + 1], labels[i].Role, tokens))
            {
                Narrow(ref labels[i + 1], kinds);
            }
        }

        return mentioned;
    }

    private static bool IsBeside(in Label left, in Label right, LabelRole role, ReadOnlySpan<Token> tokens)
    {
        var between = right.First - left.Last - 1;
        if (role == LabelRole.CountryCode)
        {
            return between == 0 && left.Last != right.First ? tokens[left.Last] is { Gap: Gap.Tight, Sign: '_' or '-' } : left.Last == right.First;
        }

        if (between > 2)
        {
            return false;
        }

        for (var t = left.Last; t < right.First; t++)
        {
            if (tokens[t].Gap is Gap.Line || (tokens[t].Gap == Gap.Break && tokens[t + 1].Start - tokens[t].End > 2) || tokens[t + 1].HasDigits)
            {
                return false;
            }
        }

        return true;
    }

    private static void Narrow(ref Label label, KindSet kinds)
    {
        var both = label.Kinds & kinds;
        both = both.IsEmpty && label.Points is >= Strong and < Lexicon.Exact ? (Countries.Identity | Countries.LatinIdentity) & kinds : both;
        if (label.Role == LabelRole.Label && !both.IsEmpty)
        {
            label.Kinds = both;
            label.Points = (byte)(label.Points >= Strong ? Lexicon.Exact : WeakWithCountry);
        }
    }
}
