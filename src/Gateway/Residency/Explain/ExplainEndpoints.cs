using System.Runtime.InteropServices;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Api;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Routing;
using Gateway.Tenants.Keys;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Residency;

/// <summary><c>POST /admin/v1/explain</c>.</summary>
internal static class ExplainEndpoints
{
    public static void MapExplain(this IEndpointRouteBuilder admin) => admin.MapPost("/explain", ExplainAsync)
        .Needs(AdminPermission.Explain)
        .WithSummary("Where a request would go, and by which rules. Nothing is sent.")
        .Reads<ExplainJson>(isRequired: true)
        .Produces<ExplanationJson>();

    private static async Task<IResult> ExplainAsync(HttpContext context, GatewayState state, KeyOperations keys, TimeProvider time)
    {
        var caller = context.Features.GetRequiredFeature<AdminCaller>();
        var gateway = state.Acquire();
        try
        {
            var (question, error) = await AdminJson.ReadAsync<ExplainJson>(context.Request, largest: gateway.BodyLimit);
            if (question is null || ReadTime(question.At, time, out var now) is { } && (error = Invalid("at", $"must be {Moment.InWords}")) is not null)
            {
                return new ErrorResult(error!);
            }

            if (question.Tenant is null)
            {
                return new ErrorResult(RequestFields.Missing("tenant"));
            }

            if (!caller.Grant.Covers(question.Tenant))
            {
                return new ErrorResult(ApiError.OtherTenant);
            }

            if (!gateway.Access.Tenants.TryGetValue(question.Tenant, out var tenant))
            {
                return new ErrorResult(Invalid("tenant", "there is no tenant of this name in the configuration"));
            }

            (var dataClass, var why, error) = await ClassOfAsync(question, gateway, keys, caller, context.RequestAborted);
            if (dataClass is null || ModelOf(question, out error) is not { } model)
            {
                return new ErrorResult(error!);
            }

            return tenant.Models.Contains(model) && gateway.Residency.DeploymentsOf(model) is not null
                ? Results.Ok(Explainer.Explain(gateway.Residency, gateway.Privacy, tenant.Name, model, dataClass, why, now, JsonMarshal.GetRawUtf8Value(question.Request!.Value)))
                : new ErrorResult(ApiError.ModelNotFound(model));
        }
        finally
        {
            gateway.Release();
        }
    }

    private static string? ReadTime(string? text, TimeProvider time, out DateTimeOffset now)
    {
        now = time.GetUtcNow();
        return text is null || Moment.TryParse(text, out now) ? null : text;
    }

    private static async Task<(DataClass? DataClass, IReadOnlyList<string> Why, ApiError? Error)> ClassOfAsync(
        ExplainJson question, GatewayModel gateway, KeyOperations keys, AdminCaller caller, CancellationToken cancellationToken)
    {
        var (floor, classes) = (gateway.Access.Classes.Lowest, gateway.Access.Classes);
        if (question.Key is { } id)
        {
            var scope = KeyOperations.KeyOfFile(caller, id) is { } declared && declared.Tenant.Name == question.Tenant ? declared.Scope : null;
            if (scope is null)
            {
                var (key, error) = await keys.ShowAsync(caller, id, cancellationToken);
                if (key is null || key.Tenant != question.Tenant)
                {
                    return (null, [], error ?? ApiError.KeyNotFound(id, isDeclared: false));
                }

                scope = key.Scope;
            }

            if (gateway.Access.FloorOf(scope) is not { } least)
            {
                return (null, [], ApiError.KeyClassUnknown(scope.DataClass!));
            }

            floor = least;
        }

        var asked = question.DataClass is null ? null : classes.Find(question.DataClass);
        if (question.DataClass is not null && asked is null)
        {
            return (null, [], Invalid("data_class", $"must be one of {string.Join<DataClass>(", ", classes.All)}"));
        }

        return asked?.Rank < floor.Rank
            ? (null, [], Invalid("data_class", $"is less than `{floor.Name}`, the least of this key"))
            : (asked ?? floor, Explainer.WhyOf(floor, question.Key is not null, asked), null);
    }

    private static string? ModelOf(ExplainJson question, out ApiError? error)
    {
        if (question.Request is not { ValueKind: JsonValueKind.Object } request)
        {
            error = Invalid("request", "must be the request's body, a JSON object");
            return null;
        }

        var model = Explainer.ModelOf(request);
        error = model is null ? RequestFields.Missing("request.model") : null;
        return model;
    }

    private static ApiError Invalid(string field, string problem) => ApiError.BadRequest($"Invalid '{field}': {problem}.", field, "invalid_value");
}
