using System.Net;
using Gateway.Providers;
using Gateway.Tenants;

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
                ValidateNetworks(deployment, $"{parent}.networks", report);
                ValidateBaseUrl(deployment, $"{parent}.base_url", report);
                ValidatePassHeaders(deployment, $"{parent}.pass_headers", report);
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
        else if (RemoteUrl.Check(deployment.BaseUrl, deployment.Private, [.. deployment.Networks.Where(n => Networks.TryParse(n, out _)).Select(NetworkOf)]) is { } problem)
        {
            report.Error(key, problem);
        }
    }

    private static IPNetwork NetworkOf(string text) => Networks.TryParse(text, out var network) ? network : throw new FormatException("Not a network.");

    private static void ValidateNetworks(DeploymentConfig deployment, string key, ConfigReport report)
    {
        for (var i = 0; i < deployment.Networks.Count; i++)
        {
            if (!Networks.TryParse(deployment.Networks[i], out _))
            {
                report.Error($"{key}[{i}]", $"{ConfigText.Quote(deployment.Networks[i])} is not {Networks.InWords}");
            }
        }

        if (deployment.Networks.Count == 0 && report.Document.Contains(key))
        {
            report.Error(key, "is empty; leave it out to allow all, or name what is allowed");
        }
    }

    private static void ValidatePassHeaders(DeploymentConfig deployment, string key, ConfigReport report)
    {
        for (var i = 0; i < deployment.PassHeaders.Count; i++)
        {
            var name = deployment.PassHeaders[i];
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
            {
                report.Error($"{key}[{i}]", $"{ConfigText.Quote(name)} is no name of a header");
            }
            else if (UpstreamHeaders.IsWithheld(name))
            {
                report.Error($"{key}[{i}]", $"{ConfigText.Quote(name)} never leaves: it tells who or where the client is, or belongs to the connection");
            }
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
