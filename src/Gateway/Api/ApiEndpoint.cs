using System.Collections.Frozen;
using Gateway.Llama;

namespace Gateway.Api;

/// <summary>An endpoint of OpenAI's API, or of what its peers added, whose requests name a model.</summary>
/// <param name="Index">Place in <see cref="All"/>.</param>
/// <param name="RouteId">Id of the YARP route.</param>
/// <param name="Path">Path below the base URL, with its slash: <c>/chat/completions</c>. The same at the gateway and at an upstream.</param>
/// <param name="Operation">OpenTelemetry's <c>gen_ai.operation.name</c>.</param>
/// <param name="Task">What a local model must be for to answer.</param>
internal sealed record ApiEndpoint(int Index, string RouteId, string Path, string Operation, ModelTask Task)
{
    public static readonly ApiEndpoint ChatCompletions = new(0, "chat.completions", "/chat/completions", "chat", ModelTask.Generate);
    public static readonly ApiEndpoint Completions = new(1, "completions", "/completions", "text_completion", ModelTask.Generate);
    public static readonly ApiEndpoint Embeddings = new(2, "embeddings", "/embeddings", "embeddings", ModelTask.Embed);
    public static readonly ApiEndpoint Rerank = new(3, "rerank", "/rerank", "rerank", ModelTask.Rerank);

    /// <summary>All of them, each at its <see cref="Index"/>.</summary>
    public static readonly IReadOnlyList<ApiEndpoint> All = [ChatCompletions, Completions, Embeddings, Rerank];

    private static readonly FrozenDictionary<string, ApiEndpoint> ByRouteId = All.ToFrozenDictionary(e => e.RouteId);

    /// <summary>The endpoint that a YARP route stands for.</summary>
    public static ApiEndpoint Of(string routeId) => ByRouteId[routeId];
}
