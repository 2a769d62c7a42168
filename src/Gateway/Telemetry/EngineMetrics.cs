using System.Diagnostics.Metrics;
using Gateway.Engine;
using Gateway.Llama;

namespace Gateway.Telemetry;

/// <summary>The instruments of the models in this process, read when somebody asks.</summary>
internal sealed class EngineMetrics
{
    private readonly EngineHost _engines;

    public EngineMetrics(IMeterFactory meters, EngineHost engines)
    {
        _engines = engines;
        var meter = meters.Create(GatewayMetrics.MeterName);
        meter.CreateObservableGauge("gateway.engine.requests.waiting", () => Read(s => s.Waiting), "{request}", "Requests that wait for a place in the engine.");
        meter.CreateObservableGauge("gateway.engine.requests.running", () => Read(s => s.Running), "{request}", "Requests that the engine works on.");
        meter.CreateObservableGauge("gateway.engine.kv.used", () => Read(s => s.CellsUsed), "{cell}", "Cells of the KV cache in use or reserved, a token each.");
        meter.CreateObservableGauge("gateway.engine.kv.size", () => Read(s => s.CellsTotal), "{cell}", "Cells of the KV cache.");
        meter.CreateObservableGauge("gateway.engine.threads", () => Read(s => s.Threads), "{thread}", "Threads that compute; one while others need the processor.");
        meter.CreateObservableCounter("gateway.engine.prompt.tokens", () => Read(s => s.PromptTokens), "{token}", "Tokens of prompts that the engine has read.");
        meter.CreateObservableCounter("gateway.engine.generated.tokens", () => Read(s => s.GeneratedTokens), "{token}", "Tokens that the engine has drawn.");
        meter.CreateObservableCounter("gateway.engine.steps", () => Read(s => s.DecodeSteps), "{step}", "Steps of the engine, each over a batch of requests.");
    }

    private IEnumerable<Measurement<long>> Read(Func<LlamaEngineStatistics, long> value) =>
        _engines.Loaded().Select(e => new Measurement<long>(
            value(e.Engine.Statistics), new KeyValuePair<string, object?>("gateway.deployment", e.Deployment)));
}
