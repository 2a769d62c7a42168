using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Ledger;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Admin;

/// <summary><c>/admin/v1/usage</c> and <c>/admin/v1/exchanges</c>.</summary>
internal static class LedgerEndpoints
{
    public static void MapLedger(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/usage", GetUsageAsync)
            .Needs(AdminPermission.ReadUsage)
            .WithSummary("Usage and cost by day, tenant, key, model, deployment or endpoint. Without `from` of the last 30 days; `format` is json, jsonl or csv.")
            .Produces<UsageListJson>();
        admin.MapGet("/exchanges", ListExchangesAsync)
            .Needs(AdminPermission.ReadExchanges)
            .WithSummary("Lines of the ledger, the latest first. `format` is json for a page, jsonl or csv for all at once.")
            .Produces<ListJson<ExchangeJson>>();
    }

    private static async Task<IResult> GetUsageAsync(
        HttpContext context,
        UsageReport report,
        TimeProvider time,
        string? from = null,
        string? to = null,
        [FromQuery(Name = "group_by")] string? groupBy = null,
        string? tenant = null,
        string? key = null,
        string? model = null,
        string? deployment = null,
        string? endpoint = null,
        string? format = null)
    {
        var grant = context.Features.GetRequiredFeature<AdminCaller>().Grant;
        if (tenant is not null && !grant.Covers(tenant))
        {
            return new ErrorResult(ApiError.OtherTenant);
        }

        return UsageRequest.Parse(
            from, to, groupBy, "tenant,model", time.GetUtcNow(), out var error,
            ("tenant", tenant ?? grant.Tenant), ("key", key), ("model", model), ("deployment", deployment), ("endpoint", endpoint)) is { } request
            ? await UsageResult.OfAsync(report, request, format, context.RequestAborted)
            : new ErrorResult(error!);
    }

    private static async Task<IResult> ListExchangesAsync(
        HttpContext context,
        ExchangeReport report,
        string? from = null,
        string? to = null,
        string? id = null,
        string? tenant = null,
        string? key = null,
        string? model = null,
        string? deployment = null,
        string? endpoint = null,
        string? outcome = null,
        string? code = null,
        [FromQuery(Name = "data_class")] string? dataClass = null,
        [FromQuery(Name = "trace_id")] string? traceId = null,
        string? cursor = null,
        string? limit = null,
        string? format = null)
    {
        if (PageRequest.Parse(cursor, limit, out var error) is not { } page
            || ExchangeRequest.Parse(
                from, to, out error, ("id", id), ("tenant", tenant), ("key", key), ("model", model), ("deployment", deployment), ("endpoint", endpoint),
                ("outcome", outcome), ("code", code), ("data_class", dataClass), ("trace_id", traceId)) is not { } request)
        {
            return new ErrorResult(error!);
        }

        var classes = context.Features.GetRequiredFeature<AdminCaller>().Access.Classes;
        if (dataClass is not null && classes.Find(dataClass) is null)
        {
            return new ErrorResult(ApiError.BadRequest($"Invalid 'data_class': must be one of {string.Join<DataClass>(", ", classes.All)}.", "data_class", "invalid_value"));
        }

        switch (format)
        {
            case null or "json":
                var lines = await report.ReadAsync(request, page.After, page.Limit + 1, context.RequestAborted);
                return Results.Ok(new ListJson<ExchangeJson>(
                    [.. lines.Take(page.Limit)], lines.Count > page.Limit ? lines[page.Limit - 1].ToCursor().ToString() : null));
            case "jsonl" or "csv":
                return new ExchangeExport(report, request, page.After, limit is null ? null : page.Limit, isCsv: format == "csv");
            default:
                return new ErrorResult(ApiError.BadRequest("Invalid 'format': must be json, jsonl or csv.", "format", "invalid_value"));
        }
    }
}
