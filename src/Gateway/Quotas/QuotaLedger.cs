using System.Globalization;
using Gateway.Ledger;
using Gateway.Stores;

namespace Gateway.Quotas;

/// <summary>Reads out of the ledger how far a limit was used. Of exchanges that a gateway left open when it ended, what they had reserved counts.</summary>
internal sealed class QuotaLedger(Store store, LedgerWriter writer)
{
    private const long MicrosecondsPerDay = 86_400L * 1_000_000;

    // How long a request may have been under way (its body, its wait for a turn) before it was reserved. A line is found by when it came.
    private static readonly TimeSpan LongestApproach = TimeSpan.FromMinutes(15);

    private const string IsPending = "(closed_at IS NULL OR outcome = 'lost')";
    private const string ReservedAt = "COALESCE(reserved_at, opened_at)";

    // What a gateway refused itself, or what never got to a deployment, has used nothing.
    private const string Sums =
        $"""
        CAST(SUM(CASE WHEN {IsPending} OR (outcome <> 'refused' AND deployment <> '') THEN 1 ELSE 0 END) AS BIGINT),
        CAST(SUM(CASE WHEN {IsPending} THEN reserved_tokens ELSE input_tokens + output_tokens END) AS BIGINT),
        CAST(SUM(CASE WHEN {IsPending} THEN reserved_nano ELSE cost_nano END) AS BIGINT),
        CASE WHEN {IsPending} THEN reserved_currency ELSE currency END AS money
        """;

    /// <summary>What was used of a limit in the windows that are not over.</summary>
    /// <param name="limit">The limit; not of slots, nor a balance.</param>
    /// <param name="tenant">The tenant that asks; whose lines they are, but for a model's limit.</param>
    /// <param name="rates">For what was paid in other currencies.</param>
    /// <param name="until">Of this process only what came before; it counts itself what comes after.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<LedgerUse>> ReadAsync(LimitModel limit, string tenant, ExchangeRates rates, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var uses = new List<LedgerUse>();
        await using var connection = await store.OpenAsync(cancellationToken);

        async Task ReadAsync(string sql, long step, params (string Name, object? Value)[] more)
        {
            await using var command = connection.CreateCommand(
                sql,
                [
                    ("tenant", tenant), ("name", limit.Key.Name), ("model", limit.Key.Model), ("node", writer.Node), ("until", StoreTime.ToMicroseconds(until)), ("step", step), .. more,
                ]);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var at = StoreTime.FromMicroseconds(reader.GetInt64(0) * step);
                var amount = limit.Key.Measure switch
                {
                    QuotaMeasure.Requests => reader.GetInt64(1),
                    QuotaMeasure.Tokens => reader.GetInt64(2),
                    _ => ToCurrency(reader.GetInt64(3), reader.GetString(4), at),
                };
                if (amount > 0)
                {
                    uses.Add(new(at, amount));
                }
            }
        }

        long ToCurrency(long nano, string currency, DateTimeOffset at) =>
            nano == 0 || currency.Length == 0 ? 0 : ExchangeRates.Convert(nano, rates.Find(currency, limit.Key.Currency, DateOnly.FromDateTime(at.UtcDateTime)) ?? 1);

        Task ReadLinesAsync(DateTimeOffset from, DateTimeOffset start, DateTimeOffset? end, long step, string condition = "") => ReadAsync(
            $"""
            SELECT {ReservedAt} / @step AS bucket, {Sums} FROM exchanges
            WHERE {OwnerOf(limit)} AND opened_at >= @from AND opened_at < @end AND {ReservedAt} >= @start AND (node <> @node OR opened_at < @until) {condition}
            GROUP BY bucket, money
            """,
            step,
            ("from", StoreTime.ToMicroseconds(from)),
            ("start", StoreTime.ToMicroseconds(start)),
            ("end", end is { } e ? StoreTime.ToMicroseconds(e) : long.MaxValue));

        if (!limit.IsCalendar)
        {
            var (bucket, length) = (SlidingWindow.BucketOf(limit.Key.Window), SlidingWindow.LengthOf(limit.Key.Window));
            var from = until.AddMicroseconds(-(bucket + length));
            await ReadLinesAsync(from - LongestApproach, from, end: null, bucket);
            return uses;
        }

        // Whole days from their sums, what is before and behind them from the lines. Sums are of days in UTC.
        var begin = CalendarWindow.At(limit.Key.Window, limit.Zone, until).Start;
        var (first, today) = (DayFrom(begin), new DateTimeOffset(until.UtcDateTime.Date, TimeSpan.Zero));
        if (today <= first)
        {
            await ReadLinesAsync(begin - LongestApproach, begin, end: null, MicrosecondsPerDay);
            return Within(uses, begin);
        }

        await ReadLinesAsync(begin - LongestApproach, begin, first, MicrosecondsPerDay);
        await ReadAsync(
            $"""
            SELECT day, CAST(SUM(CASE WHEN deployment <> '' THEN requests - refused ELSE 0 END) AS BIGINT), CAST(SUM(input_tokens + output_tokens) AS BIGINT),
                CAST(SUM(cost_nano) AS BIGINT), currency
            FROM usage_daily WHERE {OwnerOf(limit)} AND day >= @first AND day < @today GROUP BY day, currency
            """,
            MicrosecondsPerDay,
            ("first", UsageKey.DayOf(first)),
            ("today", UsageKey.DayOf(today)));
        await ReadLinesAsync(first, first, today, MicrosecondsPerDay, $"AND {IsPending}");
        await ReadLinesAsync(today, today, end: null, MicrosecondsPerDay);
        return Within(uses, begin);
    }

    /// <summary>What was paid in and spent by a tenant in a currency, and how many payments there were.</summary>
    public async Task<(long Paid, long Spent, long Payments)> ReadBalanceAsync(string tenant, string currency, CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand(
            """
            SELECT CAST(COALESCE(SUM(amount_nano), 0) AS BIGINT), COUNT(*), COALESCE((SELECT spent_nano FROM balance_spent WHERE tenant = @tenant AND currency = @currency), 0)
            FROM balance_entries WHERE tenant = @tenant AND currency = @currency
            """,
            ("tenant", tenant),
            ("currency", currency));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(2), reader.GetInt64(1));
    }

    // A day's sum stands at the day's beginning in UTC, which may be before that of the window.
    private static List<LedgerUse> Within(List<LedgerUse> uses, DateTimeOffset begin) => [.. uses.Select(u => u.At < begin ? u with { At = begin } : u)];

    private static DateTimeOffset DayFrom(DateTimeOffset time)
    {
        var day = new DateTimeOffset(time.UtcDateTime.Date, TimeSpan.Zero);
        return day == time ? day : day.AddDays(1);
    }

    private static string OwnerOf(LimitModel limit) => limit.Key.Owner switch
    {
        QuotaOwner.Tenant => "tenant = @tenant",
        QuotaOwner.Key => "tenant = @tenant AND key_id = @name",
        QuotaOwner.Model => "model = @name",
        QuotaOwner.TenantModel => "tenant = @tenant AND model = @model",
        _ => throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"{limit.Key.Owner}")),
    };
}
