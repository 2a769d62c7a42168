using System.Diagnostics.Metrics;
using Gateway.Telemetry;

namespace Gateway.Quotas.Redis;

/// <summary>What Redis costs, and whether it can be used.</summary>
internal sealed class RedisMetrics
{
    // A round trip in a data centre takes some tenths of a millisecond; an operation may take 250 ms.
    private static readonly InstrumentAdvice<double> Durations = new() { HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5] };

    private readonly Histogram<double>? _duration;
    private readonly Counter<long>? _errors;
    private long _roundTrips;
    private Func<RedisFault?> _fault = static () => null;
    private Func<int> _leases = static () => 0;

    /// <param name="meters">Makes the meter; null where nobody listens.</param>
    public RedisMetrics(IMeterFactory? meters)
    {
        if (meters?.Create(GatewayMetrics.MeterName) is not { } meter)
        {
            return;
        }

        _duration = meter.CreateHistogram("gateway.quotas.redis.duration", "s", "Time that round trips to Redis took; their number is that of the round trips.", tags: null, Durations);
        _errors = meter.CreateCounter<long>("gateway.quotas.redis.errors", "{error}", "Round trips to Redis that failed, by error_type.");
        meter.CreateObservableGauge("gateway.quotas.redis.available", () => new Measurement<int>(_fault() is null ? 1 : 0, new KeyValuePair<string, object?>("error.type", _fault()?.Code)), description: "1 while limits are counted in Redis; 0 with the reason as error_type.");
        meter.CreateObservableGauge("gateway.quotas.redis.leases", () => _leases(), "{limit}", "Limits of which this node holds a share ahead of use.");
    }

    /// <summary>Round trips so far.</summary>
    public long RoundTrips => Interlocked.Read(ref _roundTrips);

    public void Watch(Func<RedisFault?> fault, Func<int> leases) => (_fault, _leases) = (fault, leases);

    public void RoundTrip(TimeSpan duration, string? error)
    {
        Interlocked.Increment(ref _roundTrips);
        _duration?.Record(duration.TotalSeconds);
        if (error is not null)
        {
            _errors?.Add(1, new KeyValuePair<string, object?>("error.type", error));
        }
    }
}
