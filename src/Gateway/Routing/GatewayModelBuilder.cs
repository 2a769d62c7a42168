using System.Collections.Frozen;
using Gateway.Configuration;
using Gateway.Engine;
using Gateway.Ledger;
using Gateway.Privacy;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Residency;
using Gateway.Tenants;
using Gateway.Tenants.Jwt;
using Yarp.ReverseProxy.Model;

namespace Gateway.Routing;

/// <summary>Makes the snapshot that requests go by out of a configuration.</summary>
internal sealed class GatewayModelBuilder(UpstreamTransformer transformer, JwtIssuers issuers, TimeProvider time)
{
    private const int DefaultMaxTokens = 2048;

    private readonly long _startedAt = time.GetUtcNow().ToUnixTimeSeconds();

    /// <param name="config">A configuration without errors.</param>
    /// <param name="clusters">Its models, as YARP has them.</param>
    /// <param name="engines">A held engine for each local deployment; the snapshot takes them over.</param>
    /// <param name="clusterOf">YARP's state of a cluster.</param>
    public GatewayModel Build(
        GatewayConfig config, IReadOnlyList<ModelCluster> clusters, IReadOnlyDictionary<string, EngineHandle> engines, Func<string, ClusterState> clusterOf)
    {
        var deployments = config.Deployments.ToDictionary(d => d.Name, StringComparer.Ordinal);
        var residency = new ResidencyModel(config);
        var verdicts = new VerdictCache(residency);
        var now = time.GetUtcNow();
        var models = config.Models.Zip(clusters, (model, cluster) =>
        {
            var state = clusterOf(cluster.Id);
            return new ModelModel(
                model.Name,
                _startedAt,
                [.. ClusterConfigProvider.Routes.Select(route => new RouteModel(route, state, transformer))],
                model.Deployments.Select(d => DeploymentOf(deployments[d.Name], residency, model, d.Weight, engines)).ToFrozenDictionary(d => d.Name),
                new DecisionTable(model.Name, [.. model.Deployments.Select(d => state.Destinations[d.Name])], verdicts, now))
            {
                Limits = LimitModels.Merge(LimitModels.Of(model.Limits, QuotaOwner.Model, model.Name, "", QuotaPlace.OfNode, $"model `{model.Name}`")),
                Timeout = ModelCluster.TimeoutOf(model),
            };
        }).ToFrozenDictionary(m => m.Name, StringComparer.Ordinal);

        var access = AccessModel.Of(config, residency, issuers.Build(config));
        return new GatewayModel(access, models, residency, new PrivacyModel(config, residency.Classes), LedgerModel.Of(config.Ledger, residency.Classes), config.Limits.BodyBytes, [.. engines.Values])
        {
            Rates = new ExchangeRates(config.ExchangeRates),
        };
    }

    private static DeploymentModel DeploymentOf(
        DeploymentConfig deployment, ResidencyModel residency, ModelConfig model, int weight, IReadOnlyDictionary<string, EngineHandle> engines) =>
        deployment.Kind == DeploymentKind.Local
            ? new(
                deployment.Name,
                weight,
                new LocalModel(engines[deployment.Name], new AnswerDefaults(
                    deployment.Name, deployment.DefaultMaxTokens ?? DefaultMaxTokens, deployment.Overlong, [.. deployment.SharedPrompts.Select(p => p.Trim())])),
                Upstream: null,
                residency.PlacementOf(deployment.Name),
                Price.Of(deployment.Price))
            : new(
                deployment.Name,
                weight,
                Local: null,
                new Upstream(deployment, ModelCluster.TimeoutOf(model)),
                residency.PlacementOf(deployment.Name),
                Price.Of(deployment.Price));
}
