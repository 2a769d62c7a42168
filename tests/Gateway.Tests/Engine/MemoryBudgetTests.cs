using System.Globalization;
using System.Net;
using Gateway.Configuration;
using Gateway.Engine;
using Gateway.Llama;
using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Engine;

/// <summary>Models that do not fit together, as clients and operators see them.</summary>
public sealed class MemoryBudgetTests
{
    private const string Settings = "context_length: 512, threads: 1, queue: 200";

    // Room for each of the two, not for both.
    private static readonly long Room = SharedModels.Missing is null ? RoomForOne() : 0;

    private static readonly string Both = $"engine: {{ memory: {Room}B }}";

    [SharedFact]
    public async Task Requests_by_turns_for_models_that_do_not_fit_together_are_all_answered()
    {
        await using var gateway = await TestGateway.StartAsync(File(", load: first_use").More(Both));
        const int Turns = 8;
        for (var turn = 0; turn < Turns; turn++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => gateway.PostAsync(TestGateway.Prompt(turn % 2 == 0 ? "a" : "b", ",\"max_tokens\":2"))));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        }

        Assert.Equal(Turns, await MetricAsync(gateway, "gateway_engine_loads"));
        Assert.Equal(Turns - 1, await MetricAsync(gateway, "gateway_engine_unloads", "\"room\""));
        Assert.Equal(Room, await MetricAsync(gateway, "gateway_engine_memory_limit_bytes"));
        Assert.InRange(await MetricAsync(gateway, "gateway_engine_memory_used_bytes"), 1_000_000, Room);

        // All at once: however they come in, the loads are few.
        var mixed = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => gateway.PostAsync(TestGateway.Prompt(i % 2 == 0 ? "a" : "b", ",\"max_tokens\":2"))));
        Assert.All(mixed, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.InRange(await MetricAsync(gateway, "gateway_engine_loads"), Turns + 1, Turns + 30);
        Assert.Equal(0, await MetricAsync(gateway, "gateway_engine_load_waiting"));
        await ReadyAsync(gateway, "ok");
    }

    [SharedFact]
    public async Task A_stream_is_not_cut_by_a_model_that_waits_for_its_memory()
    {
        await using var gateway = await TestGateway.StartAsync(File(", load: first_use").More(Both));
        using var request = new HttpRequestMessage(HttpMethod.Post, TestGateway.ChatPath)
        {
            Content = new StringContent(TestGateway.Prompt("a", ",\"stream\":true,\"max_tokens\":400,\"logit_bias\":{\"2\":-100}")),
        };
        request.Content.Headers.ContentType = new("application/json");
        using var stream = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await reader.ReadLineAsync(), StringComparison.Ordinal);

        var waiting = gateway.PostAsync(TestGateway.Prompt("b", ",\"max_tokens\":1"));
        var rest = await reader.ReadToEndAsync();

        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        Assert.DoesNotContain("\"error\"", rest, StringComparison.Ordinal);
        using var answer = await waiting;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [SharedFact]
    public async Task A_request_whose_model_gets_no_room_in_time_is_a_503_with_Retry_After_and_a_pin_tells_why()
    {
        await using var gateway = await TestGateway.StartAsync(File(", load: first_use").More($"engine: {{ memory: {Room}B, wait: 1s }}"));
        var host = gateway.Services.GetRequiredService<EngineHost>();
        using (await host.Handles.Single(h => string.Equals(h.Deployment, "a", StringComparison.Ordinal)).LeaseAsync(CancellationToken.None))
        {
            using var late = await gateway.PostAsync(TestGateway.Prompt("b", ",\"max_tokens\":1"));
            Assert.Equal("model_no_room", (await OpenAIError.ReadAsync(late, 503)).Code);
            Assert.Equal(TimeSpan.FromSeconds(5), late.Headers.RetryAfter!.Delta);
        }

        // Asked for, it comes as soon as there is room.
        await Eventually.TrueAsync(() => host.List().Any(m => m is { State: LoadState.Ready, Requests: 0 } && m.Deployments.Contains("b")), "b is loaded");
        Assert.True(host.Pin("b", isPinned: true));
        Assert.False(host.Pin("c", isPinned: true));
        Assert.Equal(UnloadResult.Pinned, await host.UnloadAsync("b", CancellationToken.None));
        using (var refused = await gateway.PostAsync(TestGateway.Prompt("a")))
        {
            Assert.Equal("model_not_loaded", (await OpenAIError.ReadAsync(refused, 503)).Code);
        }

        Assert.Contains(gateway.Logs.Lines, l => l.Id.Id == 2005 && l.Text.Contains("of which pinned models hold ", StringComparison.Ordinal));
        await ReadyAsync(gateway, "ok, but not loaded: a");

        host.Pin("b", isPinned: false);
        Assert.True(await host.LoadAsync("a", CancellationToken.None));
        Assert.False(await host.LoadAsync("c", CancellationToken.None));
        await ReadyAsync(gateway, "ok");
        Assert.Equal(UnloadResult.Done, await host.UnloadAsync("a", CancellationToken.None));
        Assert.Equal(UnloadResult.NotFound, await host.UnloadAsync("c", CancellationToken.None));
        Assert.All(host.List(), m => Assert.Equal((LoadState.NotLoaded, 0L), (m.State, m.Bytes)));
        Assert.Equal(0, host.Room.Budget.Taken);
        Assert.Equal(1, await MetricAsync(gateway, "gateway_engine_unloads", "\"asked\""));
    }

    [SharedFact]
    public async Task Models_of_the_start_that_do_not_fit_are_offered_all_the_same_and_those_that_never_fit_end_it()
    {
        await using var gateway = await TestGateway.StartAsync(File("").More(Both));
        await Eventually.TrueAsync(async () => (await gateway.Client.GetAsync("/readyz")).IsSuccessStatusCode, "it is ready");
        Assert.Contains(gateway.Logs.Lines, l => l.Id.Id == 2006 && l.Text.Contains("b: not in memory yet", StringComparison.Ordinal));
        Assert.Contains("\"b\"", await gateway.Client.GetStringAsync("/v1/models"), StringComparison.Ordinal);

        using (var answer = await gateway.PostAsync(TestGateway.Prompt("b", ",\"max_tokens\":1")))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await ReadyAsync(gateway, "ok");
        using (var tokens = await gateway.PostAsync("""{"model":"a","content":"a"}""", "/tokenize"))
        {
            Assert.Equal(HttpStatusCode.OK, tokens.StatusCode);
        }

        // A reload leaves what is loaded as it is; a budget below every model is told at once.
        var loads = await MetricAsync(gateway, "gateway_engine_loads");
        Assert.True(await gateway.ReloadAsync(File("").More($"engine: {{ memory: {Room}B, idle_timeout: 1h }}")));
        Assert.Equal(loads, await MetricAsync(gateway, "gateway_engine_loads"));
        Assert.False(await gateway.ReloadAsync(File("", "context_length: 256, threads: 1").More("engine: { memory: 1MB }")));
        Assert.Contains(gateway.Logs.Lines, l => l.Id.Name is "NotApplied" && l.Text.Length > 0);
        using var still = await gateway.PostAsync(TestGateway.Prompt("a", ",\"max_tokens\":1"));
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [SharedFact]
    public async Task Limits_of_tokens_over_models_that_do_not_fit_together_make_no_request_wait_for_itself()
    {
        var file = new GatewayFile().Model("m", "a b").Model("n", "b a")
            .Local("a", SharedModels.Tiny("tiny-llama.gguf"), Settings + ", load: first_use")
            .Local("b", SharedModels.Tiny("tiny-mamba.gguf"), Settings + ", load: first_use")
            .LimitedTenant("acme", TestKeys.Acme, "limits: { tokens_per_minute: 1000000 }", "m", "n").More(Both);
        await using var gateway = await TestGateway.StartAsync(file);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => gateway.PostAsync(TestGateway.Prompt(i % 2 == 0 ? "m" : "n", ",\"max_tokens\":2"))));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [SharedFact]
    public async Task A_model_that_nobody_asks_for_gives_its_memory_back_and_brings_its_adapters_when_it_comes_again()
    {
        var time = new ManualTimeProvider();
        using var logs = new LogCapture();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(logs));
        await using var host = new EngineHost(loggers, time);
        var options = new LlamaEngineOptions { ModelPath = SharedModels.Tiny("tiny-llama.gguf"), ContextLength = 512, Threads = 1 };
        var handle = host.Acquire(
            "d", options, [new(SharedModels.Tiny("tiny-llama-lora.gguf"), 1)], keep: new KeepRule(IsPinned: false, TimeSpan.FromMinutes(15)));
        await host.AllLoadedAsync();
        Assert.True(handle.IsStarted);
        var first = handle.Loaded!;
        Assert.InRange(host.Room.Budget.Taken, 2_000_000, 10_000_000);

        time.Advance(TimeSpan.FromMinutes(15));

        await logs.WaitForAsync(l => l.Text.Contains("d: unloaded, nobody asked for it", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => handle.State == LoadState.NotLoaded, "it is unloaded");
        Assert.Equal((0L, true), (host.Room.Budget.Taken, handle.IsStarted));
        Assert.Null(handle.Loaded);
        using var lease = await handle.LeaseAsync(CancellationToken.None);
        Assert.NotSame(first.Here().Engine, lease!.Loaded.Here().Engine);
        Assert.Single(lease.Loaded.Here().Adapters);
        Assert.Equal(2, host.Loads.Single().Value);
    }

    [SharedTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_adapter_counts_for_as_long_as_a_deployment_answers_with_it_and_is_refused_where_there_is_no_room(bool isApart)
    {
        var isolation = isApart ? Isolation.Process : Isolation.None;
        await using var host = new EngineHost(NullLoggerFactory.Instance, TimeProvider.System);
        var options = new LlamaEngineOptions { ModelPath = SharedModels.Tiny("tiny-llama.gguf"), ContextLength = 512, Threads = 1 };
        var adapter = SharedModels.Tiny("tiny-llama-lora.gguf");
        var size = HostedEngine.MeasureAdapter(adapter);
        Assert.Equal(HostedEngine.Measure(options, [])!.Used + size, HostedEngine.Measure(options, [adapter])!.Used);
        await host.Acquire("plain", options, isolation: isolation).LoadAsync();
        var plain = host.Room.Budget.Taken;

        var first = host.Acquire("first", options, [new(adapter, 1)], isolation: isolation);
        var second = host.Acquire("second", options, [new(adapter, 0.5f)], isolation: isolation);
        await first.LoadAsync();
        await second.LoadAsync();
        Assert.InRange(size, 5_000, new FileInfo(adapter).Length);
        Assert.Equal(plain + size, host.Room.Budget.Taken);
        first.Release();
        Assert.Equal(plain + size, host.Room.Budget.Taken);
        second.Release();
        await Eventually.TrueAsync(() => host.Room.Budget.Taken == plain, "the adapter is gone");

        host.Configure(plain + size - 1, patience: null, workerTimeout: null);
        var refused = await Assert.ThrowsAsync<LlamaLoadException>(host.Acquire("third", options, [new(adapter, 1)], isolation: isolation).LoadAsync);
        Assert.Equal((adapter, true), (refused.ModelPath, refused.IsAdapter));
        Assert.Contains("MB are taken", refused.Problem, StringComparison.Ordinal);
        Assert.Equal(plain, host.Room.Budget.Taken);
    }

    private static long RoomForOne()
    {
        var needs = new[] { "tiny-llama.gguf", "tiny-mamba.gguf" }
            .Select(name => HostedEngine.Measure(new LlamaEngineOptions { ModelPath = SharedModels.Tiny(name), ContextLength = 512 }, [])!).ToList();
        var room = Math.Max(needs.Max(n => n.Total), needs.Sum(n => n.Used) - (needs.Min(n => n.Used) / 2));
        Assert.InRange(room, 1, needs.Sum(n => n.Used) - 1);
        return room;
    }

    private static GatewayFile File(string more, string settings = Settings) => new GatewayFile().Model("a", "a").Model("b", "b")
        .Local("a", SharedModels.Tiny("tiny-llama.gguf"), settings + more)
        .Local("b", SharedModels.Tiny("tiny-mamba.gguf"), settings + more).Tenant("acme", TestKeys.Acme, "*");

    private static async Task ReadyAsync(TestGateway gateway, string text)
    {
        using var ready = await gateway.Client.GetAsync("/readyz");
        Assert.Equal((HttpStatusCode.OK, text + "\n"), (ready.StatusCode, await ready.Content.ReadAsStringAsync()));
    }

    /// <summary>Sum of the series of a metric.</summary>
    private static async Task<double> MetricAsync(TestGateway gateway, string name, string label = "") =>
        (await gateway.MetricsAsync()).Split('\n')
            .Where(line => (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + "_total{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
                && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
