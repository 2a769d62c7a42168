using System.Net;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary>Models that are loaded by the first request for them, as clients and operators see it.</summary>
public sealed class FirstUseTests
{
    private const string Settings = "context_length: 512, threads: 1, queue: 200";

    private static readonly string Llama = SharedModels.Tiny("tiny-llama.gguf");

    [SharedFact]
    public async Task The_first_requests_load_the_model_once_and_all_of_them_are_answered()
    {
        await using var gateway = await TestGateway.StartAsync(File().Local("d", Llama, Settings + ", load: first_use"));
        using (var ready = await gateway.Client.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }

        Assert.Equal((1, 0), (await MetricAsync(gateway, "gateway_engine_state", "not_loaded"), await MetricAsync(gateway, "gateway_engine_state", "ready")));

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":1"))));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(1, Loads(gateway));
        Assert.Equal((0, 1), (await MetricAsync(gateway, "gateway_engine_state", "not_loaded"), await MetricAsync(gateway, "gateway_engine_state", "ready")));
        Assert.Equal(1, await MetricAsync(gateway, "gateway_engine_load_progress_ratio"));
        Assert.InRange(await MetricAsync(gateway, "gateway_engine_load_duration_seconds"), 1e-6, 60);
        Assert.InRange(await MetricAsync(gateway, "gateway_engine_size_bytes"), 500_000, 1_200_000);
    }

    [SharedFact]
    public async Task A_client_that_gives_up_does_not_end_the_load_for_the_others()
    {
        await using var gateway = await TestGateway.StartAsync(File().Local("d", Llama, Settings + ", load: first_use"));
        using var client = await gateway.ConnectAsync();
        var body = TestGateway.Prompt("m");
        await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        await gateway.Logs.WaitForAsync(l => l.Text.Contains("d: loading", StringComparison.Ordinal));
        client.Dispose();

        using var answer = await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":1"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(1, Loads(gateway));
    }

    [SharedFact]
    public async Task A_model_that_cannot_be_loaded_is_a_503_that_says_when_to_come_again_and_others_are_served()
    {
        await using var gateway = await TestGateway.StartAsync(File().Model("ok", "ok").Local("ok", Llama, Settings)
            .Local("d", SharedModels.Tiny("hostile/trunc-info.gguf"), "load: first_use"));

        var failures = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.PostAsync(TestGateway.Prompt("m"))));

        foreach (var failure in failures)
        {
            var error = await OpenAIError.ReadAsync(failure, 503);
            Assert.Equal("model_not_loaded", error.Code);
            Assert.InRange(failure.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        }

        Assert.Equal(1, gateway.Logs.Lines.Count(l => l.Id.Id == 2005));
        Assert.Equal(1, await MetricAsync(gateway, "gateway_engine_state", "failed"));
        using var served = await gateway.PostAsync(TestGateway.Prompt("ok", ",\"max_tokens\":1"));
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        using var ready = await gateway.Client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [SharedFact]
    public async Task A_model_that_cannot_be_loaded_is_made_good_by_another_deployment()
    {
        await using var gateway = await TestGateway.StartAsync(new GatewayFile().Model("m", "broken*1000 ok*1")
            .Local("broken", SharedModels.Tiny("hostile/trunc-info.gguf"), "load: first_use").Local("ok", Llama, Settings).Tenant("acme", TestKeys.Acme, "*"));
        for (var i = 0; i < 5; i++)
        {
            using var answer = await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":1"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [SharedFact]
    public async Task A_reload_that_drops_models_under_load_lets_their_answers_end_first()
    {
        var llama = File().Local("d", Llama, Settings);
        var mamba = new GatewayFile().Model("other", "e").Local("e", SharedModels.Tiny("tiny-mamba.gguf"), Settings).Tenant("acme", TestKeys.Acme, "*");
        await using var gateway = await TestGateway.StartAsync(llama);
        var answers = Enumerable.Range(0, 16).Select(_ => gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":100,\"logit_bias\":{}"))).ToList();
        await Eventually.TrueAsync(async () => await MetricAsync(gateway, "gateway_engine_requests_running") > 0, "some are being answered");

        Assert.True(await gateway.ReloadAsync(mamba));

        using (var dropped = await gateway.PostAsync(TestGateway.Prompt("m")))
        {
            await OpenAIError.ReadAsync(dropped, 404);
        }

        Assert.All(await Task.WhenAll(answers), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        await gateway.Logs.WaitForAsync(l => l.Text.Contains("d: unloaded", StringComparison.Ordinal));
        using var other = await gateway.PostAsync(TestGateway.Prompt("other", ",\"max_tokens\":1"));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [SharedFact]
    public async Task A_reload_whose_model_is_broken_changes_nothing_unless_it_waits_for_its_first_use()
    {
        await using var gateway = await TestGateway.StartAsync(File().Local("d", Llama, Settings));
        GatewayFile Broken(string load) => File().Local("d", Llama, Settings).Model("broken", "b").Local("b", SharedModels.Tiny("hostile/trunc-info.gguf"), load);

        Assert.False(await gateway.ReloadAsync(Broken("load: startup")));
        Assert.True(await gateway.ReloadAsync(Broken("load: first_use")));

        using var answer = await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":1"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(1, Loads(gateway));
    }

    private static GatewayFile File() => new GatewayFile().Model("m", "d").Tenant("acme", TestKeys.Acme, "*");

    private static int Loads(TestGateway gateway) => gateway.Logs.Lines.Count(l => l.Text.Contains("d: loading", StringComparison.Ordinal));

    /// <summary>Sum of the series of a metric, those with one state only where one is given.</summary>
    private static async Task<double> MetricAsync(TestGateway gateway, string name, string? state = null)
    {
        var lines = (await gateway.MetricsAsync()).Split('\n').Where(line => line.StartsWith(name + "{", StringComparison.Ordinal));
        var values = lines.Where(line => state is null || line.Contains($"\"{state}\"", StringComparison.Ordinal))
            .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.True(values.Count > 0 || state is null, $"There is no {name} of the state {state}.");
        return values.Sum();
    }
}
