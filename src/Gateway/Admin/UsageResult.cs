using System.Text;
using System.Text.Json;
using Gateway.Api;
using Gateway.Ledger;

namespace Gateway.Admin;

/// <summary>Usage as an answer, in the format asked for.</summary>
internal static class UsageResult
{
    public static async Task<IResult> OfAsync(UsageReport report, UsageRequest request, string? format, CancellationToken cancellationToken)
    {
        if (format is not (null or "json" or "jsonl" or "csv"))
        {
            return new ErrorResult(ApiError.BadRequest("Invalid 'format': must be json, jsonl or csv.", "format", "invalid_value"));
        }

        var (rows, error) = await report.ReadAsync(request, cancellationToken);
        return rows is null ? new ErrorResult(error!)
            : format is "csv" ? Results.Text(UsageReport.ToCsv(rows, request.GroupBy), "text/csv", Encoding.UTF8)
            : format is "jsonl" ? Results.Text(string.Concat(rows.Select(row => JsonSerializer.Serialize(row, AdminJson.Options) + "\n")), "application/jsonl", Encoding.UTF8)
            : Results.Json(new UsageListJson(rows), AdminJson.Options);
    }
}
