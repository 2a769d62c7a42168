using Gateway.Api;
using Gateway.Ledger;

namespace Gateway.Admin;

/// <summary>Usage as an answer, in the format asked for.</summary>
internal static class UsageResult
{
    public static async Task<IResult> OfAsync(UsageReport report, UsageRequest request, string? format, CancellationToken cancellationToken)
    {
        if (format is not (null or "json" or "csv"))
        {
            return new ErrorResult(ApiError.BadRequest("Invalid 'format': must be json or csv.", "format", "invalid_value"));
        }

        var (rows, error) = await report.ReadAsync(request, cancellationToken);
        return rows is null ? new ErrorResult(error!)
            : format is "csv" ? Results.Text(UsageReport.ToCsv(rows, request.GroupBy), "text/csv", System.Text.Encoding.UTF8)
            : Results.Json(new UsageListJson(rows), AdminJson.Options);
    }
}
