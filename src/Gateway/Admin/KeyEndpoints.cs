using Gateway.Api;
using Gateway.Configuration;
using Gateway.Tenants.Keys;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Admin;

/// <summary><c>/admin/v1/keys</c>.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/keys", ListAsync)
            .Needs(AdminPermission.ReadKeys)
            .WithSummary("Keys: on the first page those declared in the configuration, then those made at run time, the oldest first.")
            .Produces<ListJson<KeyJson>>();
        admin.MapPost("/keys", CreateAsync)
            .Needs(AdminPermission.WriteKeys)
            .WithSummary("Makes a key. The answer has the key itself; nobody can read it again.")
            .Reads<CreateKeyJson>(isRequired: true)
            .Produces<KeyJson>(StatusCodes.Status201Created);
        admin.MapGet("/keys/{id}", ShowAsync)
            .Needs(AdminPermission.ReadKeys)
            .WithSummary("One key.")
            .Produces<KeyJson>();
        admin.MapPatch("/keys/{id}", UpdateAsync)
            .Needs(AdminPermission.WriteKeys)
            .WithSummary("Sets when a key expires.")
            .Reads<UpdateKeyJson>(isRequired: true)
            .Produces<KeyJson>();
        admin.MapPost("/keys/{id}/rotate", RotateAsync)
            .Needs(AdminPermission.WriteKeys)
            .WithSummary("Replaces the secret of a key; both work until the grace ends. The answer has the new one.")
            .Reads<RotateKeyJson>(isRequired: false)
            .Produces<KeyJson>();
        admin.MapPost("/keys/{id}/revoke", RevokeAsync)
            .Needs(AdminPermission.WriteKeys)
            .WithSummary("Ends a key now, on every node within a second.")
            .Produces<KeyJson>();
    }

    private static async Task<IResult> ListAsync(HttpContext context, KeyOperations operations, TimeProvider time, string? tenant = null, string? cursor = null, string? limit = null)
    {
        var caller = CallerOf(context);
        if (PageRequest.Parse(cursor, limit, out var error) is not { } page || (error = PageRequest.CheckTexts(("tenant", tenant))) is not null)
        {
            return new ErrorResult(error!);
        }

        (var keys, error) = await operations.ListAsync(caller, tenant, page, context.RequestAborted);
        if (keys is null)
        {
            return new ErrorResult(error!);
        }

        var now = time.GetUtcNow();
        var declared = page.After is null ? KeyOperations.DeclaredKeys(caller, tenant).Select(k => KeyJson.Of(k, now)) : [];
        return Results.Ok(new ListJson<KeyJson>([.. declared, .. keys.Keys.Select(k => KeyJson.Of(k, now))], keys.Next?.ToString()));
    }

    private static async Task<IResult> CreateAsync(HttpContext context, KeyOperations operations, KeyRefresh refresh, TimeProvider time)
    {
        var (body, error) = await AdminJson.ReadAsync<CreateKeyJson>(context.Request);
        if (body is null || !TryReadTime(body.ExpiresAt, out var expiresAt, ref error))
        {
            return new ErrorResult(error!);
        }

        var scope = new ScopeJson { Models = body.Models, Endpoints = body.Endpoints, Networks = body.Networks, DataClass = body.DataClass, Limits = body.Limits };
        (var made, error) = await operations.CreateAsync(CallerOf(context), new KeyDraft(body.Tenant, body.Name, scope, expiresAt), context.RequestAborted);
        if (made is null)
        {
            return new ErrorResult(error!);
        }

        await refresh.RefreshAsync(context.RequestAborted);
        NotToBeKept(context);
        return Results.Created($"/admin/v1/keys/{made.Key.Id}", KeyJson.Of(made, time.GetUtcNow()));
    }

    private static async Task<IResult> ShowAsync(HttpContext context, KeyOperations operations, TimeProvider time, string id)
    {
        var caller = CallerOf(context);
        if (KeyOperations.KeyOfFile(caller, id) is { } declared)
        {
            return Results.Ok(KeyJson.Of(declared, time.GetUtcNow()));
        }

        var (key, error) = await operations.ShowAsync(caller, id, context.RequestAborted);
        return key is null ? new ErrorResult(error!) : Results.Ok(KeyJson.Of(key, time.GetUtcNow()));
    }

    private static async Task<IResult> UpdateAsync(HttpContext context, KeyOperations operations, KeyRefresh refresh, TimeProvider time, string id)
    {
        var (body, error) = await AdminJson.ReadAsync<UpdateKeyJson>(context.Request);
        if (body is null || !TryReadTime(body.ExpiresAt, out var expiresAt, ref error))
        {
            return new ErrorResult(error!);
        }

        (var key, error) = await operations.SetExpiryAsync(CallerOf(context), id, expiresAt, context.RequestAborted);
        await refresh.RefreshAsync(context.RequestAborted);
        return key is null ? new ErrorResult(error!) : Results.Ok(KeyJson.Of(key, time.GetUtcNow()));
    }

    private static async Task<IResult> RotateAsync(HttpContext context, KeyOperations operations, KeyRefresh refresh, TimeProvider time, string id)
    {
        var (body, error) = await AdminJson.ReadAsync(context.Request, whenEmpty: new RotateKeyJson());
        var grace = KeyOperations.DefaultGrace;
        if (body is null || (body.Grace is { } text && !Duration.TryParse(text, out grace)))
        {
            return new ErrorResult(error ?? ApiError.BadRequest("Invalid 'grace': must be a duration such as 30m, 24h or 7d.", "grace", "invalid_value"));
        }

        (var made, error) = await operations.RotateAsync(CallerOf(context), id, grace, context.RequestAborted);
        if (made is null)
        {
            return new ErrorResult(error!);
        }

        await refresh.RefreshAsync(context.RequestAborted);
        NotToBeKept(context);
        return Results.Ok(KeyJson.Of(made, time.GetUtcNow()));
    }

    private static async Task<IResult> RevokeAsync(HttpContext context, KeyOperations operations, KeyRefresh refresh, TimeProvider time, string id)
    {
        var (key, error) = await operations.RevokeAsync(CallerOf(context), id, context.RequestAborted);

        // In force here before the answer says so.
        await refresh.RefreshAsync(context.RequestAborted);
        return key is null ? new ErrorResult(error!) : Results.Ok(KeyJson.Of(key, time.GetUtcNow()));
    }

    private static AdminCaller CallerOf(HttpContext context) => context.Features.GetRequiredFeature<AdminCaller>();

    private static void NotToBeKept(HttpContext context) => context.Response.Headers.CacheControl = "no-store";

    private static bool TryReadTime(string? text, out DateTimeOffset? time, ref ApiError? error)
    {
        time = null;
        if (text is null)
        {
            return true;
        }

        if (Moment.TryParse(text, out var value))
        {
            time = value;
            return true;
        }

        error = ApiError.BadRequest($"Invalid 'expires_at': must be {Moment.InWords}.", "expires_at", "invalid_value");
        return false;
    }
}
