using Gateway.Configuration;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Configuration;

/// <summary>Limits that cannot be meant as they are written are refused with their line.</summary>
public sealed class QuotaValidatorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-quota-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("limits: { requests_per_minute: 1.5 }", "tenants[0].limits.requests_per_minute")]
    [InlineData("limits: { requests_per_minute: -1 }", "tenants[0].limits.requests_per_minute")]
    [InlineData("limits: { requests_per_week: 1 }", "tenants[0].limits.requests_per_week")]
    [InlineData("limits: { money: { amount: 1, per: hour, currency: USD } }", "tenants[0].limits.money.per")]
    [InlineData("limits: { money: { amount: -1, per: day, currency: USD } }", "tenants[0].limits.money.amount")]
    [InlineData("limits: { money: { amount: 1, per: day } }", "tenants[0].limits.money")]
    [InlineData("limits: { money: [{ amount: 1, per: day, currency: USD }, { amount: 1, per: week }] }", "tenants[0].limits.money[1]")]
    [InlineData("limits: { money: { amount: 1, per: day, currency: JPY } }", "deployments[0].price.currency")]
    [InlineData("balance: prepaid", "tenants[0].balance")]
    [InlineData("balance: prepaid, currency: JPY", "deployments[0].price.currency")]
    [InlineData("currency: reais", "tenants[0].currency")]
    [InlineData("time_zone: Brazil/Nowhere", "tenants[0].time_zone")]
    [InlineData("plan: nope", "tenants[0].plan")]
    [InlineData("plan: p", "plans[0].models[0].name", "plans: [{ name: p, models: [{ name: nope, limits: { concurrent: 1 } }] }]")]
    [InlineData("plan: p", "deployments[0].price.currency", "plans: [{ name: p, limits: { money: { amount: 1, currency: JPY, per: month } } }]")]
    [InlineData("", "exchange_rates[0].rate", "exchange_rates: [{ from: USD, to: JPY, rate: 0, date: 2026-01-01 }]")]
    [InlineData("", "exchange_rates[0].to", "exchange_rates: [{ from: USD, to: USD, rate: 1, date: 2026-01-01 }]")]
    [InlineData("limits: { money: { amount: 1, per: day, currency: JPY } }", "deployments[0].price.currency", "exchange_rates: [{ from: USD, to: JPY, rate: 150, date: 2099-01-01 }]")]
    [InlineData("limits: { money: { amount: 1, per: day, currency: JPY } }", "deployments[0].price.currency",
        "exchange_rates: [{ from: USD, to: EUR, rate: 1, date: 2026-01-01 }, { from: EUR, to: JPY, rate: 1, date: 2026-01-01 }, { from: USD, to: BRL, rate: 1, date: 2026-01-01 }, { from: BRL, to: JPY, rate: 1, date: 2026-01-01 }]")]
    public void Wrong_limits_are_errors_at_their_key(string tenant, string key, string more = "")
    {
        var result = Load(tenant, more);
        Assert.Equal([key], result.Errors.Select(e => e.Key));
        Assert.True(result.Errors[0].Line > 0);
    }

    [Theory]
    [InlineData("limits: { money: { amount: 0.5, per: week, currency: USD }, requests_per_second: 0, concurrent: 3 }, time_zone: America/Sao_Paulo")]
    [InlineData("limits: { money: { amount: 1, per: day, currency: JPY } }", "exchange_rates: [{ from: JPY, to: USD, rate: 0.0066, date: 2026-01-01 }]")]
    [InlineData("limits: { money: { amount: 1, per: day } }, currency: JPY", "exchange_rates: [{ from: EUR, to: USD, rate: 1.1, date: 2026-01-01 }, { from: EUR, to: JPY, rate: 160, date: 2026-01-01 }]")]
    [InlineData("plan: p", "plans: [{ name: p, limits: { tokens_per_day: 1 }, wait: { max: 5s, weight: 3 }, models: [{ name: m, limits: { concurrent: 1, when_unavailable: deny } }] }]")]
    public void Right_ones_are_not(string tenant, string more = "") => Assert.Empty(Load(tenant, more).Errors);

    private LoadResult Load(string tenant, string more) => ConfigLoader.Load(new GatewayFile()
        .Model("m", "d").Deployment("d", "http://127.0.0.1:9/v1", more: "price: { currency: USD, input: 1, output: 2 }").LimitedTenant("acme", TestKeys.Acme, tenant, "m").More(more).Save(_folder));
}
