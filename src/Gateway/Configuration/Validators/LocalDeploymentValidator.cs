namespace Gateway.Configuration.Validators;

/// <summary>A local deployment has a GGUF file, and a cache that one full request fits into.</summary>
internal sealed class LocalDeploymentValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        for (var i = 0; i < config.Deployments.Count; i++)
        {
            var (deployment, parent) = (config.Deployments[i], $"deployments[{i}]");
            if (deployment.Kind == DeploymentKind.Local && !report.IsUnusable($"{parent}.kind"))
            {
                ValidatePath(deployment, $"{parent}.path", report);
                if (deployment.CacheCells < deployment.ContextLength)
                {
                    report.Error($"{parent}.cache_cells", "is less than context_length, so a request of that length would never fit");
                }
            }
        }
    }

    private static void ValidatePath(DeploymentConfig deployment, string key, ConfigReport report)
    {
        if (string.IsNullOrWhiteSpace(deployment.Path))
        {
            report.Error(key, deployment.Path is null ? "is missing; the kind `local` needs the path of a GGUF file" : "is empty; write the path of a GGUF file");
            return;
        }

        var path = ModelFile.Resolve(report.Document.Folder, deployment.Path);
        if (ModelFile.Check(path) is { } problem)
        {
            report.Error(key, $"the file `{path}` {problem}");
        }
    }
}
