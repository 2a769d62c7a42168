namespace Gateway.Llama.Grammars;

/// <summary>How a grammar binds an answer.</summary>
/// <param name="Grammar">What the bound text keeps to.</param>
public sealed record GrammarConstraint(Grammar Grammar)
{
    /// <summary>
    /// Null: the grammar applies from the first token. Otherwise the text is free until this text has come; the grammar applies to what follows.
    /// </summary>
    public string? After { get; init; }

    /// <summary>
    /// False, with <see cref="After"/>: the answer may also end while the text is free, and once the grammar is complete the text is free again
    /// until the next <see cref="After"/>. Where a complete text can go on by the grammar, going on has precedence over being free.
    /// </summary>
    public bool Required { get; init; } = true;

    /// <summary>What is wrong with this constraint, null when nothing is.</summary>
    internal string? FindError() =>
        After is { Length: 0 } ? "The text after which a grammar applies must not be empty."
        : After is null && !Required ? "A grammar that is not required needs a text after which it applies."
        : null;
}
