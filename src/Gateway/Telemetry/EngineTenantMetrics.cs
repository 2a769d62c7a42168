using System.Diagnostics.Metrics;
using System.Numerics;
using Gateway.Engine;
using Gateway.Llama;

namespace Gateway.Telemetry;

/// <summary>What the engines do for each tenant, read when somebody asks. Owners are tenants of the configuration: never keys, never users.</summary>
internal sealed class EngineTenantMetrics
{
    private readonly EngineHost _engines;
    private readonly TenantLabels _labels = new();

    public EngineTenantMetrics(IMeterFactory meters, EngineHost engines)
    {
        _engines = engines;
        var meter = meters.Create(GatewayMetrics.MeterName);
        meter.CreateObservableGauge("gateway.engine.tenant.requests.waiting", () => Read(t => t.Waiting), "{request}", "Requests of a tenant that wait for a place in the engine.");
        meter.CreateObservableGauge("gateway.engine.tenant.requests.running", () => Read(t => t.Running), "{request}", "Requests of a tenant that the engine works on.");
        meter.CreateObservableCounter("gateway.engine.tenant.requests.started", () => Read(t => t.Started), "{request}", "Requests of a tenant that got a place in the engine.");
        meter.CreateObservableCounter("gateway.engine.tenant.wait.time", () => Read(t => t.StartDelay.TotalSeconds), "s", "Time that they waited for it.");
        meter.CreateObservableCounter("gateway.engine.tenant.prompt.tokens", () => Read(t => t.PromptTokens), "{token}", "Tokens of a tenant's prompts that the engine has read.");
        meter.CreateObservableCounter("gateway.engine.tenant.prompt.cached_tokens", () => Read(t => t.CachedTokens), "{token}", "Tokens of a tenant's prompts that the engine did not have to read, since it knew them.");
        meter.CreateObservableCounter("gateway.engine.tenant.generated.tokens", () => Read(t => t.GeneratedTokens), "{token}", "Tokens that the engine has drawn for a tenant.");
    }

    private IEnumerable<Measurement<T>> Read<T>(Func<LlamaTenantStatistics, T> value)
        where T : struct, INumber<T> =>
        from tenant in Tenants()
        group value(tenant.Statistics) by (tenant.Deployment, tenant.Label) into values
        select new Measurement<T>(values.Aggregate((sum, next) => sum + next), new("gateway.deployment", values.Key.Deployment), new("gateway.tenant", values.Key.Label));

    private IEnumerable<(string Deployment, string Label, LlamaTenantStatistics Statistics)> Tenants() =>
        from engine in _engines.Engines
        let loaded = engine.Value
        where loaded is not null
        from tenant in loaded.Tenants
        select (engine.Deployment, _labels.Of(tenant.Name), tenant);
}
