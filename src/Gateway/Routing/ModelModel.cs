using System.Collections.Frozen;
using Gateway.Quotas;
using Gateway.Residency;
using Yarp.ReverseProxy.Model;

namespace Gateway.Routing;

/// <summary>A model, as a request sees it: a YARP cluster, whose destinations are the deployments.</summary>
/// <param name="Name">The public name.</param>
/// <param name="CreatedAt">When this gateway began to serve it, in Unix seconds.</param>
/// <param name="Routes">YARP's route to the model's cluster for each endpoint, at <see cref="Api.ApiEndpoint.Index"/>.</param>
/// <param name="Deployments">Deployments by name, which is the destination's id too.</param>
/// <param name="Residency">Where its requests may go.</param>
internal sealed record ModelModel(
    string Name, long CreatedAt, IReadOnlyList<RouteModel> Routes, FrozenDictionary<string, DeploymentModel> Deployments, DecisionTable Residency)
{
    /// <summary>Whether some deployment is not in this process.</summary>
    public bool HasUpstream { get; } = Deployments.Values.Any(d => d.Upstream is not null);

    /// <summary>Limits of the model over all tenants.</summary>
    public LimitModel[] Limits { get; init; } = [];

    /// <summary>Longest silence of a deployment.</summary>
    public TimeSpan Timeout { get; init; }
}
