namespace Gateway.Privacy.Detection;

internal enum TokenKind : byte
{
    Word,
    Digits,

    /// <summary>Letters and digits in one run.</summary>
    Mixed,
}

/// <summary>What stands between two tokens.</summary>
internal enum Gap : byte
{
    /// <summary>Something that no value goes across.</summary>
    Break,

    /// <summary>Nothing: a label and its number were one run.</summary>
    Joined,

    /// <summary>One sign without spaces.</summary>
    Tight,
    Space,

    /// <summary>A sign or a bracket with spaces.</summary>
    Soft,

    /// <summary>"::".</summary>
    DoubleColon,

    /// <summary>One line break, perhaps with a sign and spaces.</summary>
    Line,
}

/// <summary>What ends between two tokens.</summary>
internal enum Cut : byte
{
    Nothing,
    Line,

    /// <summary>A sentence, or more than a line.</summary>
    Sentence,
}

/// <summary>A run of letters and digits in folded text.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">Behind its last.</param>
/// <param name="Kind">What it is made of.</param>
/// <param name="Gap">What stands between it and the next one.</param>
/// <param name="Sign">The separator in the gap; '\0' without one.</param>
internal record struct Token(int Start, int End, TokenKind Kind, Gap Gap, char Sign)
{
    /// <summary>What ends between it and the next one.</summary>
    public Cut Cut { get; set; }

    public readonly int Length => End - Start;

    public readonly bool HasDigits => Kind != TokenKind.Word;
}

/// <summary>A phrase of the lexicon in a text.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">Behind its last.</param>
/// <param name="First">Its first token.</param>
/// <param name="Last">Its last token.</param>
/// <param name="Role">What it does.</param>
/// <param name="Points">For a value of <paramref name="Kinds"/>.</param>
/// <param name="Kinds">What it names.</param>
internal record struct Label(int Start, int End, int First, int Last, LabelRole Role, byte Points, KindSet Kinds);
