using Gateway.Quotas;

namespace Gateway.Configuration.Validators;

/// <summary>Plans, time zones and currencies that limits need are there, and what may be spent can be counted in the limit's currency.</summary>
/// <param name="time">Exchange rates are dated: today's count.</param>
internal sealed class QuotaValidator(TimeProvider time) : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        ValidateRates(config, report);
        ValidatePlans(config, report);
        var plans = new NamedReferences("plan", "plans", [.. config.Plans.Select(p => p.Name)], report);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            var (tenant, parent) = (config.Tenants[i], $"tenants[{i}]");
            if (tenant.Plan is not null)
            {
                plans.Check([tenant.Plan], _ => $"{parent}.plan");
            }

            if (!TimeZoneInfo.TryFindSystemTimeZoneById(tenant.TimeZone, out _))
            {
                report.Error($"{parent}.time_zone", $"there is no time zone {ConfigText.Quote(tenant.TimeZone)}; write a name of IANA's, such as America/Sao_Paulo");
            }

            if (tenant is { Balance: BalanceMode.Prepaid, Currency: null })
            {
                report.Error($"{parent}.balance", "needs the tenant's `currency`");
            }
        }

        ValidateMoney(config, report);
    }

    private static void ValidatePlans(GatewayConfig config, ConfigReport report)
    {
        var models = new NamedReferences("model", "models", [.. config.Models.Select(m => m.Name)], report);
        for (var i = 0; i < config.Plans.Count; i++)
        {
            models.Check([.. config.Plans[i].Models.Select(m => m.Name)], j => $"plans[{i}].models[{j}].name");
        }
    }

    private static void ValidateRates(GatewayConfig config, ConfigReport report)
    {
        for (var i = 0; i < config.ExchangeRates.Count; i++)
        {
            var (rate, key) = (config.ExchangeRates[i], $"exchange_rates[{i}]");
            if (rate.Rate <= 0)
            {
                report.Error($"{key}.rate", "must be more than 0");
            }

            if (rate.From.Length > 0 && string.Equals(rate.From, rate.To, StringComparison.Ordinal))
            {
                report.Error($"{key}.to", "is the same currency as `from`");
            }
        }
    }

    // Every place where money is limited, against every price that may be paid from there.
    private void ValidateMoney(GatewayConfig config, ConfigReport report)
    {
        var rates = new ExchangeRates(config.ExchangeRates);
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var told = new HashSet<(int, string)>();
        foreach (var (currency, key, models) in MoneyLimits(config, report))
        {
            if (currency is null)
            {
                report.Error(key, "needs a `currency`, for its owner has none");
                continue;
            }

            foreach (var name in models.SelectMany(m => m.Deployments).Select(d => d.Name).Distinct(StringComparer.Ordinal))
            {
                var index = config.Deployments.ToList().FindIndex(d => string.Equals(d.Name, name, StringComparison.Ordinal));
                if (index >= 0 && config.Deployments[index].Price is { Currency: { Length: > 0 } paid } && rates.Find(paid, currency, today) is null && told.Add((index, currency)))
                {
                    report.Error(
                        $"deployments[{index}].price.currency",
                        $"there is no rate in `exchange_rates` from {paid} to {currency} that is dated today or before, and {key} on line {report.Document.Locate(key).Line} limits what may be spent on it");
                }
            }
        }
    }

    private static IEnumerable<(string? Currency, string Key, IEnumerable<ModelConfig> Models)> MoneyLimits(GatewayConfig config, ConfigReport report)
    {
        for (var i = 0; i < config.Models.Count; i++)
        {
            foreach (var limit in Of(config.Models[i].Limits, $"models[{i}].limits", currency: null, [config.Models[i]], report))
            {
                yield return limit;
            }
        }

        for (var i = 0; i < config.Tenants.Count; i++)
        {
            var tenant = config.Tenants[i];
            var models = config.Models.Where(m => tenant.Models.Contains(TenantModelsValidator.Every, StringComparer.Ordinal) || tenant.Models.Contains(m.Name, StringComparer.Ordinal)).ToList();
            var found = Of(tenant.Limits, $"tenants[{i}].limits", tenant.Currency, models, report);
            for (var j = 0; j < tenant.Keys.Count; j++)
            {
                var key = tenant.Keys[j];
                found = found.Concat(Of(
                    key.Limits, $"tenants[{i}].keys[{j}].limits", tenant.Currency, key.Models.Count == 0 ? models : models.Where(m => key.Models.Contains(m.Name, StringComparer.Ordinal)), report));
            }

            for (var j = 0; j < config.Plans.Count; j++)
            {
                var plan = config.Plans[j];
                if (string.Equals(plan.Name, tenant.Plan, StringComparison.Ordinal))
                {
                    found = found.Concat(Of(plan.Limits, $"plans[{j}].limits", tenant.Currency, models, report));
                    for (var k = 0; k < plan.Models.Count; k++)
                    {
                        found = found.Concat(Of(
                            plan.Models[k].Limits, $"plans[{j}].models[{k}].limits", tenant.Currency, models.Where(m => string.Equals(m.Name, plan.Models[k].Name, StringComparison.Ordinal)).ToList(), report));
                    }
                }
            }

            if (tenant is { Balance: BalanceMode.Prepaid, Currency: { } currency })
            {
                found = found.Append((currency, $"tenants[{i}].balance", models));
            }

            foreach (var limit in found)
            {
                yield return limit;
            }
        }
    }

    private static IEnumerable<(string? Currency, string Key, IEnumerable<ModelConfig> Models)> Of(
        QuotaConfig? limits, string parent, string? currency, IEnumerable<ModelConfig> models, ConfigReport report) =>
        (limits?.Money ?? []).Select((money, i) =>
            (money.Currency ?? currency, report.Document.Contains($"{parent}.money[{i}]") ? $"{parent}.money[{i}]" : $"{parent}.money", models));
}
