using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Telemetry.Prometheus;

public sealed class MetricsEndpointTests : IAsyncLifetime, IDisposable
{
    private readonly Meter _meter = new("Test." + Guid.NewGuid());
    private readonly HttpClient _client = new();
    private WebApplication? _app;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddGatewayMetrics(_meter.Name, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime");
        _app = builder.Build();
        _app.MapGatewayMetrics();
        await _app.StartAsync();
        _client.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async Task DisposeAsync() => await _app!.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _meter.Dispose();
    }

    // The header of a Prometheus 2 and of a Prometheus 3 server among them.
    [Theory]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true)]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", true)]
    [InlineData("application/openmetrics-text", true)]
    [InlineData("Application/OpenMetrics-Text; version=\"1.0.0\"; charset=utf-8", true)]
    [InlineData("text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5", false)]
    [InlineData("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;version=1.0.0;q=0.8", false)]
    [InlineData("text/plain;version=0.0.4;q=0.1, application/openmetrics-text;version=1.0.0;q=0.2", true)]
    [InlineData("application/openmetrics-text;version=2.0.0, text/plain;q=0.1", false)]
    [InlineData("application/openmetrics-text;q=0", false)]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8", false)]
    [InlineData("*/*", false)]
    [InlineData("not a media type;;;", false)]
    [InlineData(null, false)]
    public async Task The_format_is_what_the_client_prefers(string? accept, bool openMetrics)
    {
        _meter.CreateCounter<int>("hits").Add(3);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await _client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            openMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8",
            response.Content.Headers.GetValues("Content-Type").Single());
        Assert.Equal(3, Exposition.Parse(await response.Content.ReadAsStringAsync(), openMetrics).Value("hits_total"));
    }

    [Fact]
    public async Task The_meters_of_the_server_and_the_runtime_are_exposed()
    {
        var read = Exposition.Parse(await _client.GetStringAsync("/metrics"));

        Assert.Equal(1, read.Families["kestrel_active_connections"].Samples.Sum(sample => sample.Value));
        Assert.True(read.Value("dotnet_process_memory_working_set_bytes") > 0);
        Assert.True(read.Value("dotnet_gc_heap_total_allocated_bytes_total") > 0);
    }

    [Fact]
    public async Task An_answer_of_many_pieces_arrives_whole()
    {
        // 500 series of 17 lines are half a megabyte, far more than is sent at a time.
        var histogram = _meter.CreateHistogram<double>("wait", "s", "How long it took.");
        for (var i = 0; i < 500; i++)
        {
            histogram.Record(i, new KeyValuePair<string, object?>("id", i));
        }

        _meter.CreateCounter<int>("zeta").Add(1);

        var read = Exposition.Parse(await _client.GetStringAsync("/metrics"));

        Assert.Equal(500, read.Samples("wait_seconds_count").Count());
        Assert.Equal(1, read.Value("zeta_total"));
    }

    [Fact]
    public async Task Readers_at_the_same_time_each_get_all_of_it()
    {
        _meter.CreateObservableGauge("slots", () => Enumerable.Range(0, 50).Select(i => new Measurement<int>(i, new KeyValuePair<string, object?>("id", i))));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _client.GetStringAsync("/metrics")));

        Assert.All(answers, answer => Assert.Equal(50, Exposition.Parse(answer).Families["slots"].Samples.Count));
    }
}
