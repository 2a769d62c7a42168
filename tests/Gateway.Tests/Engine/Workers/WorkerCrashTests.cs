using System.Net;
using System.Text.Json;
using Gateway.Engine.Workers;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine.Workers;

/// <summary>A worker that ends costs its own requests and nothing else.</summary>
public sealed class WorkerCrashTests
{
    private const string Settings = "context_length: 2048, threads: 1, parallel: 8";
    private const string Long = ",\"temperature\":0,\"max_tokens\":1500,\"logit_bias\":{\"2\":-100,\"0\":-100}";

    private static readonly string Model = Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf");

    [Theory]
    [InlineData("ABRT")]
    [InlineData("KILL")]
    public async Task Its_requests_end_with_an_error_all_others_go_on_and_later_ones_are_answered(string signal)
    {
        await using var gateway = await TestGateway.StartAsync(new GatewayFile()
            .Model("apart", "w").Model("here", "h").Model("either", "w*1000 h*1")
            .Local("w", Model, Settings + ", isolation: process").Local("h", Model, Settings)
            .Tenant("acme", TestKeys.Acme, "*").Admin("auditor", "auditor", TestKeys.Admin));
        var worker = await WorkerLine.UpAsync(gateway.Logs, "w");
        var streams = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => BeginAsync(gateway)));
        var whole = gateway.PostAsync(TestGateway.Prompt("apart", Long));
        var either = gateway.PostAsync(TestGateway.Prompt("either", Long.Replace("1500", "4", StringComparison.Ordinal).Replace("}", ",\"5\":0}", StringComparison.Ordinal)));
        var here = Enumerable.Range(0, 2).Select(_ => gateway.PostAsync(TestGateway.Prompt("here", ",\"max_tokens\":20"))).ToList();
        await Eventually.TrueAsync(async () => await MetricAsync(gateway, "gateway_exchanges_active") >= 7, "all are under way");

        await WorkerLine.EndAsync(worker, signal);

        foreach (var stream in streams)
        {
            var last = (await stream.ReadToEndAsync()).TrimEnd().Split("\n\n")[^1];
            Assert.StartsWith("data: ", last, StringComparison.Ordinal);
            Assert.Equal("worker_ended", JsonDocument.Parse(last["data: ".Length..]).RootElement.GetProperty("error").GetProperty("code").GetString());
        }

        using (var failed = await whole)
        {
            Assert.Equal("worker_ended", (await OpenAIError.ReadAsync(failed, 503)).Code);
            Assert.NotNull(failed.Headers.RetryAfter);
        }

        Assert.All(await Task.WhenAll([.. here, either]), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        using (var ready = await gateway.Client.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }

        Assert.NotEqual(worker, await WorkerLine.UpAsync(gateway.Logs, "w", 2));
        using var later = await gateway.PostAsync(TestGateway.Prompt("apart", ",\"max_tokens\":2"));
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
        Assert.Equal(1, gateway.Logs.Lines.Count(l => l.Id.Id == 2200));

        var lines = await LinesAsync(gateway, 9);
        Assert.Equal(9, lines.Select(l => l.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(5, lines.Count(l => l.GetProperty("outcome").GetString() == "upstream_error" && l.GetProperty("code").GetString() == "worker_ended"));
        Assert.Equal(4, lines.Count(l => l.GetProperty("outcome").GetString() == "ok"));

        // What a stream had brought is counted, what was told of a failure alone is not.
        Assert.All(lines, l => Assert.Equal(l.GetProperty("status").GetInt32() == 200, l.GetProperty("output_tokens").GetInt32() > 0));
    }

    [Fact]
    public async Task One_that_hangs_is_ended_after_the_time_out_as_if_it_had_crashed_and_all_others_go_on()
    {
        var time = new ManualTimeProvider();
        await using var gateway = await TestGateway.StartAsync(
            new GatewayFile().Model("apart", "w").Model("here", "h").Local("w", Model, Settings + ", isolation: process").Local("h", Model, Settings)
                .Tenant("acme", TestKeys.Acme, "*").More("engine: { worker_timeout: 2m }"),
            time);
        var worker = await WorkerLine.UpAsync(gateway.Logs, "w");
        var streams = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => BeginAsync(gateway)));
        var whole = gateway.PostAsync(TestGateway.Prompt("apart", Long));
        await Eventually.TrueAsync(async () => await MetricAsync(gateway, "gateway_exchanges_active") >= 3, "all are under way");

        WorkerLine.Signal(worker, "STOP");
        var late = gateway.PostAsync(TestGateway.Prompt("apart"));
        using (var here = await gateway.PostAsync(TestGateway.Prompt("here", ",\"max_tokens\":5")))
        {
            Assert.Equal(HttpStatusCode.OK, here.StatusCode);
        }

        Assert.All([whole, late], answer => Assert.False(answer.IsCompleted));
        await Eventually.TrueAsync(
            () =>
            {
                // One look of those that the time-out is made of.
                time.Advance(TimeSpan.FromMinutes(2) / WorkerWatch.Looks);
                return gateway.Logs.Lines.Any(l => l.Id.Id == 2200);
            },
            "it is taken to hang");

        await WorkerLine.GoneAsync(worker);
        Assert.Contains("killed, for it gave no sign of life for 120 s", gateway.Logs.Lines.Single(l => l.Id.Id == 2200).Text, StringComparison.Ordinal);
        foreach (var stream in streams)
        {
            Assert.Contains("\"worker_ended\"", (await stream.ReadToEndAsync()).TrimEnd().Split("\n\n")[^1], StringComparison.Ordinal);
        }

        foreach (var answer in await Task.WhenAll(whole, late))
        {
            Assert.Equal("worker_ended", (await OpenAIError.ReadAsync(answer, 503)).Code);
        }

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(ModelWorker.FirstPause);
                return gateway.Logs.Lines.Count(l => l.Id.Id == 2201) == 2;
            },
            "another one is up");
        using var later = await gateway.PostAsync(TestGateway.Prompt("apart", ",\"max_tokens\":2"));
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Fact]
    public async Task A_client_that_leaves_frees_its_cells_in_the_worker_and_is_charged_what_was_produced()
    {
        await using var gateway = await StartAsync();
        var stream = await BeginAsync(gateway);
        await Eventually.TrueAsync(async () => await MetricAsync(gateway, "gateway_engine_requests_running_requests", "gateway_engine_requests_running") > 0, "it runs");

        stream.Dispose();

        await Eventually.TrueAsync(
            async () => await MetricAsync(gateway, "gateway_engine_requests_running_requests", "gateway_engine_requests_running") == 0, "its cells are free");
        var line = (await LinesAsync(gateway, 1)).Single();
        Assert.Equal("client_gone", line.GetProperty("outcome").GetString());
        Assert.InRange(line.GetProperty("output_tokens").GetInt32(), 1, 1499);
        Assert.Equal(0, gateway.Logs.Lines.Count(l => l.Id.Id == 2200));
    }

    [Fact]
    public async Task A_changed_configuration_takes_another_worker_and_the_answers_of_the_one_before_go_on_to_their_end()
    {
        await using var gateway = await StartAsync();
        var before = await WorkerLine.UpAsync(gateway.Logs, "w");
        using var stream = await BeginAsync(gateway, ",\"max_tokens\":100");

        Assert.True(await gateway.ReloadAsync(File("context_length: 1024, threads: 1, isolation: process")));
        var after = await WorkerLine.UpAsync(gateway.Logs, "w", 2);
        using var answer = await gateway.PostAsync(TestGateway.Prompt("apart", ",\"max_tokens\":2"));

        Assert.EndsWith("data: [DONE]\n\n", await stream.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await WorkerLine.GoneAsync(before);
        Assert.True(Directory.Exists($"/proc/{after}"));
        Assert.Equal(0, gateway.Logs.Lines.Count(l => l.Id.Id == 2200));
    }

    private static Task<TestGateway> StartAsync() => TestGateway.StartAsync(File(Settings + ", isolation: process"));

    private static GatewayFile File(string keys) => new GatewayFile().Model("apart", "w").Local("w", Model, keys)
        .Tenant("acme", TestKeys.Acme, "*").Admin("auditor", "auditor", TestKeys.Admin);

    private static async Task<StreamReader> BeginAsync(TestGateway gateway, string more = Long)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TestGateway.ChatPath) { Content = new StringContent(TestGateway.Prompt("apart", ",\"stream\":true" + more)) };
        request.Content.Headers.ContentType = new("application/json");
        var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await reader.ReadLineAsync(), StringComparison.Ordinal);
        return reader;
    }

    private static async Task<List<JsonElement>> LinesAsync(TestGateway gateway, int count)
    {
        var lines = new List<JsonElement>();
        await Eventually.TrueAsync(
            async () =>
            {
                lines = [.. (await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges?limit=50")).GetProperty("data").EnumerateArray()];
                return lines.Count >= count && lines.TrueForAll(l => l.GetProperty("outcome").GetString() != "open");
            },
            $"the ledger has {count} closed lines");
        return lines;
    }

    private static async Task<double> MetricAsync(TestGateway gateway, params string[] names) =>
        (await gateway.MetricsAsync()).Split('\n').Where(line => names.Any(n => line.StartsWith(n + "{", StringComparison.Ordinal)))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
}
