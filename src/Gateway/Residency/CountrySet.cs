namespace Gateway.Residency;

/// <summary>Countries, by their codes of ISO 3166-1 alpha-2.</summary>
internal sealed class CountrySet
{
    public static readonly CountrySet Empty = new([]);

    private readonly HashSet<string> _codes;

    public CountrySet(IEnumerable<string> codes)
    {
        _codes = codes.ToHashSet(StringComparer.Ordinal);
        Codes = [.. _codes.Order(StringComparer.Ordinal)];
    }

    /// <summary>The codes in their order.</summary>
    public IReadOnlyList<string> Codes { get; }

    public bool IsEmpty => Codes.Count == 0;

    public bool Contains(string code) => _codes.Contains(code);

    public bool IsSubsetOf(CountrySet other) => _codes.IsSubsetOf(other._codes);

    public bool Overlaps(CountrySet other) => _codes.Overlaps(other._codes);

    public CountrySet Intersect(CountrySet other) => new(Codes.Where(other.Contains));

    public CountrySet Union(CountrySet other) => new(Codes.Concat(other.Codes));

    public CountrySet Except(CountrySet other) => new(Codes.Where(c => !other.Contains(c)));

    public override string ToString() => string.Join(", ", Codes);
}
