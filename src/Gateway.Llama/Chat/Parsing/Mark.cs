namespace Gateway.Llama.Chat.Parsing;

/// <summary>Whether a text begins with a mark.</summary>
internal enum Fit
{
    No,

    /// <summary>Not as far as it goes, but it may when more comes.</summary>
    Partly,

    Yes,
}

/// <summary>
/// A text that structures an answer, such as <c>&lt;tool_call&gt;</c>. Models are free with white space around and between tags, so marks are
/// recognised whatever white space stands there. <see cref="Id"/> and <see cref="Index"/> stand for what is different in every call.
/// </summary>
internal sealed class Mark(string text)
{
    /// <summary>Stands for the id of a call.</summary>
    public const char Id = '\u0001';

    /// <summary>Stands for the number of a call.</summary>
    public const char Index = '\u0002';

    /// <summary>The mark without white space at its ends.</summary>
    public string Text { get; } = text.Trim();

    public bool IsEmpty => Text.Length == 0;

    /// <summary>What a text is searched for to find the mark: its first tag, as white space may follow that.</summary>
    public string Trigger => Text.IndexOfAny([Id, Index, ' ', '\n', '\r', '\t', '>']) switch
    {
        < 0 => Text,
        var end when Text[end] == '>' => Text[..(end + 1)],
        var end => Text[..end],
    };

    /// <summary>Compares with the beginning of a text.</summary>
    public Fit Match(ReadOnlySpan<char> text, out int length)
    {
        length = SkipSpace(text, 0);
        foreach (var expected in Text)
        {
            if (char.IsWhiteSpace(expected) || expected is '<' or '[')
            {
                length = SkipSpace(text, length);
            }

            switch (expected)
            {
                case Id:
                    length += LengthOf(text[length..], static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
                    continue;
                case Index:
                    length += LengthOf(text[length..], char.IsAsciiDigit);
                    continue;
                case var _ when char.IsWhiteSpace(expected):
                    continue;
            }

            if (length == text.Length)
            {
                return Fit.Partly;
            }

            if (text[length++] != expected)
            {
                return Fit.No;
            }
        }

        return Fit.Yes;
    }

    public static int SkipSpace(ReadOnlySpan<char> text, int from)
    {
        while (from < text.Length && char.IsWhiteSpace(text[from]))
        {
            from++;
        }

        return from;
    }

    /// <summary>How many characters at the end of a text have to wait, because one of the triggers may begin with them.</summary>
    public static int LongestBeginning(ReadOnlySpan<char> text, IReadOnlyList<string> triggers)
    {
        var longest = 0;
        foreach (var trigger in triggers)
        {
            for (var length = Math.Min(trigger.Length - 1, text.Length); length > longest; length--)
            {
                if (text[^length..].SequenceEqual(trigger.AsSpan(0, length)))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }

    private static int LengthOf(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        var length = 0;
        while (length < text.Length && belongs(text[length]))
        {
            length++;
        }

        return length;
    }
}
