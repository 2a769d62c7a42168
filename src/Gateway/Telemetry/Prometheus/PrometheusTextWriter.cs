using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Gateway.Telemetry.Prometheus;

/// <summary>
/// Writes metrics in Prometheus' text format 0.0.4 or in OpenMetrics 1.0, as UTF-8 straight into the output.
/// Sources: prometheus.io, "Exposition formats", Text format details; OpenMetrics 1.0, Text format.
/// </summary>
internal sealed class PrometheusTextWriter(IBufferWriter<byte> output, bool openMetrics)
{
    public const string TextContentType = "text/plain; version=0.0.4; charset=utf-8";
    public const string OpenMetricsContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    // The longest number: -1.7976931348623157E+308 has 24 characters.
    private const int MaxNumberLength = 32;

    // Above 2^53 not every whole number is a double, so writing all digits would promise too much.
    private const double MaxExactInteger = 1L << 53;

    /// <summary>The bytes written so far, so that the caller knows when to flush.</summary>
    public long BytesWritten { get; private set; }

    public void Write(MetricSnapshot metric)
    {
        WriteMetadata(metric);
        if (metric.Type == MetricType.Histogram)
        {
            WriteHistogram(metric);
            return;
        }

        var suffix = metric.Type == MetricType.Counter ? "_total"u8 : [];
        foreach (var sample in metric.Samples)
        {
            WriteName(metric.Name, suffix, sample.Labels);
            WriteValue(sample.Value);
        }
    }

    /// <summary>Ends the answer: without it, OpenMetrics takes what it got for cut off.</summary>
    public void Complete()
    {
        if (openMetrics)
        {
            Write("# EOF\n"u8);
        }
    }

    private void WriteMetadata(MetricSnapshot metric)
    {
        // OpenMetrics gives the metadata of a counter to the name without _total, the older format to the samples' name.
        var suffix = metric.Type == MetricType.Counter && !openMetrics ? "_total"u8 : [];

        Write("# TYPE "u8);
        Write(metric.Name);
        Write(suffix);
        Write(metric.Type switch
        {
            MetricType.Counter => " counter\n"u8,
            MetricType.Histogram => " histogram\n"u8,
            _ => " gauge\n"u8,
        });

        if (openMetrics && metric.Unit.Length > 0)
        {
            Write("# UNIT "u8);
            Write(metric.Name);
            Write(" "u8);
            Write(metric.Unit);
            Write("\n"u8);
        }

        if (metric.Help.Length > 0)
        {
            var help = metric.Help.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
            Write("# HELP "u8);
            Write(metric.Name);
            Write(suffix);
            Write(" "u8);
            Write(openMetrics ? help.Replace("\"", "\\\"", StringComparison.Ordinal) : help);
            Write("\n"u8);
        }
    }

    private void WriteHistogram(MetricSnapshot metric)
    {
        string[] bounds = [.. metric.Bounds.Select(CanonicalBound), "+Inf"];

        // With negative values the sum can fall, and OpenMetrics then wants neither it nor the count.
        var hasSum = !openMetrics || metric.Bounds.Count == 0 || metric.Bounds[0] >= 0;
        foreach (var sample in metric.Samples)
        {
            long count = 0;
            for (var i = 0; i < bounds.Length; i++)
            {
                count += sample.Buckets[i];
                WriteName(metric.Name, "_bucket"u8, sample.Labels, bounds[i]);
                WriteValue(count);
            }

            if (hasSum)
            {
                WriteName(metric.Name, "_sum"u8, sample.Labels);
                WriteValue(sample.Value);
                WriteName(metric.Name, "_count"u8, sample.Labels);
                WriteValue(count);
            }
        }
    }

    private void WriteName(string name, ReadOnlySpan<byte> suffix, string labels, string? bound = null)
    {
        Write(name);
        Write(suffix);
        if (labels.Length > 0 || bound is not null)
        {
            Write("{"u8);
            Write(labels);
            if (bound is not null)
            {
                Write(labels.Length > 0 ? ",le=\""u8 : "le=\""u8);
                Write(bound);
                Write("\""u8);
            }

            Write("}"u8);
        }

        Write(" "u8);
    }

    private void WriteValue(long value)
    {
        var span = output.GetSpan(MaxNumberLength);
        Utf8Formatter.TryFormat(value, span, out var length);
        Advance(length);
        Write("\n"u8);
    }

    private void WriteValue(double value)
    {
        if (Math.Abs(value) <= MaxExactInteger && Math.Truncate(value) == value)
        {
            WriteValue((long)value);
            return;
        }

        if (double.IsFinite(value))
        {
            value.TryFormat(output.GetSpan(MaxNumberLength), out var length, "R", CultureInfo.InvariantCulture);
            Advance(length);
        }
        else
        {
            Write(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "+Inf"u8 : "-Inf"u8);
        }

        Write("\n"u8);
    }

    /// <summary>
    /// A bound as OpenMetrics wants it ("Canonical Numbers"): Go's shortest %g, with ".0" where there is neither point nor exponent.
    /// The older format accepts any spelling; using the same keeps a series the same whichever format was asked for.
    /// </summary>
    private static string CanonicalBound(double bound)
    {
        var shortest = bound.ToString("R", CultureInfo.InvariantCulture);
        if (shortest.Contains('E', StringComparison.Ordinal))
        {
            return shortest.Replace('E', 'e');
        }

        // .NET begins to use exponents at 1E+15, Go at 1e+06.
        if (Math.Abs(bound) < 1e6)
        {
            return shortest.Contains('.', StringComparison.Ordinal) ? shortest : shortest + ".0";
        }

        var sign = bound < 0 ? "-" : "";
        var magnitude = shortest.TrimStart('-');
        var point = magnitude.IndexOf('.', StringComparison.Ordinal);
        var exponent = (point < 0 ? magnitude.Length : point) - 1;
        var digits = magnitude.Replace(".", "", StringComparison.Ordinal).TrimEnd('0');
        var fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e+{exponent:00}");
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        BytesWritten += bytes.Length;
    }

    private void Write(string text) => BytesWritten += Encoding.UTF8.GetBytes(text, output);

    private void Advance(int length)
    {
        output.Advance(length);
        BytesWritten += length;
    }
}
