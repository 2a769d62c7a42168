using System.ComponentModel;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Gateway.Api;
using Gateway.Stores;

namespace Gateway.Ledger;

/// <summary>Who used how much, from the sums that are kept with the lines: no line is looked at.</summary>
internal sealed class UsageReport(Store store)
{
    /// <summary>More rows than anybody reads, and few enough to hold.</summary>
    public const int MostRows = 100_000;

    private static readonly string[] Sums =
        ["requests", "failed", "refused", "lost", "estimated", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "cost_nano"];

    /// <summary>Rows in the order of what they are grouped by; null, and why, when they are too many.</summary>
    public async Task<(IReadOnlyList<UsageJson>? Rows, ApiError? Error)> ReadAsync(UsageRequest request, CancellationToken cancellationToken)
    {
        var columns = string.Join(", ", request.GroupBy.Select(ColumnOf).Append("currency"));
        var conditions = new StringBuilder("day >= @from AND day < @to");
        var parameters = new List<(string, object?)>
        {
            ("from", UsageKey.DayOf(request.Range.From)), ("to", UsageKey.DayOf(request.Range.To)), ("limit", MostRows + 1L),
        };
        foreach (var (name, value) in request.Filters)
        {
            conditions.Append(CultureInfo.InvariantCulture, $" AND {ColumnOf(name)} = @{name}");
            parameters.Add((name, value));
        }

        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand(
            $"""
            SELECT {columns}, {string.Join(", ", Sums.Select(s => $"CAST(SUM({s}) AS BIGINT)"))}
            FROM usage_daily WHERE {conditions} GROUP BY {columns} ORDER BY {columns} LIMIT @limit
            """,
            [.. parameters]);
        command.CommandTimeout = StoreCommands.ReportTimeout;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<UsageJson>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (rows.Count == MostRows)
            {
                return (null, ApiError.BadRequest($"That would be more than {MostRows} rows. Ask for fewer days or groups, or filter.", "group_by", "too_many_rows"));
            }

            rows.Add(Read(reader, request.GroupBy));
        }

        return (rows, null);
    }

    /// <summary>The rows as CSV, with a head.</summary>
    public static string ToCsv(IReadOnlyList<UsageJson> rows, IReadOnlyList<string> groupBy)
    {
        var csv = new StringBuilder();
        Csv.AppendRow(csv, [.. groupBy, "currency", .. Sums[..^1], "cost"]);
        foreach (var row in rows)
        {
            Csv.AppendRow(
                csv,
                [
                    .. groupBy.Select(row.Get), row.Currency, row.Requests, row.Failed, row.Refused, row.Lost, row.Estimated,
                    row.InputTokens, row.CachedTokens, row.OutputTokens, row.ReasoningTokens, row.Cost,
                ]);
        }

        return csv.ToString();
    }

    private static string ColumnOf(string group) => group == "key" ? "key_id" : group;

    private static UsageJson Read(DbDataReader reader, IReadOnlyList<string> groupBy)
    {
        string? Text(string group) => groupBy.ToList().IndexOf(group) is >= 0 and var column ? reader.GetString(column) : null;
        long Sum(int index) => reader.GetInt64(groupBy.Count + 1 + index);

        var day = groupBy.ToList().IndexOf("day");
        var currency = reader.GetString(groupBy.Count);
        return new UsageJson
        {
            Day = day < 0 ? null : DateTimeOffset.UnixEpoch.AddDays(reader.GetInt64(day)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Tenant = Text("tenant"),
            Key = Text("key"),
            Model = Text("model"),
            Deployment = Text("deployment"),
            Endpoint = Text("endpoint"),
            Currency = currency.Length > 0 ? currency : null,
            Requests = Sum(0),
            Failed = Sum(1),
            Refused = Sum(2),
            Lost = Sum(3),
            Estimated = Sum(4),
            InputTokens = Sum(5),
            CachedTokens = Sum(6),
            OutputTokens = Sum(7),
            ReasoningTokens = Sum(8),
            Cost = Money.FromNano(Sum(9)),
        };
    }
}

/// <summary>Usage of one group. Of what it is not grouped by there is no field; what was not known of a request is the empty text.</summary>
internal sealed record UsageJson
{
    [Description("Day in UTC on which the requests came.")]
    public string? Day { get; init; }

    public string? Tenant { get; init; }

    [Description("Id of the key.")]
    public string? Key { get; init; }

    public string? Model { get; init; }

    public string? Deployment { get; init; }

    public string? Endpoint { get; init; }

    [Description("Of the cost, by ISO 4217; null for what has no price.")]
    public string? Currency { get; init; }

    public required long Requests { get; init; }

    [Description("Of the requests, those that failed here or at the deployment.")]
    public required long Failed { get; init; }

    [Description("Of the requests, those that the gateway refused.")]
    public required long Refused { get; init; }

    [Description("Of the requests, those that a gateway did not live to end.")]
    public required long Lost { get; init; }

    [Description("Of the requests, those whose tokens were counted by their characters, for nobody reported them.")]
    public required long Estimated { get; init; }

    public required long InputTokens { get; init; }

    [Description("Of the input tokens, those that the deployment had in its cache.")]
    public required long CachedTokens { get; init; }

    public required long OutputTokens { get; init; }

    [Description("Of the output tokens, those of reasoning.")]
    public required long ReasoningTokens { get; init; }

    [Description("In units of the currency.")]
    public required decimal Cost { get; init; }

    /// <summary>The value of a group of <see cref="UsageRequest.Groups"/>.</summary>
    public string? Get(string group) => group switch
    {
        "day" => Day,
        "tenant" => Tenant,
        "key" => Key,
        "model" => Model,
        "deployment" => Deployment,
        _ => Endpoint,
    };
}

/// <summary>Usage, as <c>/admin/v1/usage</c> and <c>/v1/usage</c> answer.</summary>
internal sealed record UsageListJson(IReadOnlyList<UsageJson> Data)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; } = "list";
}
