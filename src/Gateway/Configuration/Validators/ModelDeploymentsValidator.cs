namespace Gateway.Configuration.Validators;

/// <summary>A model's deployments exist, each once; a deployment that no model uses is worth a warning.</summary>
internal sealed class ModelDeploymentsValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var references = new NamedReferences("deployment", "deployments", [.. config.Deployments.Select(d => d.Name)], report);
        for (var i = 0; i < config.Models.Count; i++)
        {
            var names = config.Models[i].Deployments.Select(d => d.Name).ToArray();
            references.Check(names, j => $"models[{i}].deployments[{j}].name");
        }

        for (var i = 0; i < config.Deployments.Count; i++)
        {
            var name = config.Deployments[i].Name;
            if (name.Length > 0 && !references.Used.Contains(name))
            {
                report.Warning($"deployments[{i}].name", $"no model uses the deployment {ConfigText.Quote(name)}");
            }
        }
    }
}
