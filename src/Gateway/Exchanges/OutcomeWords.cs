namespace Gateway.Exchanges;

/// <summary>What outcomes are called in metrics and in the ledger.</summary>
internal static class OutcomeWords
{
    /// <summary>In the ledger: not ended yet.</summary>
    public const string Open = "open";

    /// <summary>In the ledger: the gateway ended before the exchange did.</summary>
    public const string Lost = "lost";

    private static readonly string[] Words = ["ok", "refused", "client_gone", "upstream_error", "error"];

    /// <summary>All that stand in the ledger.</summary>
    public static readonly IReadOnlyList<string> All = [.. Words, Open, Lost];

    public static string Of(ExchangeOutcome outcome) => Words[(int)outcome];
}
