using Gateway.Configuration;
using Gateway.Ledger;

namespace Gateway.Quotas;

/// <summary>Makes the limits of a configuration.</summary>
internal static class LimitModels
{
    /// <summary>The limits that an owner is given in one place.</summary>
    /// <param name="config">What is written there; null when nothing is.</param>
    /// <param name="owner">Whose they are.</param>
    /// <param name="name">See <see cref="LimitKey.Name"/>.</param>
    /// <param name="model">See <see cref="LimitKey.Model"/>.</param>
    /// <param name="place">Where its days begin, and in what it pays.</param>
    /// <param name="words">See <see cref="LimitModel.OwnerInWords"/>.</param>
    public static IEnumerable<LimitModel> Of(QuotaConfig? config, QuotaOwner owner, string name, string model, QuotaPlace place, string words)
    {
        if (config is null)
        {
            yield break;
        }

        LimitModel Limit(QuotaMeasure measure, QuotaWindow window, long amount, string currency = "") => new(
            new LimitKey(owner, name, model, measure, window, currency, window >= QuotaWindow.Day ? place.Zone.Id : ""),
            amount,
            place.Zone,
            words,
            config.WhenUnavailable == WhenUnavailable.LocalShare && measure != QuotaMeasure.Money);

        (QuotaMeasure Measure, QuotaWindow Window, int? Amount)[] rates =
        [
            (QuotaMeasure.Requests, QuotaWindow.Second, config.RequestsPerSecond),
            (QuotaMeasure.Requests, QuotaWindow.Minute, config.RequestsPerMinute),
            (QuotaMeasure.Requests, QuotaWindow.Hour, config.RequestsPerHour),
            (QuotaMeasure.Requests, QuotaWindow.Day, config.RequestsPerDay),
            (QuotaMeasure.Tokens, QuotaWindow.Second, config.TokensPerSecond),
            (QuotaMeasure.Tokens, QuotaWindow.Minute, config.TokensPerMinute),
            (QuotaMeasure.Tokens, QuotaWindow.Hour, config.TokensPerHour),
            (QuotaMeasure.Tokens, QuotaWindow.Day, config.TokensPerDay),
            (QuotaMeasure.Concurrent, QuotaWindow.None, config.Concurrent),
        ];
        foreach (var (measure, window, amount) in rates)
        {
            if (amount is { } most)
            {
                yield return Limit(measure, window, most);
            }
        }

        foreach (var money in config.Money)
        {
            yield return Limit(QuotaMeasure.Money, WindowOf(money.Per), Money.ToNano(money.Amount), money.Currency ?? place.Currency!);
        }
    }

    /// <summary>Of several limits on one thing the least: all hold.</summary>
    public static LimitModel[] Merge(IEnumerable<LimitModel> limits) =>
    [
        .. limits.GroupBy(l => l.Key).Select(same => same.MinBy(l => l.Amount)! with { SharesWithoutStore = same.All(l => l.SharesWithoutStore) }),
    ];

    public static QuotaWindow WindowOf(MoneyPeriod period) => period switch
    {
        MoneyPeriod.Day => QuotaWindow.Day,
        MoneyPeriod.Week => QuotaWindow.Week,
        _ => QuotaWindow.Month,
    };
}

/// <summary>Where an owner's days begin, and in what it pays.</summary>
internal sealed record QuotaPlace(TimeZoneInfo Zone, string? Currency)
{
    /// <summary>Of what belongs to no tenant.</summary>
    public static readonly QuotaPlace OfNode = new(TimeZoneInfo.Utc, Currency: null);

    public static QuotaPlace Of(TenantConfig tenant) => new(TimeZoneInfo.FindSystemTimeZoneById(tenant.TimeZone), tenant.Currency);
}
