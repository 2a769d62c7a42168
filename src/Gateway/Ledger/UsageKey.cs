using Gateway.Exchanges;
using Gateway.Stores;

namespace Gateway.Ledger;

/// <summary>What usage is added up by. What is not known is the empty text.</summary>
/// <param name="Day">Days since 1970 in UTC, of the opening.</param>
/// <param name="Tenant">Name of the tenant.</param>
/// <param name="KeyId">Id of the key.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Deployment">Name of the deployment.</param>
/// <param name="Endpoint">Name of the endpoint.</param>
/// <param name="Currency">Of the cost.</param>
internal readonly record struct UsageKey(long Day, string Tenant, string KeyId, string Model, string Deployment, string Endpoint, string Currency)
{
    private const long MicrosecondsPerDay = 86_400L * 1_000_000;

    public static UsageKey Of(LedgerOpening opening, LedgerClosing closing) => new(
        DayOf(opening.OpenedAt), opening.Tenant, opening.KeyId, opening.Model ?? "", closing.Deployment ?? "", opening.Endpoint, closing.Currency ?? "");

    /// <summary>The order in which all nodes take the rows of usage: day, then the names byte for byte.</summary>
    public static readonly Comparer<UsageKey> Order = Comparer<UsageKey>.Create((a, b) =>
        a.Day != b.Day ? a.Day.CompareTo(b.Day) : a.Names.Zip(b.Names, string.CompareOrdinal).FirstOrDefault(order => order != 0));

    private string[] Names => [Tenant, KeyId, Model, Deployment, Endpoint, Currency];

    public static long DayOf(DateTimeOffset time) => Math.DivRem(StoreTime.ToMicroseconds(time), MicrosecondsPerDay, out var rest) - (rest < 0 ? 1 : 0);
}

/// <summary>What lines come to.</summary>
internal readonly record struct UsageSums
{
    public long Requests { get; init; }

    /// <summary>Those that failed here or at the deployment.</summary>
    public long Failed { get; init; }

    public long Refused { get; init; }

    public long Lost { get; init; }

    /// <summary>Those whose tokens were counted by their characters.</summary>
    public long Estimated { get; init; }

    public long InputTokens { get; init; }

    public long CachedTokens { get; init; }

    public long OutputTokens { get; init; }

    public long ReasoningTokens { get; init; }

    public long CostNano { get; init; }

    public static UsageSums Of(LedgerClosing closing) => new()
    {
        Requests = 1,
        Failed = closing.Outcome == OutcomeWords.Of(ExchangeOutcome.UpstreamError) || closing.Outcome == OutcomeWords.Of(ExchangeOutcome.Error) ? 1 : 0,
        Refused = closing.Outcome == OutcomeWords.Of(ExchangeOutcome.Refused) ? 1 : 0,
        Estimated = closing.Usage is { IsEstimated: true } ? 1 : 0,
        InputTokens = closing.Usage?.InputTokens ?? 0,
        CachedTokens = closing.Usage?.CachedTokens ?? 0,
        OutputTokens = closing.Usage?.OutputTokens ?? 0,
        ReasoningTokens = closing.Usage?.ReasoningTokens ?? 0,
        CostNano = closing.CostNano,
    };

    public UsageSums Plus(UsageSums other) => new()
    {
        Requests = Requests + other.Requests,
        Failed = Failed + other.Failed,
        Refused = Refused + other.Refused,
        Lost = Lost + other.Lost,
        Estimated = Estimated + other.Estimated,
        InputTokens = InputTokens + other.InputTokens,
        CachedTokens = CachedTokens + other.CachedTokens,
        OutputTokens = OutputTokens + other.OutputTokens,
        ReasoningTokens = ReasoningTokens + other.ReasoningTokens,
        CostNano = CostNano + other.CostNano,
    };
}
