using Gateway.Residency;

namespace Gateway.Configuration.Validators;

/// <summary>A cap is of just one thing, and the ledger keeps the month that it is of.</summary>
internal sealed class CapsValidator : IConfigValidator
{
    private static readonly TimeSpan LongestMonth = TimeSpan.FromDays(31);

    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var book = new CountryBook(config.CountryGroups);
        for (var i = 0; i < config.Policies.Count; i++)
        {
            for (var j = 0; j < config.Policies[i].Caps.Count; j++)
            {
                var (cap, key) = (config.Policies[i].Caps[j], $"policies[{i}].caps[{j}]");
                if (new[] { cap.Operator is not null, cap.Country is not null, cap.Foreign == true }.Count(c => c) != 1)
                {
                    report.Error(key, "must be of just one: `operator`, `country` or `foreign: true`");
                }

                if (cap.Country is { } country)
                {
                    book.Read([country], (_, problem) => report.Error($"{key}.country", problem));
                }

                if (cap.Foreign == true && config.Node.OperatorCountry is null && config.Node.Country is null)
                {
                    report.Error($"{key}.foreign", "what is foreign depends on where this gateway is at home; write `node.country`");
                }

                if (config.Ledger.Retention < LongestMonth)
                {
                    report.Error(key, "counts what the ledger has of a month, which `ledger.retention` does not keep; make that 31d at least");
                }
            }
        }
    }
}
