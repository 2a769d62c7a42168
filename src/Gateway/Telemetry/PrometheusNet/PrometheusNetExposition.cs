using System.Collections.Frozen;
using Prometheus;

namespace Gateway.Telemetry;

/// <summary>
/// <c>GET /metrics</c> by prometheus-net, in a build with <c>-p:UsePrometheusNet=true</c>. Its MeterAdapter names metrics in its own way:
/// the meter's name comes first, there are no unit suffixes, and counters are gauges.
/// </summary>
internal static class PrometheusNetExposition
{
    /// <summary>Adds the adapter of the instruments of the meters with exactly these names.</summary>
    public static IServiceCollection AddGatewayMetrics(this IServiceCollection services, params string[] meters) =>
        services.AddSingleton(_ => new Adapter(meters));

    /// <summary>Maps <c>GET /metrics</c>. Makes the adapter, so that measurements count from here on.</summary>
    public static IEndpointConventionBuilder MapGatewayMetrics(this IEndpointRouteBuilder endpoints)
    {
        var adapter = endpoints.ServiceProvider.GetRequiredService<Adapter>();
        return endpoints.MapMetrics(settings => settings.Registry = adapter.Registry, "/metrics");
    }

    private sealed class Adapter : IDisposable
    {
        private readonly IDisposable _listening;

        public Adapter(IEnumerable<string> meters)
        {
            var names = meters.ToFrozenSet(StringComparer.Ordinal);
            _listening = MeterAdapter.StartListening(new MeterAdapterOptions
            {
                InstrumentFilterPredicate = instrument => names.Contains(instrument.Meter.Name),
                ResolveHistogramBuckets = HistogramBounds.Of,

                // A registry of our own, for the default one holds every meter of the process. The factory goes before the registry in
                // the adapter's eyes, so both are set.
                Registry = Registry,
                MetricFactory = Metrics.WithCustomRegistry(Registry),

                // A total must not vanish because nothing happened; a day is the longest that prometheus-net allows.
                MetricsExpireAfter = TimeSpan.FromDays(1),
            });
        }

        public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

        public void Dispose() => _listening.Dispose();
    }
}
