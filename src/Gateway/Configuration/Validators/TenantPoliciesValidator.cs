using Gateway.Residency;

namespace Gateway.Configuration.Validators;

/// <summary>
/// A tenant's policy exists, and what it says of the tenant's data holds for this node, its store and its Redis too, where all of it passes and its metadata rests.
/// What a policy permits to nobody is worth a warning.
/// </summary>
internal sealed class TenantPoliciesValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var references = new NamedReferences("policy", "policies", [.. config.Policies.Select(p => p.Name)], report);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            if (config.Tenants[i].Policy is { } name)
            {
                references.Check([name], _ => $"tenants[{i}].policy");
            }
        }

        if (report.Errors.Count > 0)
        {
            return;
        }

        var residency = new ResidencyModel(config);
        var places = PlacesOf(config);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            var (tenant, policy) = (config.Tenants[i], residency.PolicyOf(config.Tenants[i].Name));
            if (policy.Name is null)
            {
                WarnOfNoPolicy(config, tenant, $"tenants[{i}].name", report);
            }
            else
            {
                ValidatePlaces(residency, policy, places, $"tenants[{i}].policy", report);
            }
        }

        for (var i = 0; i < config.Policies.Count; i++)
        {
            if (references.Used.Contains(config.Policies[i].Name))
            {
                WarnOfNothing(config, residency, residency.Policies[i + 1], $"policies[{i}]", report);
            }
        }
    }

    // What is asked of a deployment's processing is asked of the node, and what is asked of its storage of the store: nothing else is theirs.
    private static IReadOnlyList<(string What, Placement Placement, string Key, Func<ClassRule, ClassRule> Part)> PlacesOf(GatewayConfig config)
    {
        var book = new CountryBook(config.CountryGroups);
        var node = Placement.OfNode(config.Node);
        return
        [
            ("this node", node, "node.country", rule => new ClassRule
            {
                Origin = RuleOrigin.Stated, Processing = rule.Processing, DenyProcessing = rule.DenyProcessing,
            }),
            config.Store.Postgresql is null
                ? ("the SQLite file of this node", node, "node.country", Storage)
                : ("the PostgreSQL database", PlacementOf(config.Store.Placement), "store.placement.storage", Storage),
            .. config.Redis is { } redis
                ? [("Redis", PlacementOf(redis.Placement), "redis.placement.storage", (Func<ClassRule, ClassRule>)Storage)]
                : Array.Empty<(string, Placement, string, Func<ClassRule, ClassRule>)>(),
        ];

        Placement PlacementOf(PlaceConfig? place) => new() { Storage = book.Read(place?.Storage), ExpiresAt = place?.Expires };

        static ClassRule Storage(ClassRule rule) => new() { Origin = RuleOrigin.Stated, Storage = rule.Storage, DenyStorage = rule.DenyStorage };
    }

    private static void ValidatePlaces(
        ResidencyModel residency,
        ResidencyPolicy policy,
        IReadOnlyList<(string What, Placement Placement, string Key, Func<ClassRule, ClassRule> Part)> places,
        string key,
        ConfigReport report)
    {
        foreach (var (what, placement, placeKey, part) in places)
        {
            foreach (var dataClass in residency.Classes.All)
            {
                // Of what expires it is told when it does, for a file is good or bad whatever the time.
                var findings = ResidencyJudge.Judge(part(policy.RuleOf(dataClass)), placement with { ExpiresAt = null }, DateTimeOffset.MinValue);
                if (findings.FirstOrDefault(f => f.Code is not null) is { } finding)
                {
                    report.Error(key, $"data of the class `{dataClass.Name}` passes {what}, which the policy {ConfigText.Quote(policy.Name!)} does not permit: {finding.Text} (`{placeKey}`, `{finding.Rule}`)");
                    break;
                }
            }
        }
    }

    private static void WarnOfNoPolicy(GatewayConfig config, TenantConfig tenant, string key, ConfigReport report)
    {
        var local = config.Deployments.Where(d => d.Kind == DeploymentKind.Local).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        var remote = config.Models
            .Where(m => (tenant.Models.Contains(m.Name, StringComparer.Ordinal) || tenant.Models.Contains(TenantModelsValidator.Every, StringComparer.Ordinal))
                && !m.Deployments.Any(d => local.Contains(d.Name)))
            .Select(m => ConfigText.Quote(m.Name))
            .ToList();
        if (remote.Count > 0)
        {
            report.Warning(
                key,
                $"the tenant {ConfigText.Quote(tenant.Name)} has no policy, so only local deployments answer it; its requests for {string.Join(", ", remote)} get a 403. Write `policy`, and in `policies` where its data may go");
        }
    }

    private static void WarnOfNothing(GatewayConfig config, ResidencyModel residency, ResidencyPolicy policy, string key, ConfigReport report)
    {
        var mentioned = false;
        foreach (var dataClass in residency.Classes.All.Reverse())
        {
            var origin = policy.RuleOf(dataClass).Origin;
            var at = $"{key}.classes.{dataClass.Name}" is var own && report.Document.Contains(own) ? own : $"{key}.name";
            if (origin == RuleOrigin.NotMentioned && mentioned)
            {
                report.Warning($"{key}.name", $"does not mention the class `{dataClass.Name}`, so only local deployments answer it, though a more sensitive one may go further");
            }
            else if (origin == RuleOrigin.NoPlace)
            {
                report.Warning(at, "does not say where it may be processed, so only local deployments answer it; write `processing`, `local_only: true` or `anywhere: true`");
            }
            else if (origin == RuleOrigin.Stated && config.Deployments.All(d => !residency.Judge(policy, new Handling(dataClass, dataClass, RedactionState.Done), d.Name, DateTimeOffset.MinValue).IsPermitted))
            {
                report.Warning(at, "permits none of the deployments, so requests of this class get a 403");
            }

            mentioned |= origin != RuleOrigin.NotMentioned;
        }
    }
}
