namespace Gateway.Llama.Vectors;

/// <summary>
/// Cuts a text that is longer than its model takes into windows that overlap. All are of full length and evenly spread, so that the end of
/// the text weighs as much as its beginning.
/// </summary>
internal static class TextWindows
{
    // Of a window, what it shares with the next at least: of 512 tokens 64, the length of a long sentence, so that nearly every sentence is
    // whole in some window.
    private const int ShareOfOverlap = 8;

    /// <summary>Beginnings of the windows; each is <paramref name="window"/> tokens long, or all of the text when it fits into one.</summary>
    /// <param name="length">Tokens of the text.</param>
    /// <param name="window">Tokens of a window, at least 1.</param>
    public static IReadOnlyList<int> Starts(int length, int window)
    {
        if (length <= window)
        {
            return [0];
        }

        var step = window - (window / ShareOfOverlap);
        var last = length - window;
        var count = ((last + step - 1) / step) + 1;
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * last / (count - 1)))];
    }

    /// <summary>The windows, each in what the whole text is wrapped in (such as BOS and EOS).</summary>
    /// <param name="tokens">The text, with or without its wrapping.</param>
    /// <param name="limit">Tokens that the model takes, the wrapping among them.</param>
    /// <param name="before">What stands before a text.</param>
    /// <param name="after">What stands behind it.</param>
    public static IReadOnlyList<int[]> Cut(int[] tokens, int limit, ReadOnlySpan<int> before, ReadOnlySpan<int> after)
    {
        var text = tokens.AsSpan();
        var wrapped = tokens.Length >= before.Length + after.Length && text.StartsWith(before) && text.EndsWith(after) && limit > before.Length + after.Length;
        if (tokens.Length <= limit || !wrapped)
        {
            before = after = [];
        }

        var inner = text[before.Length..(tokens.Length - after.Length)];
        var window = Math.Min(inner.Length, limit - before.Length - after.Length);
        var windows = new List<int[]>();
        foreach (var start in Starts(inner.Length, window))
        {
            windows.Add([.. before, .. inner.Slice(start, window), .. after]);
        }

        return windows;
    }
}
