using System.Diagnostics.Metrics;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Telemetry.PrometheusNet;

/// <summary>Compiled only in the build with <c>-p:UsePrometheusNet=true</c>.</summary>
public sealed class PrometheusNetExpositionTests
{
    [Fact]
    public async Task The_named_meters_are_exposed_and_no_others()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddGatewayMetrics("named");
        await using var app = builder.Build();
        app.MapGatewayMetrics();
        await app.StartAsync();

        using var named = new Meter("named");
        using var other = new Meter("other");
        named.CreateCounter<int>("hits").Add(3, new KeyValuePair<string, object?>("model", "m"));
        named.CreateHistogram("size", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [2, 4] }).Record(3);
        other.CreateCounter<int>("hits").Add(1);

        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var text = await client.GetStringAsync("/metrics");
        Assert.Contains("named_hits{model=\"m\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("named_size_bucket{le=\"2\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("named_size_bucket{le=\"4\"} 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("other_", text, StringComparison.Ordinal);
    }
}
