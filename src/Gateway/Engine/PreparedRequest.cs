namespace Gateway.Engine;

/// <summary>A request that was read for an engine before it was the engine's turn, so that it is tokenised once.</summary>
/// <param name="Deployment">Whose engine.</param>
/// <param name="Request">As the engine takes it.</param>
internal sealed record PreparedRequest(string Deployment, object Request)
{
    /// <summary>The request for this deployment; null when it was read for another.</summary>
    public T? For<T>(string deployment)
        where T : class => string.Equals(Deployment, deployment, StringComparison.Ordinal) ? Request as T : null;
}
