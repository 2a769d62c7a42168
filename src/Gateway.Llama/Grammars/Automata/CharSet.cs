namespace Gateway.Llama.Grammars.Automata;

/// <summary>A set of Unicode code points (never surrogates), as rising ranges that do not touch.</summary>
internal sealed class CharSet
{
    public const int Last = 0x10FFFF;

    private CharSet((int Low, int High)[] ranges) => Ranges = ranges;

    public static CharSet Any { get; } = new([(0, 0xD7FF), (0xE000, Last)]);

    public static CharSet None { get; } = new([]);

    public static CharSet Digits { get; } = Range('0', '9');

    public (int Low, int High)[] Ranges { get; }

    public bool IsEmpty => Ranges.Length == 0;

    public static CharSet Of(int codePoint) => Range(codePoint, codePoint);

    public static CharSet Of(string characters) => Create(characters.EnumerateRunes().Select(rune => (rune.Value, rune.Value)));

    public static CharSet Range(int low, int high) => new([(low, high)]);

    /// <summary>The union of ranges in any order; surrogates among them are left out.</summary>
    public static CharSet Create(IEnumerable<(int Low, int High)> ranges)
    {
        var merged = new List<(int Low, int High)>();
        foreach (var range in ranges.Order())
        {
            if (merged.Count > 0 && range.Low <= merged[^1].High + 1)
            {
                merged[^1] = (merged[^1].Low, Math.Max(merged[^1].High, range.High));
            }
            else
            {
                merged.Add(range);
            }
        }

        return new CharSet([.. merged]).Intersect(Any);
    }

    public CharSet Union(CharSet other) => Create(Ranges.Concat(other.Ranges));

    public CharSet Intersect(CharSet other)
    {
        var common = new List<(int, int)>();
        int i = 0, j = 0;
        while (i < Ranges.Length && j < other.Ranges.Length)
        {
            var (a, b) = (Ranges[i], other.Ranges[j]);
            var (low, high) = (Math.Max(a.Low, b.Low), Math.Min(a.High, b.High));
            if (low <= high)
            {
                common.Add((low, high));
            }

            if (a.High < b.High)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return new CharSet([.. common]);
    }

    public CharSet Except(CharSet other)
    {
        var gaps = new List<(int, int)>();
        var from = 0;
        foreach (var (low, high) in other.Ranges)
        {
            if (from < low)
            {
                gaps.Add((from, low - 1));
            }

            from = high + 1;
        }

        if (from <= Last)
        {
            gaps.Add((from, Last));
        }

        return Intersect(new CharSet([.. gaps]));
    }

    public bool Contains(int codePoint) => Array.Exists(Ranges, range => range.Low <= codePoint && codePoint <= range.High);
}
