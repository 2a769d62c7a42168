namespace Gateway.Configuration.Validators;

/// <summary>A tenant's models exist, each once.</summary>
internal sealed class TenantModelsValidator : IConfigValidator
{
    /// <summary>Stands for every model, those of later reloads too.</summary>
    public const string Every = "*";

    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var references = new NamedReferences("model", "models", [Every, .. config.Models.Select(m => m.Name)], report);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            references.Check(config.Tenants[i].Models, j => $"tenants[{i}].models[{j}]");
        }
    }
}
