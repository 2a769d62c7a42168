using Gateway.Exchanges;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Routing;

/// <summary>
/// YARP's passive health, for few and long requests: one failure leaves a deployment out for the cooldown (YARP's own rate policy would
/// first send it ten requests), one success brings it back.
/// </summary>
internal sealed class DeploymentHealthPolicy(IDestinationHealthUpdater updater) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "Deployment";

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        var exchange = context.GetExchange();
        if (exchange.DeploymentDown)
        {
            var cooldown = cluster.Model.Config.HealthCheck!.Passive!.ReactivationPeriod!.Value;
            updater.SetPassive(cluster, destination, DestinationHealth.Unhealthy, cooldown);
        }
        else if (exchange.Outcome == ExchangeOutcome.Ok && destination.Health.Passive == DestinationHealth.Unhealthy)
        {
            updater.SetPassive(cluster, destination, DestinationHealth.Healthy, TimeSpan.Zero);
        }
    }
}
