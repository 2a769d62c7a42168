namespace Gateway.Configuration.Validators;

/// <summary>A name stands once in its list.</summary>
internal sealed class UniqueNamesValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        Check(report, "models", config.Models, m => m.Name);
        Check(report, "deployments", config.Deployments, d => d.Name);
        Check(report, "tenants", config.Tenants, t => t.Name);
        Check(report, "plans", config.Plans, p => p.Name);
        Check(report, "policies", config.Policies, p => p.Name);
        Check(report, "country_groups", config.CountryGroups, g => g.Name);
        Check(report, "privacy.patterns", config.Privacy.Patterns, p => p.Name);
        Check(report, "admins", config.Admins, a => a.Name);
        Check(report, "jwt", config.Jwt, j => j.Name);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            Check(report, $"tenants[{i}].keys", config.Tenants[i].Keys, k => k.Name);
        }
    }

    private static void Check<T>(ConfigReport report, string list, IReadOnlyList<T> items, Func<T, string> nameOf)
    {
        var first = new Dictionary<string, int>(Names.Comparer);
        for (var i = 0; i < items.Count; i++)
        {
            var name = nameOf(items[i]);
            var key = $"{list}[{i}].name";
            if (name.Length > 0 && !first.TryAdd(name, i))
            {
                var line = report.Document.Locate($"{list}[{first[name]}].name").Line;
                report.Error(key, $"the name {ConfigText.Quote(name)} is taken by {list}[{first[name]}] on line {line} (capitals do not tell names apart)");
            }
        }
    }
}
