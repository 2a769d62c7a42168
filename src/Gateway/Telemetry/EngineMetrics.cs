using System.Diagnostics.Metrics;
using System.Numerics;
using Gateway.Engine;
using Gateway.Llama;

namespace Gateway.Telemetry;

/// <summary>The instruments of the models in this process, read when somebody asks.</summary>
internal sealed class EngineMetrics
{
    private static readonly string[] StateNames = ["not_loaded", "waiting", "loading", "ready", "unloading", "failed"];

    private static readonly string[] ReasonNames = ["room", "idle", "asked", "released"];

    private readonly EngineHost _engines;

    public EngineMetrics(IMeterFactory meters, EngineHost engines)
    {
        _engines = engines;
        var meter = meters.Create(GatewayMetrics.MeterName);
        meter.CreateObservableGauge("gateway.engine.state", ReadStates, "{deployment}", "Deployments in this process by how far their model is: 1 for the state that it is in.");
        meter.CreateObservableGauge("gateway.engine.load.progress", () => ReadNewest(h => h.Hosted.Progress), "1", "Share of the model's weights that is read.");
        meter.CreateObservableGauge("gateway.engine.load.duration", () => ReadNewest(h => h.Hosted.LoadTime.TotalSeconds), "s", "Time that the load of the model took.");
        meter.CreateObservableGauge("gateway.engine.size", () => Sum(e => e.Info.SizeInBytes), "By", "Weights of the models in memory, without adapters.");
        meter.CreateObservableGauge("gateway.engine.memory.limit", () => engines.Room.Budget.Limit, "By", "Memory that the models may take together.");
        meter.CreateObservableGauge("gateway.engine.memory.used", ReadMemory, "By", "Memory that the models hold, weights, caches and adapters.");
        meter.CreateObservableGauge("gateway.engine.load.waiting", ReadWaiting, "{request}", "Requests that wait for their model to be in memory.");
        meter.CreateObservableCounter("gateway.engine.loads", () => engines.Loads.Select(l => Counted(l.Value, l.Key.Deployment, "gateway.engine.load.outcome", l.Key.Outcome)), "{load}", "Loads of the model, by how they ended.");
        meter.CreateObservableCounter("gateway.engine.unloads", () => engines.Unloads.Select(u => Counted(u.Value, u.Key.Deployment, "gateway.engine.unload.reason", ReasonNames[(int)u.Key.Reason])), "{unload}", "Times that the model left the memory, by why.");
        meter.CreateObservableGauge("gateway.engine.requests.waiting", () => Read(s => s.Waiting), "{request}", "Requests that wait for a place in the engine.");
        meter.CreateObservableGauge("gateway.engine.requests.running", () => Read(s => s.Running), "{request}", "Requests that the engine works on.");
        meter.CreateObservableGauge("gateway.engine.kv.used", () => Read(s => s.CellsUsed), "{cell}", "Cells of the KV cache in use, a token each.");
        meter.CreateObservableGauge("gateway.engine.kv.cached", () => Read(s => s.CellsCached), "{cell}", "Cells of the KV cache that hold what later requests may begin with; they are free for whoever needs them.");
        meter.CreateObservableGauge("gateway.engine.kv.size", () => Read(s => s.CellsTotal), "{cell}", "Cells of the KV cache.");
        meter.CreateObservableGauge("gateway.engine.threads", () => Read(s => s.Threads), "{thread}", "Threads that compute; one while others need the processor.");
        meter.CreateObservableCounter("gateway.engine.prompt.tokens", () => Read(s => s.PromptTokens), "{token}", "Tokens of prompts that the engine has read.");
        meter.CreateObservableCounter("gateway.engine.generated.tokens", () => Read(s => s.GeneratedTokens), "{token}", "Tokens that the engine has drawn.");
        meter.CreateObservableCounter("gateway.engine.guessed.tokens", () => Read(s => s.GuessedTokens), "{token}", "Tokens that were guessed and decoded in the hope that they would be drawn.");
        meter.CreateObservableCounter("gateway.engine.guessed.right.tokens", () => Read(s => s.RightGuesses), "{token}", "Of the guessed tokens, those that were drawn: steps that were saved.");
        meter.CreateObservableCounter("gateway.engine.prompt.cached_tokens", () => Read(s => s.CachedTokens), "{token}", "Tokens of prompts that the engine did not have to read, since it knew them.");
        meter.CreateObservableCounter("gateway.engine.preemptions", () => Read(s => s.Preemptions), "{request}", "Requests that gave up their places for others, and went on later.");
        meter.CreateObservableCounter("gateway.engine.spills", () => Read(s => s.Spills), "{spill}", "Times that a part of the cache went to the host's memory.");
        meter.CreateObservableGauge("gateway.engine.host_cache.size", () => Read(s => s.HostCacheBytes), "By", "Bytes of the cache in the host's memory.");
        meter.CreateObservableCounter("gateway.engine.step.time", () => Sum(e => e.Statistics.StepTime.TotalSeconds), "s", "Time spent in steps of the engine.");
        meter.CreateObservableCounter("gateway.engine.steps", () => Read(s => s.DecodeSteps), "{step}", "Steps of the engine, each over a batch of requests.");
    }

    // A deployment is there twice while a reload loads; what the engines of both do is what the deployment does.
    private IEnumerable<Measurement<long>> Read(Func<LlamaEngineStatistics, long> value) => Sum(e => value(e.Statistics));

    private IEnumerable<Measurement<T>> Sum<T>(Func<LoadedEngine, T> value)
        where T : struct, INumber<T> =>
        from engine in _engines.Engines
        let loaded = engine.Value
        where loaded is not null
        group value(loaded) by engine.Deployment into values
        select new Measurement<T>(values.Aggregate((sum, next) => sum + next), Tag(values.Key));

    private IEnumerable<Measurement<long>> ReadMemory() =>
        _engines.Engines.GroupBy(e => e.Deployment, StringComparer.Ordinal).Select(g => new Measurement<long>(g.Sum(e => e.Memory?.Taken ?? 0), Tag(g.Key)));

    private IEnumerable<Measurement<int>> ReadWaiting() =>
        _engines.Engines.GroupBy(e => e.Deployment, StringComparer.Ordinal).Select(g => new Measurement<int>(g.Sum(e => e.Waiting.Count), Tag(g.Key)));

    private static Measurement<long> Counted(long count, string deployment, string label, string value) => new(count, Tag(deployment), new(label, value));

    private IEnumerable<Measurement<double>> ReadNewest(Func<EngineHandle, double> value) =>
        Newest().Select(h => new Measurement<double>(value(h), Tag(h.Deployment)));

    private IEnumerable<Measurement<int>> ReadStates() =>
        from handle in Newest()
        from state in Enum.GetValues<LoadState>()
        select new Measurement<int>(handle.State == state ? 1 : 0, Tag(handle.Deployment), new("gateway.engine.state", StateNames[(int)state]));

    private IEnumerable<EngineHandle> Newest() => _engines.Handles.GroupBy(h => h.Deployment, StringComparer.Ordinal).Select(g => g.Last());

    private static KeyValuePair<string, object?> Tag(string deployment) => new("gateway.deployment", deployment);
}
