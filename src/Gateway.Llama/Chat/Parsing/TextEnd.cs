namespace Gateway.Llama.Chat.Parsing;

/// <summary>Whether a text has ended.</summary>
internal enum TextEnd
{
    /// <summary>More may come.</summary>
    None,

    /// <summary>It is complete.</summary>
    Whole,

    /// <summary>It was broken off.</summary>
    Cut,
}
