namespace Gateway.Llama.Tokenizing;

/// <summary>
/// Cuts texts where a run without white space, or of nothing else, is longer than any word. libllama cuts texts into words by std::regex for many
/// tokenizers of byte pairs (those of Llama 4, gpt-oss, Mistral, DeepSeek and others), whose recursion goes one step a character deep: 20,000
/// letters overflow the stack and end the process.
/// </summary>
internal static class LongRuns
{
    /// <summary>Two such runs, one of each kind, are what an expression matches at most; half a million bytes of stack do for them.</summary>
    public const int Most = 2048;

    /// <summary>Whether there is something to cut.</summary>
    public static bool Any(ReadOnlySpan<char> text) => text.Length > Most && FirstPiece(text) < text.Length;

    /// <summary>Length of the piece before the first cut; the whole length when there is none.</summary>
    public static int FirstPiece(ReadOnlySpan<char> text)
    {
        var start = 0;
        var wasSpace = false;
        for (var i = 0; i < text.Length; i++)
        {
            var isSpace = char.IsWhiteSpace(text[i]);
            if (isSpace != wasSpace)
            {
                (start, wasSpace) = (i, isSpace);
            }
            else if (i - start >= Most)
            {
                return Cut(text, i);
            }
        }

        return text.Length;
    }

    // Behind a letter, before something else, is where words end for nearly all tokenizers: there the cut changes nothing.
    private static int Cut(ReadOnlySpan<char> text, int at)
    {
        for (var i = at; i > at - (Most / 2); i--)
        {
            if (char.IsLetter(text[i - 1]) && !char.IsLetter(text[i]) && !char.IsSurrogate(text[i]))
            {
                return i;
            }
        }

        return char.IsLowSurrogate(text[at]) ? at - 1 : at;
    }
}
