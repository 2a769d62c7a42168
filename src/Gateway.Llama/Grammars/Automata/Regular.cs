namespace Gateway.Llama.Grammars.Automata;

/// <summary>A regular expression over code points.</summary>
internal abstract record Regular
{
    public static Regular Empty { get; } = new Chain([]);

    /// <summary>The beginning of the text.</summary>
    public static Regular Begin { get; } = new Border(AtEnd: false);

    /// <summary>The end of the text.</summary>
    public static Regular End { get; } = new Border(AtEnd: true);

    public static Regular Text(string text) => new Chain([.. text.EnumerateRunes().Select(rune => new Characters(CharSet.Of(rune.Value)))]);

    public static Regular Of(CharSet set) => new Characters(set);

    public static Regular All(params IReadOnlyList<Regular> parts) => new Chain(parts);

    public static Regular Any(params IReadOnlyList<Regular> options) => new Choice(options);

    public static Regular Loop(Regular body, int least, int? most) => new Repetition(body, least, most);

    internal sealed record Characters(CharSet Set) : Regular;

    internal sealed record Chain(IReadOnlyList<Regular> Parts) : Regular;

    internal sealed record Choice(IReadOnlyList<Regular> Options) : Regular;

    internal sealed record Repetition(Regular Body, int Least, int? Most) : Regular;

    internal sealed record Border(bool AtEnd) : Regular;
}
