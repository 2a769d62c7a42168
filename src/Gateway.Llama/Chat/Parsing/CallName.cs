namespace Gateway.Llama.Chat.Parsing;

/// <summary>An opening, the name of a tool, and what stands behind it.</summary>
internal static class CallName
{
    /// <summary>Reads all three. <see cref="Fit.Yes"/> only for a tool that there is.</summary>
    public static Fit Read(
        ReadOnlySpan<char> text, IReadOnlyList<Mark> openings, IReadOnlyList<Mark> nameEnds, Func<string, bool> isTool, out int length, out string name)
    {
        length = 0;
        name = "";
        var best = Fit.No;
        foreach (var opening in openings)
        {
            var fit = opening.Match(text, out var start);
            if (fit == Fit.Yes)
            {
                fit = ReadName(text, start, nameEnds, isTool, out length, out name);
            }

            if (fit == Fit.Yes)
            {
                return fit;
            }

            best = fit > best ? fit : best;
        }

        return best;
    }

    private static Fit ReadName(
        ReadOnlySpan<char> text, int start, IReadOnlyList<Mark> nameEnds, Func<string, bool> isTool, out int length, out string name)
    {
        start = Mark.SkipSpace(text, start);
        length = start;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] is '_' or '-'))
        {
            length++;
        }

        name = new string(text[start..length]);
        if (length == text.Length)
        {
            return Fit.Partly;
        }

        if (!isTool(name))
        {
            return Fit.No;
        }

        var best = Fit.No;
        foreach (var end in nameEnds)
        {
            var fit = end.Match(text[length..], out var endLength);
            if (fit == Fit.Yes)
            {
                length += endLength;
                return fit;
            }

            best = fit > best ? fit : best;
        }

        return best;
    }
}
