namespace Gateway.Quotas;

/// <summary>A limit of the configuration in force.</summary>
/// <param name="Key">What is counted.</param>
/// <param name="Amount">How much of it is allowed in a window: requests, tokens, requests at a time, billionths of the currency's unit. Of a balance 0, for its limit is what was paid in.</param>
/// <param name="Zone">Where its days begin.</param>
/// <param name="OwnerInWords">Whose it is, for people: <c>tenant `clinic`</c>.</param>
/// <param name="SharesWithoutStore">Whether a node goes by its share of the limit while the store that nodes share is down; otherwise requests are refused.</param>
internal sealed record LimitModel(LimitKey Key, long Amount, TimeZoneInfo Zone, string OwnerInWords, bool SharesWithoutStore)
{
    /// <summary>Whether its windows are of the calendar.</summary>
    public bool IsCalendar => Key.Window >= QuotaWindow.Day;

    /// <summary>Whether what the ledger knows of it is counted, since the counters were last empty: <see cref="QuotaRebuild"/>'s own.</summary>
    public int KnownIn { get; set; }

    /// <summary>Whether waiting makes room: not for what is paid for.</summary>
    public bool IsRate => Key.Measure is not (QuotaMeasure.Money or QuotaMeasure.Balance);
}
