using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Residency.Guard;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;

namespace Gateway.Routing;

/// <summary>A model as YARP knows it.</summary>
internal sealed record ModelCluster(string ModelName, ClusterConfig Config)
{
    // Long enough for a reasoning model's silence before its first token; what OpenAI's own clients wait.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(600);

    // YARP can only reset a connection; a stream that falls silent gets the time to be ended with an event, on a busy machine too.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan DefaultCooldown = TimeSpan.FromSeconds(10);

    public string Id => Config.ClusterId;

    public static ModelCluster Of(ModelConfig model, GatewayConfig config)
    {
        var deployments = config.Deployments.ToDictionary(d => d.Name, StringComparer.Ordinal);
        var addresses = model.Deployments.ToDictionary(d => d.Name, d => AddressOf(deployments[d.Name]), StringComparer.Ordinal);
        var rules = model.Deployments.Select(d => deployments[d.Name]).Where(d => d.Kind != DeploymentKind.Local)
            .ToDictionary(d => d.Name, d => ConnectRule.Of(d).ToText(), StringComparer.Ordinal);
        var timeout = TimeoutOf(model);
        var cooldown = model.Cooldown ?? DefaultCooldown;
        return new(model.Name, new ClusterConfig
        {
            ClusterId = $"{model.Name}@{HashOf(addresses, rules, timeout, cooldown)}",
            LoadBalancingPolicy = WeightedLoadBalancingPolicy.PolicyName,
            HealthCheck = new HealthCheckConfig
            {
                // When all are out, a try is better than a sure refusal.
                AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
                Passive = new PassiveHealthCheckConfig
                {
                    Enabled = cooldown > TimeSpan.Zero,
                    Policy = DeploymentHealthPolicy.PolicyName,
                    ReactivationPeriod = cooldown,
                },
            },
            HttpRequest = new ForwarderRequestConfig { ActivityTimeout = timeout + Grace },
            Metadata = rules,
            Destinations = addresses.ToDictionary(a => a.Key, a => new DestinationConfig { Address = a.Value }, StringComparer.Ordinal),
        });
    }

    public static TimeSpan TimeoutOf(ModelConfig model) => model.Timeout ?? DefaultTimeout;

    private static string AddressOf(DeploymentConfig deployment) =>
        deployment.Kind == DeploymentKind.Local ? $"local://{deployment.Name}" : deployment.BaseUrl!;

    // The id changes with what YARP keeps of the model, so that it never changes a cluster under a request, and no connection outlives the rules that it
    // was made by; what stays keeps its health.
    private static string HashOf(Dictionary<string, string> addresses, Dictionary<string, string> rules, TimeSpan timeout, TimeSpan cooldown) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new { addresses, rules, timeout, cooldown })).AsSpan(0, 8));
}
