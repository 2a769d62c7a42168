using System.Diagnostics;

namespace Gateway.Tests.Telemetry.Prometheus;

public sealed class PromtoolTests
{
    [PromtoolFact]
    public async Task Prometheus_own_checker_finds_nothing_wrong()
    {
        using var metrics = new MeasuredMeter();
        var meter = metrics.Meter;
        var requests = meter.CreateCounter<long>("gateway.requests", "{request}", "Requests by \"outcome\" \\ model.");
        requests.Add(1, new("model", "a\\b\"c\nd"), new("outcome", "ok"));
        requests.Add(2, new("model", "größe 😀"), new("outcome", null));
        meter.CreateUpDownCounter<int>("gateway.active", "{request}", "Requests under way.").Add(-1);
        meter.CreateObservableGauge("gateway.cache.hits", () => double.NaN, "1", "Share of hits.");
        meter.CreateObservableCounter("gateway.busy", () => 1e300, "s", "Time at work.");
        var wait = meter.CreateHistogram<double>("gateway.wait", "s", "Time\nwaited.");
        wait.Record(0.3, new KeyValuePair<string, object?>("model", "m"));
        wait.Record(300, new KeyValuePair<string, object?>("model", "m"));

        Assert.Equal("0: ", await CheckAsync(metrics.Text()));
    }

    [PromtoolFact]
    public async Task The_checker_does_find_what_is_wrong()
    {
        Assert.StartsWith("1: ", await CheckAsync("# TYPE a counter\na{b=\"unclosed} 1\n"), StringComparison.Ordinal);
    }

    private static async Task<string> CheckAsync(string text)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = promtool.StandardOutput.ReadToEndAsync();
        var errors = promtool.StandardError.ReadToEndAsync();
        await using (var input = promtool.StandardInput.BaseStream)
        {
            await input.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));
        }

        await promtool.WaitForExitAsync();
        return $"{promtool.ExitCode}: {await output}{await errors}";
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PromtoolFactAttribute : FactAttribute
    {
        public PromtoolFactAttribute()
        {
            var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
            if (!path.Any(folder => File.Exists(Path.Combine(folder, "promtool"))))
            {
                Skip = "promtool is not on the PATH; Debian has it in the package prometheus.";
            }
        }
    }
}
