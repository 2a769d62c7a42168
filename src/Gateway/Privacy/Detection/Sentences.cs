namespace Gateway.Privacy.Detection;

/// <summary>Tells where a sentence ends, so that its words do not speak of the next one's numbers.</summary>
internal static class Sentences
{
    private static readonly string[] Abbreviations = ["no", "nr", "nro", "num", "tel", "sr", "sra", "dr", "dra", "mr", "mrs", "ms", "st", "av", "ext", "art", "id", "n", "prof", "bpk", "ibu", "mme", "ref", "c"];

    /// <summary>What ends in the gap behind a token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="token">The token before the gap.</param>
    /// <param name="gap">What stands between it and the next.</param>
    /// <param name="next">Where the next one begins.</param>
    public static Cut CutIn(ReadOnlySpan<char> text, in Token token, ReadOnlySpan<char> gap, int next)
    {
        var end = gap.IndexOfAny(".!?");
        if (end >= 0 && end + 1 < gap.Length && gap[end + 1] is ' ' or '\n' && (gap[end] != '.' || !IsAbbreviation(text, token, text[next])))
        {
            return Cut.Sentence;
        }

        var line = gap.IndexOf('\n');
        return line < 0 ? Cut.Nothing : gap[(line + 1)..].Contains('\n') ? Cut.Sentence : Cut.Line;
    }

    // "No. 5", "Sra. Ana". What goes on in small letters was no end either.
    private static bool IsAbbreviation(ReadOnlySpan<char> text, in Token token, char next)
    {
        if (token.HasDigits)
        {
            return false;
        }

        if (char.IsAsciiLetterLower(next) || (token.Length <= 4 && char.IsAsciiDigit(next)))
        {
            return true;
        }

        foreach (var title in Abbreviations)
        {
            if (text[token.Start..token.End].Equals(title, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
