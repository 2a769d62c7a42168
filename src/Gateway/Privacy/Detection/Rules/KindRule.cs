namespace Gateway.Privacy.Detection.Rules;

/// <summary>
/// What is known of one kind of number. Points say how much a value is worth without any context, by the way it is written; a value with
/// <see cref="Score.Accepted"/> points is found.
/// </summary>
/// <param name="Kind">The kind.</param>
/// <param name="Lengths">Lengths that it can have, without separators.</param>
/// <param name="Judge">Judges the value: digits, and capital letters where the kind has some.</param>
internal sealed record KindRule(PersonalDataKind Kind, int[] Lengths, KindRule.Judgement Judge)
{
    internal delegate Verdict Judgement(ReadOnlySpan<char> value);

    public int Bare { get; init; }

    public int Official { get; init; }

    public int Grouped { get; init; }

    public int Odd { get; init; }

    /// <summary>Added to a value that is <see cref="Verdict.Likely"/>.</summary>
    public int Likely { get; init; }

    /// <summary>The ways its authority writes it: lengths of groups with the separators between them, such as <c>3.3.3-2</c>.</summary>
    public string[] Formats { get; init; } = [];

    /// <summary>Of a kind with letters: the places, counted from the end, where only digits stand.</summary>
    public int[]? Digits { get; init; }

    public int Points(Form form) => form switch { Form.Bare => Bare, Form.Official => Official, Form.Grouped => Grouped, _ => Odd };
}

/// <summary>The scale of points.</summary>
internal static class Score
{
    public const int Accepted = 50;

    /// <summary>Points that make a finding certain.</summary>
    public const int Certain = 100;
}
