using Gateway.Exchanges;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Gateway.Routing;

/// <summary>Picks a deployment at random, each as often as its weight says.</summary>
internal sealed class WeightedLoadBalancingPolicy : ILoadBalancingPolicy
{
    public const string PolicyName = "Weighted";

    public string Name => PolicyName;

    public DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        var deployments = context.GetExchange().Model!.Deployments;
        var total = 0;
        for (var i = 0; i < availableDestinations.Count; i++)
        {
            total += deployments[availableDestinations[i].DestinationId].Weight;
        }

        var drawn = Random.Shared.Next(total);
        for (var i = 0; i < availableDestinations.Count; i++)
        {
            drawn -= deployments[availableDestinations[i].DestinationId].Weight;
            if (drawn < 0)
            {
                return availableDestinations[i];
            }
        }

        return null;
    }
}
