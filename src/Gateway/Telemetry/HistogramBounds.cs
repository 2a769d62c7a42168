using System.Diagnostics.Metrics;
using System.Globalization;

namespace Gateway.Telemetry;

/// <summary>The upper bounds of a histogram's buckets, rising, without the infinite last one.</summary>
internal static class HistogramBounds
{
    // OpenTelemetry's defaults for durations in seconds (semantic conventions for HTTP metrics), and for everything else (SDK
    // specification, explicit bucket histogram aggregation).
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static readonly double[] Others = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

    /// <summary>The bounds that the instrument advises, else the default for its unit.</summary>
    public static double[] Of(Instrument instrument) => instrument switch
    {
        Instrument<double> i => Of(i),
        Instrument<long> i => Of(i),
        Instrument<int> i => Of(i),
        Instrument<float> i => Of(i),
        Instrument<short> i => Of(i),
        Instrument<byte> i => Of(i),
        Instrument<decimal> i => Of(i),
        _ => Others,
    };

    private static double[] Of<T>(Instrument<T> instrument)
        where T : struct
    {
        if (instrument.Advice?.HistogramBucketBoundaries is { } advised)
        {
            return [.. advised.Select(bound => Convert.ToDouble(bound, CultureInfo.InvariantCulture)).Where(double.IsFinite)];
        }

        return instrument.Unit is "s" ? Seconds : Others;
    }
}
