using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>A request that was read for an engine before it was the engine's turn, so that it is tokenised once.</summary>
/// <param name="Deployment">The deployment that it was read for.</param>
/// <param name="Engine">The engine that it was read by: another of the same model, loaded since, knows nothing of its grammar.</param>
/// <param name="Request">As the engine takes it.</param>
internal sealed record PreparedRequest(string Deployment, LlamaEngine Engine, object Request)
{
    /// <summary>The request for this deployment and engine; null when it was read for another.</summary>
    public T? For<T>(string deployment, LlamaEngine engine)
        where T : class => Engine == engine && string.Equals(Deployment, deployment, StringComparison.Ordinal) ? Request as T : null;
}
