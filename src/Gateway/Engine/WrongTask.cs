using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>What is told to a client that asks of a local model what it is not for.</summary>
internal static class WrongTask
{
    // Enough to find the right one; a tenant may have hundreds.
    private const int MostNames = 5;

    /// <param name="exchange">The request; its model is known.</param>
    /// <param name="actual">What the model is for.</param>
    public static ApiError Of(Exchange exchange, ModelTask actual)
    {
        var wanted = exchange.Endpoint.Task;
        var others = exchange.Caller.Gateway.Models.Values
            .Where(m => exchange.Caller.MayUse(m.Name) && m.Deployments.Values.Any(d => d.Local?.Task == wanted))
            .Select(m => $"`{m.Name}`")
            .Order(StringComparer.Ordinal)
            .Take(MostNames)
            .ToList();
        return ApiError.BadRequest(
            $"The model `{exchange.Model!.Name}` {Does(actual)}; it does not {Verb(wanted)}. "
            + (others.Count > 0 ? $"Of your models, {string.Join(", ", others)} can." : "None of your local models can."),
            "model",
            "model_not_supported");
    }

    private static string Does(ModelTask task) => task switch
    {
        ModelTask.Generate => "generates text",
        ModelTask.Embed => "makes embeddings",
        ModelTask.Rerank => "ranks documents",
        _ => "only counts tokens here",
    };

    private static string Verb(ModelTask task) => task switch
    {
        ModelTask.Embed => "make embeddings",
        ModelTask.Rerank => "rank documents",
        _ => "generate text",
    };
}
