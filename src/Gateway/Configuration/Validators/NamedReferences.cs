namespace Gateway.Configuration.Validators;

/// <summary>Lists of names that refer to what another list declares.</summary>
/// <param name="what">What is referred to, in words.</param>
/// <param name="list">Key of the list that declares it.</param>
/// <param name="declared">The names declared.</param>
/// <param name="report">Takes the errors.</param>
internal sealed class NamedReferences(string what, string list, IReadOnlyList<string> declared, ConfigReport report)
{
    // To the letter, as requests find a model by its name; no two declared names differ in capitals only.
    private readonly HashSet<string> _declared = new(declared, StringComparer.Ordinal);

    // With a declaration unreadable there is no telling what is missing; saying so again for each reference would bury the cause.
    private readonly bool _complete = !report.IsUnusable(list) && declared.All(name => name.Length > 0);

    public HashSet<string> Used { get; } = new(Names.Comparer);

    public void Check(IReadOnlyList<string> names, Func<int, string> keyOf)
    {
        var first = new Dictionary<string, int>(Names.Comparer);
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            Used.Add(name);
            if (!first.TryAdd(name, i))
            {
                report.Error(keyOf(i), $"the {what} {ConfigText.Quote(name)} stands in this list twice; remove one");
            }
            else if (_complete && !_declared.Contains(name))
            {
                var meant = ConfigText.DidYouMean(name, declared);
                report.Error(keyOf(i), $"there is no {what} {ConfigText.Quote(name)} in `{list}`{meant}");
            }
        }
    }
}
