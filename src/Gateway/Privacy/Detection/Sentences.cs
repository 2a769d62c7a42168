namespace Gateway.Privacy.Detection;

/// <summary>Tells where a sentence ends, so that its words do not speak of the next one's numbers.</summary>
internal static class Sentences
{
    // Before names; those before numbers are told by the digit behind them.
    private static readonly string[] Titles = ["sr", "sra", "dr", "dra", "mr", "mrs", "ms", "st", "av", "prof", "bpk", "ibu", "mme", "c"];

    /// <summary>What ends in the gap behind a token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="token">The token before the gap.</param>
    /// <param name="gap">What stands between it and the next.</param>
    /// <param name="next">Where the next one begins.</param>
    public static Cut CutIn(ReadOnlySpan<char> text, in Token token, ReadOnlySpan<char> gap, int next)
    {
        var end = gap.IndexOfAny(".!?");
        if (end >= 0 && end + 1 < gap.Length && gap[end + 1] is ' ' or '\n' && (gap[end] != '.' || !IsAbbreviation(text, token, next)))
        {
            return Cut.Sentence;
        }

        var line = gap.IndexOf('\n');
        return line < 0 ? Cut.Nothing : gap[(line + 1)..].Contains('\n') ? Cut.Sentence : Cut.Line;
    }

    // "No. 5", "Sra. Ana". What goes on in small letters was no end either.
    private static bool IsAbbreviation(ReadOnlySpan<char> text, in Token token, int next)
    {
        if (token.HasDigits)
        {
            return false;
        }

        // "No. AB1234567" too.
        if (token.Length == 1 || char.IsAsciiLetterLower(text[next]) || (token.Length <= 4 && text.Slice(next, Math.Min(4, text.Length - next)).ContainsAnyInRange('0', '9')))
        {
            return true;
        }

        foreach (var title in Titles)
        {
            if (text[token.Start..token.End].Equals(title, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
