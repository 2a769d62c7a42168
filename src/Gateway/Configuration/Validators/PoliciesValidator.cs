using Gateway.Exchanges;
using Gateway.Residency;

namespace Gateway.Configuration.Validators;

/// <summary>Policies name classes, countries and bases that there are, and say nothing that contradicts itself or a base.</summary>
internal sealed class PoliciesValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var book = new CountryBook(config.CountryGroups);
        var bases = new NamedReferences("policy", "policies", [.. config.Policies.Select(p => p.Name)], report);
        var compiler = new PolicyCompiler(config.Policies, new DataClasses([.. config.DataClasses.Distinct(StringComparer.Ordinal)]), book);
        for (var i = 0; i < config.Policies.Count; i++)
        {
            var (policy, parent) = (config.Policies[i], $"policies[{i}]");
            if (policy.Base is { } name)
            {
                bases.Check([name], _ => $"{parent}.base");
                CheckCircle(policy, compiler, $"{parent}.base", report);
            }

            foreach (var (dataClass, rule) in policy.Classes)
            {
                var key = $"{parent}.classes.{ConfigText.Clean(dataClass)}";
                DataClassesValidator.Check(dataClass, key, config.DataClasses, report);
                ValidateRule(rule, key, book, config, report);
                ValidateHeir(rule, [.. compiler.ChainOf(policy).Skip(1).Select(p => p.Classes.GetValueOrDefault(dataClass)).OfType<ClassRuleConfig>()], key, report);
            }
        }
    }

    private static void CheckCircle(PolicyConfig policy, PolicyCompiler compiler, string key, ConfigReport report)
    {
        var chain = compiler.ChainOf(policy);
        if (string.Equals(chain[^1].Base, policy.Name, StringComparison.Ordinal))
        {
            report.Unusable(key, $"the policy is its own base: {string.Join(" -> ", chain.Append(policy).Select(p => p.Name))}");
        }
    }

    private static void ValidateRule(ClassRuleConfig rule, string key, CountryBook book, GatewayConfig config, ConfigReport report)
    {
        foreach (var (name, list) in new[]
        {
            ("processing", rule.Processing), ("storage", rule.Storage), ("operator_country", rule.OperatorCountry), ("weights_origin", rule.WeightsOrigin),
            ("deny_processing", rule.DenyProcessing), ("deny_storage", rule.DenyStorage), ("deny_operator_country", rule.DenyOperatorCountry),
        })
        {
            CountriesValidator.CheckList(book, list, $"{key}.{name}", report);
        }

        if (rule.Anywhere == true && (rule.Processing is not null || rule.LocalOnly == true))
        {
            report.Error($"{key}.anywhere", $"contradicts `{(rule.LocalOnly == true ? "local_only" : "processing")}` beside it; remove one");
        }

        var operators = config.Deployments.Select(d => d.Placement?.Operator).Append(config.Node.Operator).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < rule.DenyOperators.Count; i++)
        {
            if (!operators.Contains(rule.DenyOperators[i]))
            {
                report.Warning($"{key}.deny_operators[{i}]", $"no placement names the operator {ConfigText.Quote(rule.DenyOperators[i])}{ConfigText.DidYouMean(rule.DenyOperators[i], operators)}");
            }
        }
    }

    // What a base denies an heir cannot permit; one that says it does would be read for what it is not.
    private static void ValidateHeir(ClassRuleConfig rule, IReadOnlyList<ClassRuleConfig> bases, string key, ConfigReport report)
    {
        foreach (var (name, lifts) in new[]
        {
            ("local_only", rule.LocalOnly == false && bases.Any(b => b.LocalOnly == true)),
            ("anywhere", rule.Anywhere == true && bases.Any(b => b.Processing is not null || b.LocalOnly == true)),
            ("trains", rule.Trains == true && bases.Any(b => b.Trains == false)),
            ("retention_days", bases.Any(b => b.RetentionDays < rule.RetentionDays)),
            ("redact", rule.Redact == Redaction.None && bases.Any(b => b.Redact == Redaction.Required)),
            ("cache", rule.Cache == true && bases.Any(b => b.Cache == false)),
            ("log", rule.Log == true && bases.Any(b => b.Log == false)),
        })
        {
            if (lifts)
            {
                report.Error($"{key}.{name}", "permits what the base does not; an heir can only narrow its base, so remove it or change the base");
            }
        }
    }
}
