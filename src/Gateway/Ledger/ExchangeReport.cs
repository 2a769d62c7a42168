using System.Data.Common;
using System.Globalization;
using System.Text;
using Gateway.Admin;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Stores;

namespace Gateway.Ledger;

/// <summary>Single lines of the ledger, the latest first.</summary>
internal sealed class ExchangeReport(Store store)
{
    private const string Columns =
        "id, opened_at, closed_at, tenant, key_id, model, deployment, endpoint, data_class, outcome, code, status, input_tokens, cached_tokens, output_tokens, "
        + "reasoning_tokens, estimated, cost_nano, currency, latency_us, first_token_us, trace_id, node, decision, policy, candidates, country, reserved_tokens, findings, redacted, answer_findings";

    /// <summary>One page of lines.</summary>
    /// <param name="request">Which.</param>
    /// <param name="before">Where the page before ended; null for the first.</param>
    /// <param name="limit">Most lines.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<ExchangeJson>> ReadAsync(ExchangeRequest request, PageCursor? before, int limit, CancellationToken cancellationToken)
    {
        var conditions = new StringBuilder("opened_at >= @from AND opened_at < @to");
        var to = StoreTime.ToMicroseconds(request.Range.To);
        if (before is { } cursor)
        {
            conditions.Append(" AND (opened_at, id) < (@at, @before)");

            // Says the same to PostgreSQL in a way that lets it leave out later months.
            to = Math.Min(to, cursor.At == long.MaxValue ? cursor.At : cursor.At + 1);
        }

        var parameters = new List<(string, object?)>
        {
            ("from", StoreTime.ToMicroseconds(request.Range.From)), ("to", to), ("limit", (long)limit), ("at", before?.At ?? 0), ("before", before?.Id ?? ""),
        };
        foreach (var (name, value) in request.Filters)
        {
            conditions.Append(CultureInfo.InvariantCulture, $" AND {(name == "key" ? "key_id" : name)} = @{name}");
            parameters.Add((name, value));
        }

        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand(
            $"SELECT {Columns} FROM exchanges WHERE {conditions} ORDER BY opened_at DESC, id DESC LIMIT @limit", [.. parameters]);
        command.CommandTimeout = StoreCommands.ReportTimeout;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lines = new List<ExchangeJson>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(Read(reader));
        }

        return lines;
    }

    private static ExchangeJson Read(DbDataReader reader)
    {
        string? Text(int column) => reader.IsDBNull(column) || reader.GetString(column) is not { Length: > 0 } text ? null : text;
        double? Milliseconds(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column) / 1000d;

        return new ExchangeJson(
            reader.GetString(0),
            StoreTime.FromMicroseconds(reader.GetInt64(1)),
            reader.IsDBNull(2) ? null : StoreTime.FromMicroseconds(reader.GetInt64(2)),
            reader.GetString(3),
            reader.GetString(4),
            Text(5),
            Text(6),
            reader.GetString(7),
            reader.GetString(8),
            reader.GetString(9),
            Text(10),
            reader.IsDBNull(11) ? null : reader.GetInt64(11),
            reader.GetInt64(12),
            reader.GetInt64(13),
            reader.GetInt64(14),
            reader.GetInt64(15),
            reader.GetInt64(16) != 0,
            Money.FromNano(reader.GetInt64(17)),
            Text(18),
            Milliseconds(19),
            Milliseconds(20),
            Text(21),
            reader.GetString(22),
            Text(23),
            Text(24),
            Text(25),
            Text(26),
            reader.GetInt64(27),
            Text(28),
            Text(29),
            Text(30));
    }
}

/// <summary>Which lines are asked for.</summary>
/// <param name="Range">When they were opened.</param>
/// <param name="Filters">For names of columns, the value that counts.</param>
internal sealed record ExchangeRequest(TimeRange Range, IReadOnlyDictionary<string, string> Filters)
{
    /// <summary>Reads what a client said.</summary>
    public static ExchangeRequest? Parse(string? from, string? to, out ApiError? error, params ReadOnlySpan<(string Name, string? Value)> filters)
    {
        if (TimeRange.Parse(from, to, out error) is not { } range || (error = PageRequest.CheckTexts(filters)) is not null)
        {
            return null;
        }

        var chosen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in filters)
        {
            if (value is null)
            {
                continue;
            }

            chosen.Add(name, value);
            if (name == "outcome" && !OutcomeWords.All.Contains(value, StringComparer.Ordinal))
            {
                error = ApiError.BadRequest($"Invalid 'outcome': must be one of {string.Join(", ", OutcomeWords.All)}.", name, "invalid_value");
            }

            // A line is found by its time; an id tells it.
            if (name == "id")
            {
                range = RequestIds.TryGetTime(value, out var time)
                    ? new TimeRange(time > range.From ? time : range.From, time.AddMicroseconds(1) < range.To ? time.AddMicroseconds(1) : range.To)
                    : new TimeRange(range.From, range.From);
            }
        }

        return error is null ? new ExchangeRequest(range, chosen) : null;
    }
}
