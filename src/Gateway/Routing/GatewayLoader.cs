using Gateway.Configuration;
using Gateway.Engine;
using Gateway.Llama;
using Gateway.Llama.Loading;
using Yarp.ReverseProxy;

namespace Gateway.Routing;

/// <summary>Puts a valid configuration in force: engines first, then YARP's clusters, then the whole at once.</summary>
internal sealed class GatewayLoader(
    GatewayState state, EngineHost engines, ClusterConfigProvider clusters, IProxyStateLookup yarp, GatewayModelBuilder builder)
{
    private List<ModelCluster> _inForce = [];
    private EngineConfig _engine = new();

    /// <summary>Applies a configuration; not to be called concurrently.</summary>
    /// <param name="config">A configuration without errors.</param>
    /// <param name="awaitEngines">Whether models must be loaded before it takes effect. At start they need not: requests wait for them.</param>
    /// <param name="cancellationToken">Ends the waiting for models; what was in force stays.</param>
    /// <exception cref="LlamaLoadException">A model cannot be loaded; what was in force stays.</exception>
    public async Task ApplyAsync(GatewayConfig config, bool awaitEngines, CancellationToken cancellationToken = default)
    {
        var locals = config.Deployments
            .Where(d => d.Kind == DeploymentKind.Local && config.Models.Any(m => m.Deployments.Any(r => string.Equals(r.Name, d.Name, StringComparison.Ordinal))))
            .ToList();
        MakeRoom(config.Engine, awaitEngines ? locals.Where(d => d.Load == LoadTime.Startup) : []);

        // What is pinned has the first right to what room there is.
        var handles = locals.OrderByDescending(d => d.Pin)
            .ToDictionary(
                d => d.Name,
                d => engines.Acquire(
                    d.Name,
                    EngineOptionsOf(d),
                    AdaptersOf(d),
                    d.Load == LoadTime.FirstUse,
                    new KeepRule(d.Pin, d.IdleTimeout ?? config.Engine.IdleTimeout),
                    d.Isolation),
                StringComparer.Ordinal);
        try
        {
            if (awaitEngines)
            {
                await Task.WhenAll(handles.Values.Where(h => !h.AtFirstUse).Select(h => h.StartAsync())).WaitAsync(cancellationToken);
            }

            // Old and new side by side: until the swap requests go by the old snapshot, after it by the new one, and each finds its clusters.
            var next = config.Models.Select(m => ModelCluster.Of(m, config)).ToList();
            await clusters.UpdateAsync(_inForce.UnionBy(next, c => c.Id, StringComparer.Ordinal).Select(c => c.Config));
            state.Swap(builder.Build(config, next, handles, id => yarp.TryGetCluster(id, out var cluster) ? cluster : throw new InvalidOperationException($"YARP has no cluster {id}.")));
            _inForce = next;
        }
        catch
        {
            engines.Configure(_engine.Memory?.Bytes, _engine.Wait, _engine.WorkerTimeout);
            foreach (var handle in handles.Values)
            {
                handle.Release();
            }

            throw;
        }

        _engine = config.Engine;
        engines.Configure(_engine.Memory?.Bytes, _engine.Wait, _engine.WorkerTimeout);
        await clusters.UpdateAsync(_inForce.Select(c => c.Config));
    }

    // More memory is there for the models that come with it. Less is not in force before they are: a configuration that is not applied makes none go.
    private void MakeRoom(EngineConfig next, IEnumerable<DeploymentConfig> awaited)
    {
        var memory = next.Memory?.Bytes ?? MemoryBudget.OfMachine;
        foreach (var deployment in awaited)
        {
            EngineHost.DemandFit(EngineOptionsOf(deployment), AdaptersOf(deployment), memory);
        }

        if (_inForce.Count == 0 || memory > engines.Room.Budget.Limit)
        {
            engines.Configure(next.Memory?.Bytes, next.Wait, next.WorkerTimeout);
        }
    }

    private static IReadOnlyList<AdapterFile> AdaptersOf(DeploymentConfig deployment) => [.. deployment.Lora.Select(a => new AdapterFile(a.Path, (float)a.Scale))];

    private static LlamaEngineOptions EngineOptionsOf(DeploymentConfig deployment)
    {
        var options = new LlamaEngineOptions
        {
            ModelPath = deployment.Path!,
            ContextLength = deployment.ContextLength,
            CacheCells = deployment.CacheCells,
            Speculation = deployment.Speculation,
            DraftModelPath = deployment.DraftModel,
            Threads = deployment.Threads,
            KVCacheType = deployment.CacheType ?? default,
            FlashAttention = deployment.FlashAttention,
            GpuLayers = deployment.GpuLayers,
            MemoryMap = deployment.Mmap,
            MemoryLock = deployment.Mlock,
            HostCacheBytes = deployment.HostCache?.Bytes,
        };
        return options with
        {
            MaxSequences = deployment.Parallel ?? options.MaxSequences,
            QueueCapacity = deployment.Queue ?? options.QueueCapacity,
            PrefixCache = deployment.PrefixCache,
        };
    }
}
