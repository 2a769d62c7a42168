using Gateway.Api;
using Gateway.Quotas;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Admin;

/// <summary><c>/admin/v1/quotas</c> and <c>/admin/v1/tenants/{tenant}/balance</c>.</summary>
internal static class QuotaEndpoints
{
    public static void MapQuotas(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/quotas", ListAsync)
            .Needs(AdminPermission.ReadUsage)
            .WithSummary("Limits and how far they are used now: of tenants, of keys that were used since the start, and of models.")
            .Produces<ListJson<QuotaJson>>();
        admin.MapGet("/tenants/{tenant}/balance", ShowBalanceAsync)
            .Needs(AdminPermission.ReadUsage)
            .WithSummary("What a tenant has paid ahead and spent, with its latest payments.")
            .Produces<BalanceJson>();
        admin.MapPost("/tenants/{tenant}/balance", TopUpAsync)
            .Needs(AdminPermission.WriteBalances)
            .WithSummary("Books a payment. The same id twice counts once.")
            .Reads<TopUpJson>(isRequired: true)
            .Produces<BalanceJson>(StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, QuotaReport report, string? tenant = null)
    {
        var caller = CallerOf(context);
        if (PageRequest.CheckTexts(("tenant", tenant)) is { } invalid)
        {
            return new ErrorResult(invalid);
        }

        return tenant is not null && !caller.Grant.Covers(tenant)
            ? new ErrorResult(ApiError.OtherTenant)
            : Results.Ok(new ListJson<QuotaJson>(await report.ReadAsync(tenant ?? caller.Grant.Tenant, context.RequestAborted), NextCursor: null));
    }

    private static async Task<IResult> ShowBalanceAsync(HttpContext context, BalanceOperations operations, string tenant)
    {
        var (balance, error) = await operations.ShowAsync(CallerOf(context), tenant, context.RequestAborted);
        return balance is null ? new ErrorResult(error!) : Results.Ok(balance);
    }

    private static async Task<IResult> TopUpAsync(HttpContext context, BalanceOperations operations, BalanceRefresh refresh, string tenant)
    {
        var (body, error) = await AdminJson.ReadAsync<TopUpJson>(context.Request);
        if (body is null)
        {
            return new ErrorResult(error!);
        }

        (var balance, error) = await operations.TopUpAsync(CallerOf(context), tenant, body, context.RequestAborted);

        // In force here before the answer says so.
        await refresh.RefreshAsync(context.RequestAborted);
        return balance is null ? new ErrorResult(error!) : Results.Created($"/admin/v1/tenants/{tenant}/balance", balance);
    }

    private static AdminCaller CallerOf(HttpContext context) => context.Features.GetRequiredFeature<AdminCaller>();
}
