namespace Gateway.Configuration.Validators;

/// <summary>A remote deployment can be called, and what is sent to it is not in clear on a public network.</summary>
internal sealed class RemoteDeploymentValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        for (var i = 0; i < config.Deployments.Count; i++)
        {
            var (deployment, parent) = (config.Deployments[i], $"deployments[{i}]");
            if (deployment.Kind != DeploymentKind.Local && !report.IsUnusable($"{parent}.kind"))
            {
                ValidateBaseUrl(deployment, $"{parent}.base_url", report);
                ValidateApiKey(deployment, $"{parent}.api_key", report);
            }
        }
    }

    private static void ValidateBaseUrl(DeploymentConfig deployment, string key, ConfigReport report)
    {
        if (deployment.BaseUrl is null)
        {
            if (deployment.Kind != DeploymentKind.OpenAI)
            {
                report.Error(key, $"is missing; the kind `{ConfigWords.Word(deployment.Kind)}` needs it, such as http://localhost:8000/v1");
            }
        }
        else if (RemoteUrl.Check(deployment.BaseUrl) is { } problem)
        {
            report.Error(key, problem);
        }
    }

    private static void ValidateApiKey(DeploymentConfig deployment, string key, ConfigReport report)
    {
        if (deployment.ApiKey is null)
        {
            if (deployment.Kind == DeploymentKind.OpenAI)
            {
                report.Error(key, "is missing; the kind `openai` needs it, as ${NAME} or file:PATH");
            }
        }
        else if (deployment.ApiKey.Reveal().Any(c => c is <= ' ' or > '~'))
        {
            report.Error(key, "the secret holds a space or a character that is not ASCII, which a header cannot carry");
        }
    }
}
