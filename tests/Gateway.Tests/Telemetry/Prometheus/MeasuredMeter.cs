using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using Gateway.Telemetry.Prometheus;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Telemetry.Prometheus;

/// <summary>A meter that no other test has, with a collector that listens to it alone.</summary>
internal sealed class MeasuredMeter : IDisposable, ILogger<MetricsCollector>
{
    private readonly MetricsCollector _collector;

    public MeasuredMeter()
    {
        Meter = new Meter("Test." + Guid.NewGuid());
        _collector = new MetricsCollector([Meter.Name], meterFactory: null, logger: this);
    }

    public Meter Meter { get; }

    public List<string> Warnings { get; } = [];

    public Exposition Read(bool openMetrics = false) => Exposition.Parse(Text(openMetrics), openMetrics);

    public string Text(bool openMetrics = false)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new PrometheusTextWriter(output, openMetrics);
        foreach (var metric in _collector.Collect())
        {
            writer.Write(metric);
        }

        writer.Complete();
        Assert.Equal(output.WrittenCount, writer.BytesWritten);
        return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(output.WrittenSpan);
    }

    /// <summary>The text without the collector's own counter, which every answer has.</summary>
    public string OwnText(bool openMetrics = false) => string.Concat(
        Text(openMetrics).Split('\n')[..^1].Where(line => !line.Contains("gateway_metrics_overflow", StringComparison.Ordinal)).Select(line => line + "\n"));

    public void Dispose()
    {
        _collector.Dispose();
        Meter.Dispose();
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Warnings)
        {
            Warnings.Add(formatter(state, exception));
        }
    }
}
