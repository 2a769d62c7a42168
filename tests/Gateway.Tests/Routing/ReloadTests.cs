using System.Text;
using Gateway.Configuration;
using Gateway.Routing;
using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Routing;

public sealed class ReloadTests : IAsyncLifetime
{
    private readonly FakeUpstream _a = FakeUpstream.Start();
    private readonly FakeUpstream _b = FakeUpstream.Start();
    private TestGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await TestGateway.StartAsync(FileFor(_a));

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task A_stream_goes_on_by_the_configuration_that_it_began_with()
    {
        using var next = new SemaphoreSlim(0);
        _a.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync(Answers.Event("before"));
            await next.WaitAsync();
            await c.SendChunkAsync(Answers.Event("after", "\"stop\"") + Answers.Done);
            await c.SendAsync(Answers.LastChunk);
        };
        using var client = await _gateway.ConnectAsync();
        var body = TestGateway.Prompt("m", ",\"stream\":true");
        await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var head = await client.Reader.ReadHeadAsync();
        await client.Reader.ReadChunkAsync();

        // Another upstream, and the key that the stream was asked with is gone.
        Assert.True(await _gateway.ReloadAsync(FileFor(_b, TestKeys.Other)));
        using (var refused = await _gateway.PostAsync(TestGateway.Prompt("m")))
        {
            await OpenAIError.ReadAsync(refused, 401);
        }

        using (var other = await _gateway.PostAsync(TestGateway.Prompt("m"), key: TestKeys.Other))
        {
            Assert.Equal(200, (int)other.StatusCode);
        }

        Assert.Single(_a.Requests);
        Assert.Single(_b.Requests);
        next.Release();
        Assert.Equal(Answers.Event("after", "\"stop\"") + Answers.Done, Encoding.UTF8.GetString(await client.Reader.ReadBodyAsync(head!)));
        await _gateway.SettlesAsync("ok", 200, before: 1);
    }

    [Theory]
    [InlineData("models: [")]
    [InlineData("")]
    [InlineData("models: []\ndeployments: []\ntenants: []\nno_such_key: 1\n")]
    public async Task A_file_with_errors_changes_nothing(string text)
    {
        Assert.False(await _gateway.ReloadAsync(text));

        using var response = await _gateway.PostAsync(TestGateway.Prompt("m"));
        Assert.Equal(200, (int)response.StatusCode);
        Assert.True(await _gateway.ReloadAsync(FileFor(_b)));
        using var next = await _gateway.PostAsync(TestGateway.Prompt("m"));
        Assert.Equal(200, (int)next.StatusCode);
        Assert.Single(_b.Requests);
    }

    [Fact]
    public async Task A_limit_and_a_models_name_change_with_the_file()
    {
        Assert.True(await _gateway.ReloadAsync(new GatewayFile { BodyBytes = 1_000 }
            .Model("renamed", "d").Deployment("d", _a.BaseUrl).Tenant("acme", TestKeys.Acme, "*")));

        using var gone = await _gateway.PostAsync(TestGateway.Prompt("m"));
        await OpenAIError.ReadAsync(gone, 404);
        using var large = await _gateway.PostAsync(TestGateway.Prompt("renamed").PadRight(1_001));
        await OpenAIError.ReadAsync(large, 413);
        using var renamed = await _gateway.PostAsync(TestGateway.Prompt("renamed"));
        Assert.Equal(200, (int)renamed.StatusCode);
    }

    [Fact]
    public async Task No_request_ever_sees_parts_of_two_configurations()
    {
        // Which parts go together: where to, with which key, under which name. Two differ in the address, two in what is sent there only.
        (string Path, string Key, string Model)[] kinds = [("A", "sk-a", "model-a"), ("B", "sk-b", "model-b"), ("B", "sk-c", "model-c")];
        var valid = kinds.Select(k => $"POST /{k.Path}/v1/chat/completions HTTP/1.1|Bearer {k.Key}|{k.Model}").ToHashSet(StringComparer.Ordinal);
        var loader = _gateway.Services.GetRequiredService<GatewayLoader>();
        var folder = Directory.CreateTempSubdirectory("gateway-tests-").FullName;
        var configs = kinds.Select((k, i) => ConfigLoader.Load(new GatewayFile()
            .Model("m", "d").Deployment("d", $"http://127.0.0.1:{_a.Port}/{k.Path}/v1", k.Key, k.Model)
            .Tenant("acme", TestKeys.Acme, "*").Save(Directory.CreateDirectory(Path.Combine(folder, $"{i}")).FullName)).Config!).ToArray();
        await loader.ApplyAsync(configs[0], awaitEngines: true);

        var over = false;
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref over))
            {
                using var response = await _gateway.PostAsync(TestGateway.Prompt("m"));
                Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            }
        })).ToList();
        for (var i = 1; i <= 50; i++)
        {
            // Some requests under each.
            var count = _a.Requests.Count;
            await loader.ApplyAsync(configs[i % configs.Length], awaitEngines: true);
            await Eventually.TrueAsync(() => _a.Requests.Count > count + 4 || clients.Any(c => c.IsCompleted), "requests go on");
        }

        Volatile.Write(ref over, true);
        await Task.WhenAll(clients);
        Directory.Delete(folder, recursive: true);

        var seen = _a.Requests.Select(r =>
            $"{r.Head.StartLine}|{r.Head["Authorization"]}|{System.Text.Json.JsonDocument.Parse(r.Body).RootElement.GetProperty("model").GetString()}").ToHashSet(StringComparer.Ordinal);
        Assert.Empty(seen.Except(valid));
        Assert.Equal(valid.Count, seen.Count);
    }

    private static GatewayFile FileFor(FakeUpstream upstream, string key = TestKeys.Acme) =>
        new GatewayFile().Model("m", "d").Deployment("d", upstream.BaseUrl).Tenant("acme", key, "*");
}
