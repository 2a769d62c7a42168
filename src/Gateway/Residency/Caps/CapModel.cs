using System.Collections.Frozen;
using Gateway.Configuration;

namespace Gateway.Residency;

/// <summary>The most of a tenant's tokens of a calendar month (UTC) that may go to some deployments together.</summary>
/// <param name="Name">What it is of, in words: <c>operator Microsoft</c>.</param>
/// <param name="Percent">The most.</param>
/// <param name="Deployments">Names of the deployments that count; one that it is not known of does.</param>
internal sealed record CapModel(string Name, int Percent, FrozenSet<string> Deployments)
{
    public static CapModel Of(CapConfig cap, NodeConfig node, CountryBook book, IReadOnlyDictionary<string, Placement> placements)
    {
        if (cap.Operator is { } name)
        {
            return Create($"operator {name}", p => p.Operator?.Equals(name, StringComparison.OrdinalIgnoreCase) ?? !p.IsLocal);
        }

        if (cap.Country is { } country)
        {
            var countries = book.Read([country])!;
            return Create($"country {country}", p => (p.OperatorCountry is { } home ? countries.Contains(home) : !p.IsLocal) || (p.Processing?.Overlaps(countries) ?? !p.IsLocal));
        }

        var own = node.OperatorCountry ?? node.Country;
        return Create("foreign", p => !p.IsLocal && !string.Equals(p.OperatorCountry, own, StringComparison.Ordinal));

        CapModel Create(string what, Func<Placement, bool> counts) =>
            new(what, cap.Percent, placements.Where(p => counts(p.Value)).Select(p => p.Key).ToFrozenSet(StringComparer.Ordinal));
    }
}
