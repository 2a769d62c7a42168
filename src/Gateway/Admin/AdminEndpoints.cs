using Gateway.Api;
using Gateway.Hosting;
using Gateway.Residency;
using Gateway.Stores;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.OpenApi;

namespace Gateway.Admin;

/// <summary>The admin API, on administration's listener; <c>/admin/v1/openapi.json</c> describes it.</summary>
internal static class AdminEndpoints
{
    private const string Prefix = "/admin/v1";

    public static void MapAdmin(this IEndpointRouteBuilder endpoints)
    {
        var admin = endpoints.MapGroup(Prefix).WithMetadata(new AdminAttribute());
        admin.MapOpenApi("/openapi.json").WithMetadata(new AnonymousAttribute());
        admin.MapKeys();
        admin.MapLedger();
        admin.MapQuotas();
        admin.MapExplain();
        admin.MapGet("/tenants", ListTenants)
            .Needs(AdminPermission.ReadTenants)
            .WithSummary("Tenants, as the configuration declares them.")
            .Produces<ListJson<TenantJson>>();
        admin.MapGet("/acts", ListActsAsync)
            .Needs(AdminPermission.ReadActs)
            .WithSummary("What admins did and what they were refused, the latest first.")
            .Produces<ListJson<ActJson>>();
    }

    /// <summary>Adds what the endpoints of the admin API need.</summary>
    public static void AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<AdminActStore>();
        services.ConfigureHttpJsonOptions(o => AdminJson.Configure(o.SerializerOptions));
        services.AddOpenApi(o =>
        {
            o.ShouldInclude = description => description.RelativePath?.StartsWith(Prefix[1..], StringComparison.Ordinal) ?? false;
            o.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "Gateway administration";
                document.Info.Version = "v1";

                // Whoever reads the document knows where they got it.
                document.Servers?.Clear();
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>States what an endpoint needs; <see cref="AdminMiddleware"/> sees to it.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, AdminPermission permission) =>
        endpoint.AddEndpointFilterFactory(KnownQuery.Check)
            .WithMetadata(new PermissionAttribute(permission))
            .Produces(StatusCodes.Status401Unauthorized)
            .Produces(StatusCodes.Status403Forbidden)
            .Produces(StatusCodes.Status503ServiceUnavailable);

    /// <summary>
    /// Describes the body that an endpoint reads. Not by <c>Accepts</c>, which would refuse the content type that <c>curl -d</c> sends.
    /// </summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder endpoint, bool isRequired) => endpoint.AddOpenApiOperationTransformer(async (operation, context, cancellationToken) =>
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = isRequired,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                ["application/json"] = new() { Schema = await context.GetOrCreateSchemaAsync(typeof(T), cancellationToken: cancellationToken) },
            },
        });

    private static IResult ListTenants(HttpContext context)
    {
        var caller = context.Features.GetRequiredFeature<AdminCaller>();
        return Results.Ok(new ListJson<TenantJson>(
            [
                .. caller.Access.Tenants.Values.Where(t => caller.Grant.Covers(t.Name)).OrderBy(t => t.Name, StringComparer.Ordinal)
                    .Select(t => new TenantJson(t.Name, [.. t.Models.Order(StringComparer.Ordinal)])),
            ],
            NextCursor: null));
    }

    private static async Task<IResult> ListActsAsync(
        HttpContext context,
        AdminActStore acts,
        string? from = null,
        string? to = null,
        string? who = null,
        string? act = null,
        string? @object = null,
        string? tenant = null,
        string? cursor = null,
        string? limit = null)
    {
        if (PageRequest.Parse(cursor, limit, out var error) is not { } page || TimeRange.Parse(from, to, out error) is not { } range
            || (error = PageRequest.CheckTexts(("who", who), ("act", act), ("object", @object), ("tenant", tenant))) is not null)
        {
            return new ErrorResult(error!);
        }

        var found = await acts.ListAsync(new AdminActFilter(range.From, range.To, who, act, @object, tenant), page.After, page.Limit + 1, context.RequestAborted);
        var next = found.Count > page.Limit ? found[page.Limit - 1] : null;
        return Results.Ok(new ListJson<ActJson>(
            [.. found.Take(page.Limit).Select(ActJson.Of)], next is null ? null : new PageCursor(StoreTime.ToMicroseconds(next.At), next.Id).ToString()));
    }
}
