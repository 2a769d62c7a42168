using System.Collections.Frozen;
using Gateway.Configuration;
using Gateway.Exchanges;

namespace Gateway.Residency;

/// <summary>Who permits what, of one configuration: policies as they hold and placements as they are known. Knows of no requests and no connections.</summary>
internal sealed class ResidencyModel
{
    private readonly FrozenDictionary<string, ResidencyPolicy> _byTenant;
    private readonly FrozenDictionary<string, Placement> _placements;
    private readonly FrozenDictionary<string, IReadOnlyList<ModelDeploymentConfig>> _models;

    /// <param name="config">A configuration without errors.</param>
    public ResidencyModel(GatewayConfig config)
    {
        Classes = new DataClasses(config.DataClasses);
        var book = new CountryBook(config.CountryGroups);
        var compiler = new PolicyCompiler(config.Policies, Classes, book);
        _placements = config.Deployments.ToFrozenDictionary(d => d.Name, d => Placement.Of(d, config.Node, book), StringComparer.Ordinal);
        Policies = [compiler.CompileNone(), .. config.Policies.Select((p, i) => compiler.Compile(p, i + 1, c => CapModel.Of(c, config.Node, book, _placements)))];
        var byName = Policies.Where(p => p.Name is not null).ToDictionary(p => p.Name!, StringComparer.Ordinal);
        _byTenant = config.Tenants.ToFrozenDictionary(t => t.Name, t => t.Policy is null ? Policies[0] : byName[t.Policy], StringComparer.Ordinal);
        _models = config.Models.ToFrozenDictionary(m => m.Name, m => m.Deployments, StringComparer.Ordinal);
    }

    public DataClasses Classes { get; }

    /// <summary>At their index; the first is that of tenants without one.</summary>
    public IReadOnlyList<ResidencyPolicy> Policies { get; }

    public bool HasTenant(string tenant) => _byTenant.ContainsKey(tenant);

    public ResidencyPolicy PolicyOf(string tenant) => _byTenant[tenant];

    /// <summary>Deployments of a model, with their weights; null when there is no such model.</summary>
    public IReadOnlyList<ModelDeploymentConfig>? DeploymentsOf(string model) => _models.GetValueOrDefault(model);

    public Placement PlacementOf(string deployment) => _placements[deployment];

    /// <summary>What the policy says of each deployment of a model, for a request, at a moment.</summary>
    public IReadOnlyList<Verdict> JudgeModel(ResidencyPolicy policy, Handling handling, string model, DateTimeOffset now) =>
        [.. _models[model].Select(d => Judge(policy, handling, d.Name, now))];

    /// <summary>What the policy says of a deployment, for a request, at a moment.</summary>
    public Verdict Judge(ResidencyPolicy policy, Handling handling, string deployment, DateTimeOffset now)
    {
        var placement = _placements[deployment];
        return Verdict.Of(deployment, placement, ResidencyJudge.Judge(policy.RuleOf(handling.ClassFor(placement)), placement, now, handling.State));
    }
}
