using System.Globalization;

namespace Gateway.Privacy;

/// <summary>How much of what kind was found: never what, nor where.</summary>
internal sealed class Findings
{
    /// <summary>Stands among the kinds for what has no text that could be read, such as an image.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>Stands among the kinds for what was not looked at.</summary>
    public const string Incomplete = "incomplete";

    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Whether something was not looked at: too much of it, or the detectors failed.</summary>
    public bool IsIncomplete { get; set; }

    public IReadOnlyDictionary<string, int> Counts => _counts;

    public void Add(string kind) => _counts[kind] = _counts.GetValueOrDefault(kind) + 1;

    /// <summary>For the ledger: <c>br_cpf=2,email=1</c>, and <c>incomplete=1</c> where not all was looked at; null when nothing was found.</summary>
    public override string? ToString() => _counts.Count == 0 && !IsIncomplete
        ? null
        : string.Join(',', _counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}={c.Value}")).Concat(IsIncomplete ? [$"{Incomplete}=1"] : Array.Empty<string>()));
}
