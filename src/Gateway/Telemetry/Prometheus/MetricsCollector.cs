using System.Collections.Frozen;
using System.Diagnostics.Metrics;

namespace Gateway.Telemetry.Prometheus;

/// <summary>
/// Listens to meters and keeps running totals of their instruments for <c>/metrics</c>. It hears only what is measured after it was
/// made, so it has to be made before the first request; totals stay when a meter is disposed.
/// </summary>
internal sealed partial class MetricsCollector : IDisposable
{
    /// <summary>How many series one metric may have, so that tags without end fill neither our memory nor Prometheus'.</summary>
    public const int MaxSeries = 2_000;

    private const string OverflowName = "gateway_metrics_overflow";

    private readonly FrozenSet<string> _meters;
    private readonly IMeterFactory? _meterFactory;
    private readonly ILogger _logger;
    private readonly MeterListener _listener = new();

    // Two locks: callbacks of observables run under the first, and may wait for somebody who is just creating an instrument, which
    // takes the second.
    private readonly Lock _collecting = new();
    private readonly Lock _familiesGate = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sampleNames = [OverflowName, OverflowName + "_total"];
    private readonly HashSet<InstrumentIdentity> _skipped = [];
    private long _overflowed;

    /// <summary>
    /// Begins to listen to the meters of exactly these names. With a factory, meters that another factory made, for another host in
    /// this process, are not heard.
    /// </summary>
    public MetricsCollector(IEnumerable<string> meters, IMeterFactory? meterFactory, ILogger<MetricsCollector> logger)
    {
        _meters = meters.ToFrozenSet(StringComparer.Ordinal);
        _meterFactory = meterFactory;
        _logger = logger;

        _listener.InstrumentPublished = OnPublished;
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((InstrumentState)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((InstrumentState)state!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => ((InstrumentState)state!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => ((InstrumentState)state!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((InstrumentState)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => ((InstrumentState)state!).Record((double)value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => ((InstrumentState)state!).Record((double)value, tags));
        _listener.Start();
    }

    /// <summary>Reads all metrics, in the order of their names and the collector's own last; asks the observable ones first.</summary>
    public IReadOnlyList<MetricSnapshot> Collect()
    {
        lock (_collecting)
        {
            foreach (var family in Families().Where(family => family.Identity.IsObservable))
            {
                family.Clear();
            }

            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException e)
            {
                // The listener asks all the others all the same; only what failed is missing.
                Log.ObservableFailed(_logger, e.Flatten());
            }

            var overflowed = new MetricSnapshot(
                OverflowName,
                MetricType.Counter,
                Unit: "",
                $"Measurements that went to a metric's overflow series because it already had {MaxSeries} series.",
                Bounds: [],
                [new Sample(Labels: "", Interlocked.Read(ref _overflowed), Buckets: [])]);
            return [.. Families().Select(family => family.Read()).Append(overflowed).Where(metric => metric.Samples.Count > 0)];
        }
    }

    public void Dispose() => _listener.Dispose();

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        var meter = instrument.Meter;
        if (!_meters.Contains(meter.Name)
            || (_meterFactory is not null && meter.Scope is not null && !ReferenceEquals(meter.Scope, _meterFactory))
            || InstrumentIdentity.Of(instrument) is not { } identity
            || FamilyOf(instrument, identity) is not { } family)
        {
            return;
        }

        KeyValuePair<string, object?>[] tags = [.. meter.Tags ?? [], .. instrument.Tags ?? []];
        listener.EnableMeasurementEvents(instrument, new InstrumentState(family, tags, MaxSeries, OnOverflow));
    }

    /// <summary>The family that the instrument measures into, or null when another instrument already has its name.</summary>
    private MetricFamily? FamilyOf(Instrument instrument, InstrumentIdentity identity)
    {
        var (name, unit) = PrometheusNames.Metric(instrument.Name, instrument.Unit, identity.Kind);
        var bounds = identity.Kind == InstrumentKind.Histogram ? HistogramBounds.Of(instrument) : null;
        var family = new MetricFamily(identity, name, unit, instrument.Description ?? "", bounds, MaxSeries);
        lock (_familiesGate)
        {
            if (_families.TryGetValue(name, out var known) && known.Identity == identity)
            {
                return known;
            }

            if (!_sampleNames.Overlaps(family.SampleNames))
            {
                _sampleNames.UnionWith(family.SampleNames);
                _families.Add(name, family);
                return family;
            }

            if (_skipped.Add(identity))
            {
                Log.NameTaken(_logger, identity.Name, identity.Meter, name);
            }

            return null;
        }
    }

    private MetricFamily[] Families()
    {
        lock (_familiesGate)
        {
            return [.. _families.Values];
        }
    }

    private void OnOverflow(MetricFamily family)
    {
        Interlocked.Increment(ref _overflowed);
        if (family.IsFirstOverflow())
        {
            Log.Overflow(_logger, family.Name, MaxSeries);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5000, Level = LogLevel.Warning, Message =
            "Instrument '{Instrument}' of meter '{Meter}' is left out of /metrics: its name there, '{Metric}', collides with another instrument's. Rename one.")]
        public static partial void NameTaken(ILogger logger, string instrument, string meter, string metric);

        [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message =
            "Metric '{Metric}' has {Limit} series; further ones are added up in its series with the label value 'overflow'. Some tag of it has too many values.")]
        public static partial void Overflow(ILogger logger, string metric, int limit);

        [LoggerMessage(EventId = 5002, Level = LogLevel.Warning, Message =
            "A callback of an observable instrument failed; its metric is missing from this answer of /metrics.")]
        public static partial void ObservableFailed(ILogger logger, Exception exception);
    }
}
