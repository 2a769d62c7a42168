using System.Globalization;

namespace Gateway.Benchmarks.EngineVs;

/// <summary>One of the two that are compared: a process that serves the model over HTTP.</summary>
internal abstract class EngineServer : IDisposable
{
    /// <summary>How the report calls it.</summary>
    public abstract string Name { get; }

    public abstract string Url { get; }

    /// <summary>Bytes of its memory that are in RAM.</summary>
    public abstract long ResidentBytes { get; }

    /// <summary>Processor time of all its threads so far: what a busy machine changes least.</summary>
    public abstract TimeSpan ProcessorTime { get; }

    protected abstract string MetricsUrl { get; }

    protected abstract string PromptTokensMetric { get; }

    protected abstract string RunningMetric { get; }

    /// <summary>The credential of a tenant, 0 or 1; null where there are none.</summary>
    public abstract string? KeyOf(int tenant);

    /// <summary>Tokens of prompts computed until now, those from a cache not counted; and requests that hold memory of the context.</summary>
    public async Task<(long PromptTokens, int Running)> CountAsync(HttpClient client)
    {
        var text = await client.GetStringAsync(new Uri(MetricsUrl));
        return ((long)Read(text, PromptTokensMetric), (int)Read(text, RunningMetric));
    }

    public abstract void Dispose();

    // The sum of a metric's series in Prometheus' text format; 0 when it has none yet.
    private static double Read(string text, string metric)
    {
        var sum = 0.0;
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(metric, StringComparison.Ordinal) && line.Length > metric.Length && line[metric.Length] is ' ' or '{')
            {
                sum += double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }
}
