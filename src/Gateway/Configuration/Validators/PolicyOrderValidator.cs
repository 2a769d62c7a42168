using Gateway.Exchanges;
using Gateway.Residency;

namespace Gateway.Configuration.Validators;

/// <summary>
/// A class may not go where a lower one may not: whoever raises the class of a request would else send it further. Classes that a policy does not mention
/// are answered here and are passed over.
/// </summary>
internal sealed class PolicyOrderValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        if (report.Errors.Count > 0)
        {
            return;
        }

        var classes = new DataClasses(config.DataClasses);
        var compiler = new PolicyCompiler(config.Policies, classes, new CountryBook(config.CountryGroups));
        for (var i = 0; i < config.Policies.Count; i++)
        {
            var policy = config.Policies[i];
            if (policy.AllowLooser)
            {
                continue;
            }

            var rules = compiler.RulesOf(policy);
            DataClass? below = null;
            foreach (var dataClass in classes.All.Where(c => rules[c.Rank].Origin != RuleOrigin.NotMentioned))
            {
                if (below is not null && ClassOrder.Looser(rules[dataClass.Rank], rules[below.Rank]).ToList() is { Count: > 0 } keys)
                {
                    report.Error(
                        KeyOf(report, i, dataClass.Name),
                        $"permits more than `{below.Name}`, which is less sensitive, by {string.Join(", ", keys.Select(k => $"`{k}`"))}; narrow it, or write `allow_looser: true` in the policy");
                }

                below = dataClass;
            }
        }
    }

    // The rule may be the base's.
    private static string KeyOf(ConfigReport report, int policy, string dataClass) =>
        $"policies[{policy}].classes.{dataClass}" is var key && report.Document.Contains(key) ? key : $"policies[{policy}].name";
}
