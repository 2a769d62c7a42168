using Gateway.Api;
using Gateway.Routing;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Engine;

/// <summary>Finds the model of this gateway whose tokens are asked for.</summary>
internal static class TokenModel
{
    /// <param name="context">The request; its caller is known.</param>
    /// <param name="name">The model's public name; null where the caller may use just one in this process.</param>
    public static async Task<(EngineLease? Lease, ApiError? Error)> FindAsync(HttpContext context, string? name)
    {
        var (model, error) = Find(context.Features.GetRequiredFeature<Caller>(), name);
        if (LocalOf(model) is not { } local)
        {
            return (null, error);
        }

        return await ModelLease.TryLeaseAsync(local.Engine, model!.Name, context.RequestAborted);
    }

    private static (ModelModel? Model, ApiError? Error) Find(Caller caller, string? name)
    {
        if (name is not null)
        {
            return !caller.MayUse(name) || !caller.Gateway.Models.TryGetValue(name, out var named) ? (null, ApiError.ModelNotFound(name))
                : LocalOf(named) is null ? (null, ApiError.BadRequest($"The model `{name}` does not run in this process, so its tokenizer is not here.", "model", "model_not_supported"))
                : (named, null);
        }

        var models = caller.Gateway.Models.Values.Where(m => caller.MayUse(m.Name) && LocalOf(m) is not null).Take(2).ToList();
        return models is [var only]
            ? (only, null)
            : (null, ApiError.BadRequest(
                models.Count == 0 ? "None of your models runs in this process, so there is no tokenizer here." : "Missing required parameter: 'model'. You have several in this process.",
                "model",
                models.Count == 0 ? "model_not_supported" : "missing_required_parameter"));
    }

    private static LocalModel? LocalOf(ModelModel? model) => model?.Deployments.Values.FirstOrDefault(d => d.Local is not null)?.Local;
}
