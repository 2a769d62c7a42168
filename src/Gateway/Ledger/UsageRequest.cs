using Gateway.Admin;
using Gateway.Api;

namespace Gateway.Ledger;

/// <summary>What of the usage is asked for.</summary>
/// <param name="Range">Days, in UTC.</param>
/// <param name="GroupBy">Names of <see cref="Groups"/>; the currency goes without saying, for sums of two are none.</param>
/// <param name="Filters">For names of <see cref="Groups"/>, the value that counts.</param>
internal sealed record UsageRequest(TimeRange Range, IReadOnlyList<string> GroupBy, IReadOnlyDictionary<string, string> Filters)
{
    /// <summary>What usage can be added up by.</summary>
    public static readonly IReadOnlyList<string> Groups = ["day", "tenant", "key", "model", "deployment", "endpoint"];

    // Where nobody says from when.
    private const int DefaultDays = 30;

    /// <summary>Reads what a client or a user said.</summary>
    /// <param name="from">First day; null for 30 days ago.</param>
    /// <param name="to">The day behind the last; null for none.</param>
    /// <param name="groupBy">Names with commas; null for <paramref name="defaultGroups"/>.</param>
    /// <param name="defaultGroups">As <paramref name="groupBy"/>.</param>
    /// <param name="today">The time.</param>
    /// <param name="error">Why there is no request.</param>
    /// <param name="filters">Name and value of each; null for any.</param>
    public static UsageRequest? Parse(
        string? from, string? to, string? groupBy, string defaultGroups, DateTimeOffset today, out ApiError? error, params ReadOnlySpan<(string Name, string? Value)> filters)
    {
        if (TimeRange.Parse(from ?? Day(today.AddDays(-DefaultDays)), to, out error) is not { } range || (error = PageRequest.CheckTexts(filters)) is not null)
        {
            return null;
        }

        var groups = (groupBy ?? defaultGroups).Split(',', StringSplitOptions.TrimEntries);
        error = range.From.TimeOfDay != TimeSpan.Zero ? NoDay("from")
            : range.To.TimeOfDay != TimeSpan.Zero ? NoDay("to")
            : groups.FirstOrDefault(g => !Groups.Contains(g, StringComparer.Ordinal)) is not null ? Invalid($"must be names of {string.Join(", ", Groups)}, with commas")
            : groups.Distinct(StringComparer.Ordinal).Count() < groups.Length ? Invalid("has a name twice")
            : null;
        if (error is not null)
        {
            return null;
        }

        var chosen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in filters)
        {
            if (value is not null)
            {
                chosen.Add(name, value);
            }
        }

        return new UsageRequest(range, groups, chosen);
    }

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static ApiError NoDay(string name) => ApiError.BadRequest($"Invalid '{name}': usage is added up by the day in UTC; write a date such as 2027-01-31.", name, "invalid_value");

    private static ApiError Invalid(string problem) => ApiError.BadRequest($"Invalid 'group_by': {problem}.", "group_by", "invalid_value");
}
