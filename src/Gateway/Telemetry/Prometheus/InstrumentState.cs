using System.Collections.Concurrent;

namespace Gateway.Telemetry.Prometheus;

/// <summary>
/// What a listener keeps with one instrument: the way from a measurement's tags, in the order given, to its series. This is on the
/// path of every request: once a series exists, a measurement allocates nothing and takes no lock.
/// </summary>
internal sealed class InstrumentState
{
    private readonly MetricFamily _family;
    private readonly KeyValuePair<string, object?>[] _instrumentTags;
    private readonly int _maxSeries;
    private readonly Action<MetricFamily> _overflowed;
    private readonly InstrumentKind _kind;
    private readonly bool _isObservable;
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series> _cells = new(new TagSetComparer());
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series>
        .AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _lookup;
    private Series? _untagged;
    private int _cellCount;

    /// <summary>
    /// The tags of the instrument and its meter go to each of its series; <paramref name="overflowed"/> is told of every measurement
    /// that went to the overflow series.
    /// </summary>
    public InstrumentState(
        MetricFamily family, KeyValuePair<string, object?>[] instrumentTags, int maxSeries, Action<MetricFamily> overflowed)
    {
        _family = family;
        _instrumentTags = instrumentTags;
        _maxSeries = maxSeries;
        _overflowed = overflowed;
        _kind = family.Identity.Kind;
        _isObservable = family.Identity.IsObservable;
        _lookup = _cells.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        switch (_kind)
        {
            case InstrumentKind.Counter when value < 0:
                // A counter that falls would look like a restart of the process.
                return;
            case InstrumentKind.Gauge:
                Find(tags).Set(value);
                return;
            case InstrumentKind.Histogram:
                var series = Find(tags);
                series.Count(value);
                series.Add(value);
                return;
            default:
                Find(tags).Add(value);
                return;
        }
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_kind == InstrumentKind.Gauge)
        {
            Find(tags).Set(value);
            return;
        }

        // One NaN or infinity would stay in a sum for ever.
        if (!double.IsFinite(value) || (_kind == InstrumentKind.Counter && value < 0))
        {
            return;
        }

        var series = Find(tags);
        if (_kind == InstrumentKind.Histogram)
        {
            series.Count(value);
        }

        series.Add(value);
    }

    private Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty && _untagged is { } untagged)
        {
            return untagged;
        }

        return _lookup.TryGetValue(tags, out var series) ? series : Add(tags);
    }

    private Series Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Volatile.Read(ref _cellCount) >= _maxSeries && !tags.IsEmpty)
        {
            // Straight to the overflow series: tags without end must not cost the rendering of their labels every time.
            _overflowed(_family);
            return _family.Overflow(_instrumentTags, tags);
        }

        var (series, isOverflow) = _family.GetOrAdd(_instrumentTags, tags);
        if (isOverflow)
        {
            _overflowed(_family);
        }
        else if (_isObservable)
        {
            // It lives only until the next reading, so there is nothing to remember.
        }
        else if (tags.IsEmpty)
        {
            _untagged = series;
        }
        else if (_lookup.TryAdd(tags, series))
        {
            Interlocked.Increment(ref _cellCount);
        }

        return series;
    }
}
