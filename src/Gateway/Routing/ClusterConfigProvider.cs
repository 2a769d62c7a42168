using Gateway.Api;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routing;

/// <summary>
/// Feeds YARP: a route for each endpoint, a cluster for each model, a destination for each deployment. A cluster's id changes with its
/// content, so a cluster never changes under a request, and old and new stand side by side while the gateway swaps from one to the other.
/// </summary>
internal sealed class ClusterConfigProvider : IProxyConfigProvider, IConfigChangeListener, IDisposable
{
    // Where a request stands before its body was read and its model is known.
    private const string UnroutedCluster = "_unrouted";

    /// <summary>YARP's routes, at <see cref="ApiEndpoint.Index"/>.</summary>
    public static readonly IReadOnlyList<RouteConfig> Routes =
    [
        .. ApiEndpoint.All.Select(e => new RouteConfig
        {
            RouteId = e.RouteId,
            ClusterId = UnroutedCluster,
            Match = new RouteMatch { Path = "/v1" + e.Path, Methods = [HttpMethods.Post] },
        }),
    ];

    private volatile Snapshot _current = new([]);
    private TaskCompletionSource? _applied;

    public IProxyConfig GetConfig() => _current;

    /// <summary>Hands YARP another set of clusters, and waits until it has them.</summary>
    public Task UpdateAsync(IEnumerable<ClusterConfig> clusters)
    {
        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var previous = _current;
        _current = new Snapshot([.. clusters]);
        _applied = applied;
        previous.SignalChange();
        return applied.Task;
    }

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
        if (proxyConfigs.Contains(_current))
        {
            _applied?.TrySetResult();
        }
    }

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) => _applied?.TrySetException(exception);

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) => _applied?.TrySetException(exception);

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void Dispose() => _current.Dispose();

    private sealed class Snapshot : IProxyConfig, IDisposable
    {
        private readonly CancellationTokenSource _changed = new();

        public Snapshot(IReadOnlyList<ClusterConfig> clusters)
        {
            Clusters = [new ClusterConfig { ClusterId = UnroutedCluster }, .. clusters];
            ChangeToken = new CancellationChangeToken(_changed.Token);
        }

        public IReadOnlyList<RouteConfig> Routes => ClusterConfigProvider.Routes;

        public IReadOnlyList<ClusterConfig> Clusters { get; }

        public IChangeToken ChangeToken { get; }

        public void SignalChange() => _changed.Cancel();

        public void Dispose() => _changed.Dispose();
    }
}
