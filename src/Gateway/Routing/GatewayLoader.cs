using Gateway.Configuration;
using Gateway.Engine;
using Gateway.Llama;
using Yarp.ReverseProxy;

namespace Gateway.Routing;

/// <summary>Puts a valid configuration in force: engines first, then YARP's clusters, then the whole at once.</summary>
internal sealed class GatewayLoader(
    GatewayState state, EngineHost engines, ClusterConfigProvider clusters, IProxyStateLookup yarp, GatewayModelBuilder builder)
{
    private IReadOnlyList<ModelCluster> _inForce = [];

    /// <summary>Applies a configuration; not to be called concurrently.</summary>
    /// <param name="config">A configuration without errors.</param>
    /// <param name="awaitEngines">Whether models must be loaded before it takes effect. At start they need not: requests wait for them.</param>
    /// <param name="cancellationToken">Ends the waiting for models; what was in force stays.</param>
    /// <exception cref="LlamaLoadException">A model cannot be loaded; what was in force stays.</exception>
    public async Task ApplyAsync(GatewayConfig config, bool awaitEngines, CancellationToken cancellationToken = default)
    {
        var handles = config.Deployments
            .Where(d => d.Kind == DeploymentKind.Local && config.Models.Any(m => m.Deployments.Any(r => string.Equals(r.Name, d.Name, StringComparison.Ordinal))))
            .ToDictionary(
                d => d.Name,
                d => engines.Acquire(d.Name, EngineOptionsOf(d), [.. d.Lora.Select(a => new AdapterFile(a.Path, (float)a.Scale))], d.Load == LoadTime.FirstUse),
                StringComparer.Ordinal);
        try
        {
            if (awaitEngines)
            {
                await Task.WhenAll(handles.Values.Where(h => !h.AtFirstUse).Select(h => h.LoadAsync())).WaitAsync(cancellationToken);
            }

            // Old and new side by side: until the swap requests go by the old snapshot, after it by the new one, and each finds its clusters.
            var next = config.Models.Select(m => ModelCluster.Of(m, config)).ToList();
            await clusters.UpdateAsync(_inForce.UnionBy(next, c => c.Id, StringComparer.Ordinal).Select(c => c.Config));
            state.Swap(builder.Build(config, next, handles, id => yarp.TryGetCluster(id, out var cluster) ? cluster : throw new InvalidOperationException($"YARP has no cluster {id}.")));
            _inForce = next;
        }
        catch
        {
            foreach (var handle in handles.Values)
            {
                handle.Release();
            }

            throw;
        }

        await clusters.UpdateAsync(_inForce.Select(c => c.Config));
    }

    private static LlamaEngineOptions EngineOptionsOf(DeploymentConfig deployment)
    {
        var options = new LlamaEngineOptions
        {
            ModelPath = deployment.Path!,
            ContextLength = deployment.ContextLength,
            CacheCells = deployment.CacheCells,
            Speculation = deployment.Speculation,
            Threads = deployment.Threads,
        };
        return options with
        {
            MaxSequences = deployment.Parallel ?? options.MaxSequences,
            QueueCapacity = deployment.Queue ?? options.QueueCapacity,
            PrefixCache = deployment.PrefixCache,
        };
    }
}
