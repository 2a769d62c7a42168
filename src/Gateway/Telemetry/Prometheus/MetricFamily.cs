namespace Gateway.Telemetry.Prometheus;

/// <summary>One metric while it is being measured: all series, of all instruments of the same identity.</summary>
internal sealed class MetricFamily(InstrumentIdentity identity, string name, string unit, string help, double[]? bounds, int maxSeries)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    private Series? _overflow;
    private bool _hasOverflowed;

    public InstrumentIdentity Identity => identity;

    public string Name => name;

    /// <summary>The names of the samples that the formats give to the family, which no other family may use.</summary>
    public IEnumerable<string> SampleNames => identity.Kind switch
    {
        InstrumentKind.Counter => [name, name + "_total"],
        InstrumentKind.Histogram => [name, name + "_bucket", name + "_sum", name + "_count"],
        _ => [name],
    };

    /// <summary>
    /// The series of these tags. When there are already as many as may be, it is the overflow series, and the second value says so.
    /// </summary>
    public (Series Series, bool IsOverflow) GetOrAdd(
        ReadOnlySpan<KeyValuePair<string, object?>> instrumentTags,
        ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelText.Of(instrumentTags, tags, identity.Kind);
        lock (_gate)
        {
            if (_series.TryGetValue(labels, out var known))
            {
                return (known, false);
            }

            // Without tags there can be only one, which must not hide among the rest.
            if (_series.Count < maxSeries || tags.IsEmpty)
            {
                return (_series[labels] = new Series(labels, bounds), false);
            }
        }

        return (Overflow(instrumentTags, tags), true);
    }

    /// <summary>The one series for all that is over the limit; its label names are those of the first measurement that was.</summary>
    public Series Overflow(
        ReadOnlySpan<KeyValuePair<string, object?>> instrumentTags,
        ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Volatile.Read(ref _overflow) is { } existing)
        {
            return existing;
        }

        var labels = LabelText.Overflow(instrumentTags, tags, identity.Kind);
        lock (_gate)
        {
            if (_overflow is null)
            {
                // Tags that really say "overflow" have the same labels, and two series may not have the same.
                _overflow = _series.TryGetValue(labels, out var known) ? known : new Series(labels, bounds);
                _series[labels] = _overflow;
            }

            return _overflow;
        }
    }

    /// <summary>True for the first who asks, so that the warning comes once.</summary>
    public bool IsFirstOverflow() => !Volatile.Read(ref _hasOverflowed) && !Interlocked.Exchange(ref _hasOverflowed, true);

    /// <summary>Forgets all series: what an observable instrument no longer reports is no longer there.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _series.Clear();
            _overflow = null;
        }
    }

    public MetricSnapshot Read()
    {
        Series[] series;
        lock (_gate)
        {
            series = [.. _series.Values];
        }

        var type = identity.Kind switch
        {
            InstrumentKind.Counter => MetricType.Counter,
            InstrumentKind.Histogram => MetricType.Histogram,
            _ => MetricType.Gauge,
        };
        return new MetricSnapshot(name, type, unit, help, bounds ?? [], Array.ConvertAll(series, one => one.Read()));
    }
}
