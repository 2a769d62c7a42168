using System.ComponentModel;

namespace Gateway.Configuration;

/// <summary>Limits of one owner; what is left out is not limited. 0 refuses everything.</summary>
internal sealed record QuotaConfig
{
    [Bounds(0, int.MaxValue), Description("Requests in any second.")]
    public int? RequestsPerSecond { get; init; }

    [Bounds(0, int.MaxValue), Description("Requests in any minute.")]
    public int? RequestsPerMinute { get; init; }

    [Bounds(0, int.MaxValue), Description("Requests in any hour.")]
    public int? RequestsPerHour { get; init; }

    [Bounds(0, int.MaxValue), Description("Requests in a day of the tenant's time zone.")]
    public int? RequestsPerDay { get; init; }

    [Bounds(0, int.MaxValue), Description("Tokens in any second, of prompts and answers together.")]
    public int? TokensPerSecond { get; init; }

    [Bounds(0, int.MaxValue), Description("Tokens in any minute.")]
    public int? TokensPerMinute { get; init; }

    [Bounds(0, int.MaxValue), Description("Tokens in any hour.")]
    public int? TokensPerHour { get; init; }

    [Bounds(0, int.MaxValue), Description("Tokens in a day of the tenant's time zone.")]
    public int? TokensPerDay { get; init; }

    [Bounds(0, int.MaxValue), Description("Requests at a time.")]
    public int? Concurrent { get; init; }

    [OrOne, Description("What may be spent; one limit or a list of them.")]
    public IReadOnlyList<MoneyLimitConfig> Money { get; init; } = [];

    [Description("What holds while nodes share counters and cannot reach them: `local_share`, the node's share of each limit, or `deny`. Money is always denied. Default local_share.")]
    public WhenUnavailable WhenUnavailable { get; init; }
}

internal sealed record MoneyLimitConfig
{
    [Required, Description("How much may be spent in each of them.")]
    public decimal Amount { get; init; }

    [Pattern(PriceConfig.CurrencyPattern, PriceConfig.CurrencyInWords), Description("Currency of the amount, by ISO 4217. Default: that of the tenant.")]
    public string? Currency { get; init; }

    [Required, Description("`day`, `week` (from Monday on) or `month`, in the tenant's time zone.")]
    public MoneyPeriod Per { get; init; }
}

internal enum MoneyPeriod
{
    Day,
    Week,
    Month,
}

/// <summary>What a limit comes to while the store that nodes share is down.</summary>
internal enum WhenUnavailable
{
    [Word("local_share")]
    LocalShare,
    Deny,
}

/// <summary>Whether a tenant pays ahead.</summary>
internal enum BalanceMode
{
    None,
    Prepaid,
}

internal sealed record PlanConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the plan.")]
    public string Name { get; init; } = "";

    [Description("Limits of each tenant of the plan.")]
    public QuotaConfig? Limits { get; init; }

    [Description("Further limits of each tenant for single models.")]
    public IReadOnlyList<PlanModelConfig> Models { get; init; } = [];

    [Description("Lets requests over a limit of requests, tokens or concurrency wait for a while. Default: they are refused at once.")]
    public WaitConfig? Wait { get; init; }
}

internal sealed record PlanModelConfig
{
    [Required, Description("Name of the model.")]
    public string Name { get; init; } = "";

    [Required, Description("Limits of each tenant for this model.")]
    public QuotaConfig? Limits { get; init; }
}

internal sealed record WaitConfig
{
    [Required, Bounds("1ms", "10m"), Description("Longest wait, e.g. 5s.")]
    public TimeSpan Max { get; init; }

    [Bounds(1, 1_000), Description("Share of a tenant among those that wait for the same limit. Default 1.")]
    public int Weight { get; init; } = 1;
}

internal sealed record ExchangeRateConfig
{
    [Required, Pattern(PriceConfig.CurrencyPattern, PriceConfig.CurrencyInWords), Description("A unit of this currency ...")]
    public string From { get; init; } = "";

    [Required, Pattern(PriceConfig.CurrencyPattern, PriceConfig.CurrencyInWords), Description("... is worth so many of this one.")]
    public string To { get; init; } = "";

    [Required, Description("How many.")]
    public decimal Rate { get; init; }

    [Required, Description("From which day on (UTC), such as 2026-11-01. The newest that is not after today counts.")]
    public DateTimeOffset Date { get; init; }
}
