using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy;

namespace Gateway.Tests.Routing;

public sealed class RoutingTests : IAsyncLifetime
{
    private static readonly Func<UpstreamConnection, Task> Down = c =>
    {
        c.Close();
        return Task.CompletedTask;
    };

    private readonly FakeUpstream _a = FakeUpstream.Start();
    private readonly FakeUpstream _b = FakeUpstream.Start();
    private readonly ManualTimeProvider _time = new();
    private TestGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await TestGateway.StartAsync(
        new GatewayFile()
            .Model("even", "a b", "cooldown: 30s").Model("weighted", "a*9 b").Model("never-out", "a b", "cooldown: 0s")
            .Deployment("a", _a.BaseUrl).Deployment("b", _b.BaseUrl).Tenant("acme", TestKeys.Acme, "*"),
        _time);

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task Each_deployment_answers_as_often_as_its_weight_says()
    {
        for (var i = 0; i < 400; i++)
        {
            Assert.Equal(200, await PostAsync("weighted"));
        }

        // 40 expected with a standard deviation of 6: outside of this once in 10^9 runs.
        Assert.InRange(_b.Requests.Count, 6, 80);
        Assert.Equal(400, _a.Requests.Count + _b.Requests.Count);
    }

    [Fact]
    public async Task A_deployment_that_failed_is_left_out_until_its_cooldown_is_over()
    {
        _a.Script = Down;
        await FailOnceAsync();
        var before = _a.Requests.Count;
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, await PostAsync("even"));
        }

        Assert.Equal(before, _a.Requests.Count);

        _a.Script = c => c.SendAsync(Answers.Ok);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, Available("even"));
        _time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(() => Available("even") == 2, "the deployment is back");
        await Eventually.TrueAsync(async () => await PostAsync("even") == 200 && _a.Requests.Count > before, "the deployment is asked again");
    }

    [Theory]
    [InlineData("HTTP/1.1 500 E\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 429 E\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 400 E\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 401 E\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n")]
    public async Task An_error_about_the_request_leaves_a_deployment_in(string answer)
    {
        _a.Script = c => c.SendAsync(answer);
        await UntilAskedAsync(_a);

        Assert.Equal(2, Available("even"));
    }

    [Theory]
    [InlineData("x-odd: caf\u00E9 \u0080")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket")]
    [InlineData("Expect: 100-continue")]
    [InlineData("If-None-Match: *")]
    [InlineData("Range: bytes=0-1")]
    public async Task A_client_cannot_make_a_deployment_look_down(string header)
    {
        foreach (var answer in new[] { "HTTP/1.1 304 Not Modified\r\n\r\n", "HTTP/1.1 206 Partial Content\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" })
        {
            // An upstream that honours the header, had it come.
            _a.Script = _b.Script = c => c.SendAsync(
                c.Request.Head["If-None-Match"] is not null || c.Request.Head["Range"] is not null ? answer : Answers.Ok);
            using var client = await _gateway.ConnectAsync();
            var body = TestGateway.Prompt("even");
            await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\n{header}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            var head = await client.Reader.ReadHeadAsync();
            Assert.Contains(head!.Status, new[] { 100, 200 });
        }

        Assert.Equal(200, await PostAsync("even"));
        Assert.Equal(2, Available("even"));
    }

    [Fact]
    public async Task A_client_that_reads_slowly_does_not_make_a_deployment_look_down()
    {
        var progress = 0;
        var big = Answers.Event(new string('x', 30_000));
        _a.Script = _b.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);

            // More than all buffers between here and the client hold.
            for (var i = 0; i < 1_000; i++)
            {
                await c.SendChunkAsync(big);
                Interlocked.Increment(ref progress);
            }

            await c.SendChunkAsync(Answers.Done);
            await c.SendAsync(Answers.LastChunk);
        };
        using var client = await _gateway.ConnectAsync();
        var body = TestGateway.Prompt("even", ",\"stream\":true");
        await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        // The upstream is not silent: it is the client that takes its time.
        var (seen, same) = (0, 0);
        await Eventually.TrueAsync(
            () =>
            {
                var now = Volatile.Read(ref progress);
                (seen, same) = now > 0 && now == seen ? (now, same + 1) : (now, 0);
                return same == 40;
            },
            "all buffers are full");
        _time.Advance(TimeSpan.FromHours(1));
        var head = await client.Reader.ReadHeadAsync();
        var text = System.Text.Encoding.UTF8.GetString(await client.Reader.ReadBodyAsync(head!));

        Assert.EndsWith(Answers.Done, text, StringComparison.Ordinal);
        Assert.Equal(2, Available("even"));
    }

    [Fact]
    public async Task When_all_are_down_they_are_tried_all_the_same()
    {
        _a.Script = _b.Script = Down;
        await Eventually.TrueAsync(
            async () => await PostAsync("even") == 502 && _a.Requests.Count > 0 && _b.Requests.Count > 0, "both have failed");
        var before = _a.Requests.Count + _b.Requests.Count;
        Assert.Equal(502, await PostAsync("even"));
        Assert.Equal(before + 2, _a.Requests.Count + _b.Requests.Count);

        _a.Script = _b.Script = c => c.SendAsync(Answers.Ok);
        Assert.Equal(200, await PostAsync("even"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nx-of: a\r\n\r\nhi")]
    [InlineData("HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: 2\r\nRetry-After: 9\r\nx-of: a\r\n\r\n{}")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")]
    public async Task Another_deployment_makes_good_for_one_that_is_down(string answer)
    {
        _a.Script = async c =>
        {
            await c.SendAsync(answer);
            c.Close();
        };
        for (var i = 1; _a.Requests.Count == 0; i++)
        {
            using var response = await _gateway.PostAsync(TestGateway.Prompt("even"));
            Assert.Equal(Answers.Completion, await response.Content.ReadAsStringAsync());
            Assert.Equal(200, (int)response.StatusCode);
            Assert.False(response.Headers.Contains("x-of") || response.Headers.Contains("Retry-After"));
            Assert.Single(response.Headers.GetValues("x-request-id"));
            await _gateway.SettlesAsync("ok", 200, before: i - 1);
        }

        Assert.Equal(_a.Requests[0].Body, _b.Requests[^1].Body);
    }

    [Fact]
    public async Task When_none_can_make_good_the_last_ones_words_are_the_answer()
    {
        const string busy = """{"error":{"message":"busy","type":"server_error","param":null,"code":null}}""";
        _a.Script = _b.Script = c => c.SendAsync(Answers.Json(busy, 503, "Retry-After: 9\r\n"));
        using var response = await _gateway.PostAsync(TestGateway.Prompt("even"));

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Equal(busy, await response.Content.ReadAsStringAsync());
        Assert.Equal("9", response.Headers.RetryAfter!.ToString());
        Assert.Equal(2, _a.Requests.Count + _b.Requests.Count);
        await _gateway.SettlesAsync("upstream_error", 503);
    }

    [Fact]
    public async Task A_time_out_is_not_tried_again()
    {
        const string late = """{"error":{"message":"too late","type":"server_error","param":null,"code":null}}""";
        _a.Script = _b.Script = c => c.SendAsync(Answers.Json(late, 504));
        using var response = await _gateway.PostAsync(TestGateway.Prompt("even"));

        Assert.Equal(504, (int)response.StatusCode);
        Assert.Equal(late, await response.Content.ReadAsStringAsync());
        Assert.Equal(1, _a.Requests.Count + _b.Requests.Count);
    }

    [Fact]
    public async Task A_stream_that_has_begun_is_not_begun_again()
    {
        _a.Script = _b.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync(Answers.Event("one"));
            c.Close();
        };
        using var response = await _gateway.PostAsync(TestGateway.Prompt("even", ",\"stream\":true"));

        Assert.Contains("upstream_closed_early", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, _a.Requests.Count + _b.Requests.Count);
    }

    [Fact]
    public async Task Without_a_cooldown_nothing_is_left_out()
    {
        _a.Script = Down;
        await UntilAskedAsync(_a, "never-out");
        var before = _a.Requests.Count;

        await UntilAskedAsync(_a, "never-out", before + 3);
    }

    [Fact]
    public async Task One_models_failure_is_not_anothers()
    {
        _a.Script = Down;
        await FailOnceAsync();

        Assert.Equal(2, Available("weighted"));
    }

    private async Task FailOnceAsync()
    {
        await UntilAskedAsync(_a);
        await Eventually.TrueAsync(() => Available("even") == 1, "the deployment is left out");
    }

    private Task UntilAskedAsync(FakeUpstream upstream, string model = "even", int times = 1) => Eventually.TrueAsync(
        async () =>
        {
            await PostAsync(model);
            return upstream.Requests.Count >= times;
        },
        "the deployment is asked");

    private async Task<int> PostAsync(string model)
    {
        using var response = await _gateway.PostAsync(TestGateway.Prompt(model));
        return (int)response.StatusCode;
    }

    private int Available(string model) => _gateway.Services.GetRequiredService<IProxyStateLookup>().GetClusters()
        .Single(c => c.ClusterId.StartsWith(model + "@", StringComparison.Ordinal)).DestinationsState.AvailableDestinations.Count;
}
