using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Residency.Fields;

namespace Gateway.Residency;

/// <summary>Policies as written to policies as they hold: bases worked in, groups resolved to countries. An heir can only narrow its base.</summary>
internal sealed class PolicyCompiler(IReadOnlyList<PolicyConfig> policies, DataClasses classes, CountryBook book)
{
    private static readonly ClassRule NotMentioned = new() { Origin = RuleOrigin.NotMentioned, LocalOnly = true };

    private readonly Dictionary<string, PolicyConfig> _byName = policies.DistinctBy(p => p.Name, StringComparer.Ordinal).ToDictionary(p => p.Name, StringComparer.Ordinal);

    /// <summary>What holds for tenants without a policy.</summary>
    public ResidencyPolicy CompileNone() =>
        Create(name: null, index: 0, [.. classes.All.Select(_ => new ClassRule { Origin = RuleOrigin.NoPolicy, LocalOnly = true })]);

    /// <param name="policy">A policy without errors.</param>
    /// <param name="index">See <see cref="ResidencyPolicy.Index"/>.</param>
    /// <param name="capOf">Finds the deployments that a cap is of.</param>
    public ResidencyPolicy Compile(PolicyConfig policy, int index, Func<CapConfig, CapModel> capOf)
    {
        // Of two caps of one thing the lower holds.
        var caps = ChainOf(policy).SelectMany(p => p.Caps).Select(capOf).GroupBy(c => c.Name, StringComparer.Ordinal).Select(g => g.MinBy(c => c.Percent)!).ToList();
        return Create(policy.Name, index, RulesOf(policy), caps);
    }

    /// <summary>The rule of each class, at its rank.</summary>
    public IReadOnlyList<ClassRule> RulesOf(PolicyConfig policy) => [.. classes.All.Select(c => RuleOf(policy, c.Name))];

    private ClassRule RuleOf(PolicyConfig policy, string dataClass)
    {
        var rules = ChainOf(policy).Select(p => p.Classes.GetValueOrDefault(dataClass)).OfType<ClassRuleConfig>().ToList();
        if (rules.Count == 0)
        {
            return NotMentioned;
        }

        var narrowed = rules.Select(Read).Aggregate(Narrow) with { DeniedFields = SideDoors.DeniedBy(rules.Select(r => r.SideDoors), classes.Find(dataClass)!) };
        return rules.Exists(r => r.Processing is not null || r.LocalOnly == true || r.Anywhere == true)
            ? narrowed
            : narrowed with { Origin = RuleOrigin.NoPlace, LocalOnly = true };
    }

    /// <summary>The policy, its base, that one's base and so on. Ends where they go round in a circle.</summary>
    public IReadOnlyList<PolicyConfig> ChainOf(PolicyConfig policy)
    {
        var chain = new List<PolicyConfig>();
        for (var at = policy; at is not null && !chain.Contains(at); at = at.Base is null ? null : _byName.GetValueOrDefault(at.Base))
        {
            chain.Add(at);
        }

        return chain;
    }

    private ClassRule Read(ClassRuleConfig rule) => new()
    {
        Origin = RuleOrigin.Stated,
        LocalOnly = rule.LocalOnly ?? false,
        Processing = book.Read(rule.Processing),
        Storage = book.Read(rule.Storage),
        OperatorCountry = book.Read(rule.OperatorCountry),
        WeightsOrigin = book.Read(rule.WeightsOrigin),
        DenyProcessing = book.Read(rule.DenyProcessing) ?? CountrySet.Empty,
        DenyStorage = book.Read(rule.DenyStorage) ?? CountrySet.Empty,
        DenyOperatorCountry = book.Read(rule.DenyOperatorCountry) ?? CountrySet.Empty,
        DenyOperators = [.. rule.DenyOperators.Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)],
        RetentionDays = rule.RetentionDays,
        NoTraining = rule.Trains == false,
        MustRedact = rule.Redact == Redaction.Required,
        MayCache = rule.Cache ?? true,
        MayLog = rule.Log ?? true,
    };

    private static ClassRule Narrow(ClassRule a, ClassRule b) => new()
    {
        Origin = RuleOrigin.Stated,
        LocalOnly = a.LocalOnly || b.LocalOnly,
        Processing = Both(a.Processing, b.Processing),
        Storage = Both(a.Storage, b.Storage),
        OperatorCountry = Both(a.OperatorCountry, b.OperatorCountry),
        WeightsOrigin = Both(a.WeightsOrigin, b.WeightsOrigin),
        DenyProcessing = a.DenyProcessing.Union(b.DenyProcessing),
        DenyStorage = a.DenyStorage.Union(b.DenyStorage),
        DenyOperatorCountry = a.DenyOperatorCountry.Union(b.DenyOperatorCountry),
        DenyOperators = [.. a.DenyOperators.Union(b.DenyOperators, StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)],
        RetentionDays = a.RetentionDays is null || b.RetentionDays < a.RetentionDays ? b.RetentionDays : a.RetentionDays,
        NoTraining = a.NoTraining || b.NoTraining,
        MustRedact = a.MustRedact || b.MustRedact,
        MayCache = a.MayCache && b.MayCache,
        MayLog = a.MayLog && b.MayLog,
    };

    private static CountrySet? Both(CountrySet? a, CountrySet? b) => a is null ? b : b is null ? a : a.Intersect(b);

    private ResidencyPolicy Create(string? name, int index, IReadOnlyList<ClassRule> rules, params IReadOnlyList<CapModel> caps)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(new { name, classes = classes.All.Select(c => c.Name), rules, caps = caps.Select(c => new { c.Name, c.Percent }) });
        return new(name, index, Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 6)), rules) { Caps = caps };
    }
}
