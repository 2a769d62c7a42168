using Gateway.Tenants;

namespace Gateway.Configuration.Validators;

/// <summary>A scope names models and endpoints that there are, and networks that can be read. An empty list would allow nothing, or all: only its author knows.</summary>
internal sealed class ScopeValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var models = new NamedReferences("model", "models", [.. config.Models.Select(m => m.Name)], report);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            var (tenant, parent) = (config.Tenants[i], $"tenants[{i}]");
            for (var j = 0; j < tenant.Keys.Count; j++)
            {
                var key = $"{parent}.keys[{j}]";
                ValidateScope(tenant.Keys[j], key, models, config.DataClasses, report);
                ValidateModelsOfTenant(tenant.Keys[j], tenant, parent, key, report);
            }
        }

        for (var i = 0; i < config.Jwt.Count; i++)
        {
            ValidateScope(config.Jwt[i], $"jwt[{i}]", models, config.DataClasses, report);
        }

        ValidateNetworks(config.Listen.TrustedProxies, "listen.trusted_proxies", report);
    }

    private static void ValidateScope(ScopeConfig scope, string parent, NamedReferences models, IReadOnlyList<string> classes, ConfigReport report)
    {
        foreach (var (name, count) in new[] { ("models", scope.Models.Count), ("endpoints", scope.Endpoints.Count), ("networks", scope.Networks.Count) })
        {
            if (count == 0 && report.Document.Contains($"{parent}.{name}"))
            {
                report.Error($"{parent}.{name}", "is empty; leave it out to allow all, or name what is allowed");
            }
        }

        models.Check(scope.Models, i => $"{parent}.models[{i}]");
        new NamedReferences("endpoint", "the API", KeyScope.EndpointNames, report).Check(scope.Endpoints, i => $"{parent}.endpoints[{i}]");
        ValidateNetworks(scope.Networks, $"{parent}.networks", report);
        DataClassesValidator.Check(scope.DataClass, $"{parent}.data_class", classes, report);
    }

    private static void ValidateModelsOfTenant(ScopeConfig scope, TenantConfig tenant, string tenantKey, string key, ConfigReport report)
    {
        if (report.IsUnusable($"{tenantKey}.models") || tenant.Models.Contains(TenantModelsValidator.Every, StringComparer.Ordinal))
        {
            return;
        }

        for (var i = 0; i < scope.Models.Count; i++)
        {
            if (!tenant.Models.Contains(scope.Models[i], StringComparer.Ordinal))
            {
                report.Warning($"{key}.models[{i}]", $"the tenant {ConfigText.Quote(tenant.Name)} may not use {ConfigText.Quote(scope.Models[i])}, so its key may not either");
            }
        }
    }

    private static void ValidateNetworks(IReadOnlyList<string> networks, string parent, ConfigReport report)
    {
        for (var i = 0; i < networks.Count; i++)
        {
            if (!Networks.TryParse(networks[i], out _))
            {
                report.Error($"{parent}[{i}]", $"must be {Networks.InWords}; the bits behind the prefix must be zero");
            }
        }
    }
}
