using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Gateway.Configuration;

namespace Gateway.Tenants.Keys;

/// <summary>Limits of a key as the store and the admin API have them; what is left out is not limited.</summary>
internal sealed record LimitsJson
{
    public int? RequestsPerSecond { get; init; }

    public int? RequestsPerMinute { get; init; }

    public int? RequestsPerHour { get; init; }

    public int? RequestsPerDay { get; init; }

    public int? TokensPerSecond { get; init; }

    public int? TokensPerMinute { get; init; }

    public int? TokensPerHour { get; init; }

    public int? TokensPerDay { get; init; }

    public int? Concurrent { get; init; }

    [Description("What may be spent in a day, week or month, in the tenant's currency.")]
    public decimal? MoneyPerDay { get; init; }

    public decimal? MoneyPerWeek { get; init; }

    public decimal? MoneyPerMonth { get; init; }

    /// <summary>The names, as they are written.</summary>
    public static readonly IReadOnlyList<string> Names = [.. typeof(LimitsJson).GetProperties().Where(p => p.CanWrite).Select(p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name))];

    /// <summary>Reads <c>requests_per_minute=60</c> and the like.</summary>
    public static LimitsJson? Parse(IReadOnlyList<string> texts, out string problem)
    {
        (problem, var limits) = ("", new LimitsJson());
        foreach (var text in texts)
        {
            var parts = text.Split('=', 2);
            var property = Array.Find(typeof(LimitsJson).GetProperties(), p => p.CanWrite && string.Equals(JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name), parts[0], StringComparison.Ordinal));
            object? value = property is null || parts.Length < 2 ? null
                : property.PropertyType == typeof(int?) ? int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null
                : decimal.TryParse(parts[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) ? amount : null;
            if (value is null)
            {
                problem = $"must be NAME=NUMBER, such as requests_per_minute=60; the names are {string.Join(", ", Names)}.";
                return null;
            }

            property!.SetValue(limits, value);
        }

        return limits;
    }

    public static LimitsJson? Of(QuotaConfig? config) => config is null ? null : new()
    {
        RequestsPerSecond = config.RequestsPerSecond,
        RequestsPerMinute = config.RequestsPerMinute,
        RequestsPerHour = config.RequestsPerHour,
        RequestsPerDay = config.RequestsPerDay,
        TokensPerSecond = config.TokensPerSecond,
        TokensPerMinute = config.TokensPerMinute,
        TokensPerHour = config.TokensPerHour,
        TokensPerDay = config.TokensPerDay,
        Concurrent = config.Concurrent,
        MoneyPerDay = AmountOf(config, MoneyPeriod.Day),
        MoneyPerWeek = AmountOf(config, MoneyPeriod.Week),
        MoneyPerMonth = AmountOf(config, MoneyPeriod.Month),
    };

    /// <summary>The limits; null and the field that is wrong when they make no sense.</summary>
    public QuotaConfig? ToConfig(out string? wrong)
    {
        wrong = null;
        var money = new List<MoneyLimitConfig>();
        foreach (var (name, amount, per) in new[] { ("money_per_day", MoneyPerDay, MoneyPeriod.Day), ("money_per_week", MoneyPerWeek, MoneyPeriod.Week), ("money_per_month", MoneyPerMonth, MoneyPeriod.Month) })
        {
            if (amount is { } some)
            {
                // As amounts in the configuration.
                wrong ??= some < 0 || some >= 1_000_000_000 || decimal.Round(some, 6) != some ? name : null;
                money.Add(new() { Amount = some, Per = per });
            }
        }

        var config = new QuotaConfig
        {
            RequestsPerSecond = RequestsPerSecond,
            RequestsPerMinute = RequestsPerMinute,
            RequestsPerHour = RequestsPerHour,
            RequestsPerDay = RequestsPerDay,
            TokensPerSecond = TokensPerSecond,
            TokensPerMinute = TokensPerMinute,
            TokensPerHour = TokensPerHour,
            TokensPerDay = TokensPerDay,
            Concurrent = Concurrent,
            Money = money,
        };
        foreach (var (name, value) in new[]
        {
            ("requests_per_second", RequestsPerSecond), ("requests_per_minute", RequestsPerMinute), ("requests_per_hour", RequestsPerHour), ("requests_per_day", RequestsPerDay),
            ("tokens_per_second", TokensPerSecond), ("tokens_per_minute", TokensPerMinute), ("tokens_per_hour", TokensPerHour), ("tokens_per_day", TokensPerDay), ("concurrent", Concurrent),
        })
        {
            wrong ??= value < 0 ? name : null;
        }

        return wrong is null ? config : null;
    }

    private static decimal? AmountOf(QuotaConfig config, MoneyPeriod per) => config.Money.FirstOrDefault(m => m.Per == per)?.Amount;
}
