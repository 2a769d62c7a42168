using System.Text.Json.Serialization;
using Gateway.Routing;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Api;

/// <summary><c>/v1/models</c>: what the tenant may use, and nothing else.</summary>
internal static class ModelsEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/v1/models", ListAsync).WithMetadata(new ScopedAttribute("models"));

        // Names may hold slashes, as those of Hugging Face do.
        endpoints.MapGet("/v1/models/{**name}", GetAsync).WithMetadata(new ScopedAttribute("models"));
    }

    private static Task ListAsync(HttpContext context)
    {
        var caller = context.Features.GetRequiredFeature<Caller>();
        var models = caller.Gateway.Models.Values
            .Where(m => caller.MayUse(m.Name))
            .OrderBy(m => m.Name, StringComparer.Ordinal)
            .Select(ModelObject.Of);
        return context.Response.WriteAsJsonAsync(new ModelList("list", [.. models]), ModelsJson.Default.ModelList);
    }

    private static Task GetAsync(HttpContext context, string name)
    {
        // Of all escapes ASP.NET leaves only this one in a path; clients that escape the name as one segment send it.
        name = name.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var caller = context.Features.GetRequiredFeature<Caller>();
        return caller.MayUse(name) && caller.Gateway.Models.TryGetValue(name, out var model)
            ? context.Response.WriteAsJsonAsync(ModelObject.Of(model), ModelsJson.Default.ModelObject)
            : ErrorResponse.WriteAsync(context, ApiError.ModelNotFound(name));
    }
}

/// <summary>OpenAI's <c>Model</c> object.</summary>
internal sealed record ModelObject(string Id, string Object, long Created, string OwnedBy)
{
    public static ModelObject Of(ModelModel model) => new(model.Name, "model", model.CreatedAt, "gateway");
}

/// <summary>OpenAI's <c>ListModelsResponse</c>.</summary>
internal sealed record ModelList(string Object, IReadOnlyList<ModelObject> Data);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModelObject))]
[JsonSerializable(typeof(ModelList))]
internal sealed partial class ModelsJson : JsonSerializerContext;
