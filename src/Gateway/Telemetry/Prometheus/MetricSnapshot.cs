namespace Gateway.Telemetry.Prometheus;

/// <summary>What Prometheus calls a metric's type. An up-down counter is a gauge to it.</summary>
internal enum MetricType
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>One metric at one moment.</summary>
/// <param name="Name">Without the <c>_total</c> that a counter's samples have.</param>
/// <param name="Type">What decides how the samples are written.</param>
/// <param name="Unit">The last words of the name, or "" when it has no unit.</param>
/// <param name="Help">What it measures, unescaped, or "".</param>
/// <param name="Bounds">A histogram's upper bounds, rising, without the infinite last one; empty for the other types.</param>
/// <param name="Samples">All of its series, each with other labels.</param>
internal sealed record MetricSnapshot(
    string Name,
    MetricType Type,
    string Unit,
    string Help,
    IReadOnlyList<double> Bounds,
    IReadOnlyList<Sample> Samples);

/// <summary>The value of one series.</summary>
/// <param name="Labels">As <see cref="LabelText"/> writes them.</param>
/// <param name="Value">The value, or a histogram's sum.</param>
/// <param name="Buckets">A histogram's counts, not cumulative, the infinite bucket last; empty for the other types.</param>
internal readonly record struct Sample(string Labels, double Value, long[] Buckets);
