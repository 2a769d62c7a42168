using Gateway.Admin;
using Gateway.Ledger;
using Gateway.Stores;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Api;

/// <summary><c>/v1/usage</c>: what the tenant of the key has used, and nothing else.</summary>
internal static class UsageEndpoints
{
    public static void MapUsage(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/v1/usage", GetAsync).AddEndpointFilterFactory(KnownQuery.Check).WithMetadata(new ScopedAttribute("usage"));

    private static async Task<IResult> GetAsync(
        HttpContext context,
        UsageReport report,
        TimeProvider time,
        string? from = null,
        string? to = null,
        [FromQuery(Name = "group_by")] string? groupBy = null,
        string? key = null,
        string? model = null,
        string? endpoint = null,
        string? format = null)
    {
        var tenant = context.Features.GetRequiredFeature<Caller>().Tenant.Name;
        if (UsageRequest.Parse(
            from, to, groupBy, "day,model", time.GetUtcNow(), out var error, ("tenant", tenant), ("key", key), ("model", model), ("endpoint", endpoint)) is not { } request)
        {
            return new ErrorResult(error!);
        }

        if (request.GroupBy.Contains("deployment", StringComparer.Ordinal))
        {
            // What answers is the operator's to know.
            return new ErrorResult(ApiError.BadRequest("Invalid 'group_by': must be names of day, key, model, endpoint, with commas.", "group_by", "invalid_value"));
        }

        try
        {
            return await UsageResult.OfAsync(report, request, format, context.RequestAborted);
        }
        catch (Exception e) when (StoreError.From(e) is { } storeError)
        {
            return new ErrorResult(ApiError.StoreUnavailable(storeError.Reason));
        }
    }
}
