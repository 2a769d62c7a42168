using System.Text.RegularExpressions;
using Gateway.Exchanges;

namespace Gateway.Configuration.Validators;

/// <summary>Classes of data have names that can stand in a header, once each; what refers to them finds them.</summary>
internal sealed class DataClassesValidator : IConfigValidator
{
    private const string List = "data_classes";

    private static readonly Regex NamePattern = new(DataClasses.NamePattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var names = config.DataClasses;
        if (names.Count is 0 or > DataClasses.Most)
        {
            report.Unusable(List, names.Count == 0 ? "is empty; every request has a class, so name one at least" : $"has more than {DataClasses.Most} classes");
            return;
        }

        for (var i = 0; i < names.Count; i++)
        {
            ValidateName(names, i, report);
        }

        foreach (var name in config.Ledger.Durability.Keys)
        {
            Check(name, $"ledger.durability.{ConfigText.Clean(name)}", names, report);
        }
    }

    /// <summary>Whether what stands under a key is the name of a class.</summary>
    public static void Check(string? name, string key, IReadOnlyList<string> classes, ConfigReport report)
    {
        if (name is not null && !report.IsUnusable(List) && !classes.Contains(name, StringComparer.Ordinal))
        {
            report.Unusable(key, $"expected one of {string.Join(", ", classes.Select(ConfigText.Quote))}{ConfigText.DidYouMean(name, [.. classes])}");
        }
    }

    private static void ValidateName(IReadOnlyList<string> names, int index, ConfigReport report)
    {
        var (name, key) = (names[index], $"{List}[{index}]");
        if (!NamePattern.IsMatch(name))
        {
            report.Error(key, $"must be {DataClasses.NameInWords}");
            return;
        }

        var before = names.Take(index).ToList();
        if (before.IndexOf(name) is >= 0 and var first)
        {
            report.Error(key, $"the class {ConfigText.Quote(name)} stands in this list twice, first on line {report.Document.Locate($"{List}[{first}]").Line}; remove one");
            return;
        }

        // Whoever writes the known names from the top down means the opposite of what would be done.
        var rank = DataClasses.DefaultNames.IndexOf(name);
        if (rank >= 0 && before.Find(b => DataClasses.DefaultNames.IndexOf(b) > rank) is { } above)
        {
            report.Error(key, $"the class {ConfigText.Quote(name)} stands above {ConfigText.Quote(above)}; the list begins with the least sensitive");
        }
    }
}
