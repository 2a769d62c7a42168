using System.Net;
using System.Net.Sockets;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Providers;

public sealed class BadUpstreamTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly FakeUpstream _upstream = shared.Fresh();

    private const string Html = "<html><body>" + TestGateway.Canary + " Bad things</body></html>";

    private static readonly Dictionary<string, Func<UpstreamConnection, Task>> Scripts = new(StringComparer.Ordinal)
    {
        ["closes without an answer"] = Then(c => c.Close()),
        ["resets without an answer"] = Then(c => c.Reset()),
        ["closes in the status line"] = Then(c => c.Close(), "HTTP/1.1 20"),
        ["closes in the headers"] = Then(c => c.Close(), "HTTP/1.1 200 OK\r\nContent-Type: applic"),
        ["closes in the body"] = Then(c => c.Close(), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"a\":"),
        ["resets in the body"] = Then(c => c.Reset(), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"a\":"),
        ["closes in a chunk"] = Then(c => c.Close(), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"a\":"),
        ["closes between chunks"] = Then(c => c.Close(), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        ["sends a bad chunk"] = Then(c => c.Close(), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        ["speaks another protocol"] = Then(c => c.Close(), "SSH-2.0-OpenSSH_9.2\r\n"),
        ["sends noise"] = Then(c => c.Close(), "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\r\n\r\n"),
        ["sends huge headers"] = Then(c => c.Close(), $"HTTP/1.1 200 OK\r\nx: {new string('x', 300_000)}\r\n\r\n"),
        ["sends html"] = Send(Answers.Whole(Html, headers: "Content-Type: text/html\r\n")),
        ["sends plain text"] = Send(Answers.Whole("ok", headers: "Content-Type: text/plain\r\n")),
        ["sends no content type"] = Send(Answers.Whole(Answers.Completion)),
        ["sends no content"] = Send("HTTP/1.1 204 No Content\r\n\r\n"),
        ["sends an empty body"] = Send(Answers.Json("")),
        ["sends broken json"] = Send(Answers.Json("{\"a\":" + TestGateway.Canary)),
        ["sends json and more"] = Send(Answers.Json(Answers.Completion + "{}")),
        ["sends gzip"] = Send(Answers.Json(Answers.Completion, headers: "Content-Encoding: gzip\r\n")),
        ["redirects 301"] = Redirect(301),
        ["redirects 302"] = Redirect(302),
        ["redirects 307"] = Redirect(307),
        ["redirects 308"] = Redirect(308),
        ["is not modified"] = Send("HTTP/1.1 304 Not Modified\r\n\r\n"),
        ["switches protocols"] = Then(c => c.Close(), "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + TestGateway.Canary),
        ["fails in html 500"] = Send(Answers.Whole(Html, 500, "Content-Type: text/html\r\n")),
        ["fails in html 404"] = Send(Answers.Whole(Html, 404, "Content-Type: text/html\r\n")),
        ["fails in html 503"] = Send(Answers.Whole(Html, 503, "Content-Type: text/html\r\nRetry-After: 9\r\n")),
        ["fails in broken json 400"] = Send(Answers.Json("{" + TestGateway.Canary, 400)),
        ["fails without a body 429"] = Send("HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n"),
        ["fails with an event stream 500"] = Send(Answers.Whole(Answers.Event("x"), 500, "Content-Type: text/event-stream\r\n")),
    };

    [Theory]
    [InlineData("closes without an answer", 502, "upstream_unreachable")]
    [InlineData("resets without an answer", 502, "upstream_unreachable")]
    [InlineData("closes in the status line", 502, "upstream_unreachable")]
    [InlineData("closes in the headers", 502, "upstream_unreachable")]
    [InlineData("closes in the body", 502, "upstream_closed_early")]
    [InlineData("resets in the body", 502, "upstream_closed_early")]
    [InlineData("closes in a chunk", 502, "upstream_closed_early")]
    [InlineData("closes between chunks", 502, "upstream_closed_early")]
    [InlineData("sends a bad chunk", 502, "upstream_closed_early")]
    [InlineData("speaks another protocol", 502, "upstream_unreachable")]
    [InlineData("sends noise", 502, "upstream_unreachable")]
    [InlineData("sends huge headers", 502, "upstream_unreachable")]
    [InlineData("sends html", 502, "upstream_invalid_response")]
    [InlineData("sends plain text", 502, "upstream_invalid_response")]
    [InlineData("sends no content type", 502, "upstream_invalid_response")]
    [InlineData("sends no content", 502, "upstream_invalid_response")]
    [InlineData("sends an empty body", 502, "upstream_invalid_response")]
    [InlineData("sends broken json", 502, "upstream_invalid_response")]
    [InlineData("sends json and more", 502, "upstream_invalid_response")]
    [InlineData("sends gzip", 502, "upstream_invalid_response")]
    [InlineData("redirects 301", 502, "upstream_invalid_response")]
    [InlineData("redirects 302", 502, "upstream_invalid_response")]
    [InlineData("redirects 307", 502, "upstream_invalid_response")]
    [InlineData("redirects 308", 502, "upstream_invalid_response")]
    [InlineData("is not modified", 502, "upstream_invalid_response")]
    [InlineData("switches protocols", 502, "upstream_invalid_response")]
    [InlineData("fails in html 500", 500, "upstream_error")]
    [InlineData("fails in html 404", 404, "upstream_error")]
    [InlineData("fails in html 503", 503, "upstream_error")]
    [InlineData("fails in broken json 400", 400, "upstream_error")]
    [InlineData("fails without a body 429", 429, "upstream_error")]
    [InlineData("fails with an event stream 500", 500, "upstream_error")]
    public async Task The_client_is_told_in_openais_words(string script, int status, string code)
    {
        var settled = await shared.Gateway.SettledAsync("upstream_error", status);
        var requests = _upstream.Requests.Count;
        _upstream.Script = Scripts[script];
        using var response = await shared.Gateway.PostAsync(TestGateway.Prompt("plain"));

        var error = await OpenAIError.ReadAsync(response, status);
        Assert.Equal("upstream_error", error.Type);
        Assert.Equal(code, error.Code);
        Assert.Contains("'plain'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(TestGateway.Canary, error.Message, StringComparison.Ordinal);
        Assert.Equal(status is 429 or 503, response.Headers.RetryAfter is not null);
        Assert.Equal(requests + 1, _upstream.Requests.Count);
        await shared.Gateway.SettlesAsync("upstream_error", status, settled);

        // And the gateway goes on.
        var (next, _) = await shared.ForwardAsync(Answers.Ok);
        Assert.Equal(Answers.Completion, await next.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_upstream_that_is_not_there_is_told_so()
    {
        var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        await using var gateway = await TestGateway.StartAsync(new GatewayFile()
            .Model("m", "a").Model("n", "b").Deployment("a", $"http://127.0.0.1:{port}/v1").Deployment("b", "http://no-such-host.localhost.invalid.internal/v1", more: "private: true").Tenant("acme", TestKeys.Acme, "*"));

        using var refused = await gateway.PostAsync(TestGateway.Prompt("m"));
        Assert.Contains("could not be reached", (await OpenAIError.ReadAsync(refused, 502)).Message, StringComparison.Ordinal);
        await gateway.SettlesAsync("upstream_error", 502);
        using var unnamed = await gateway.PostAsync(TestGateway.Prompt("n"));
        Assert.Contains("'b' could not answer", (await OpenAIError.ReadAsync(unnamed, 502)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")]
    public async Task Silence_is_given_up(string before)
    {
        var settled = await shared.Gateway.SettledAsync("upstream_error", 504);
        var closed = new TaskCompletionSource();
        _upstream.Script = async c =>
        {
            await c.SendAsync(before);
            await c.UntilGatewayClosesAsync();
            closed.SetResult();
        };
        using var response = await shared.Gateway.PostAsync(TestGateway.Prompt("impatient"));

        Assert.Equal("upstream_timeout", (await OpenAIError.ReadAsync(response, 504)).Code);
        await shared.Gateway.SettlesAsync("upstream_error", 504, settled);
        await closed.Task.WaitAsync(WireReader.Patience);
    }

    [Theory]
    [InlineData("closes mid event", "data: {\"choi", "close", "upstream_closed_early")]
    [InlineData("resets mid event", "data: {\"choi", "reset", "upstream_closed_early")]
    [InlineData("closes mid event after a line", "event: x\n", "close", "upstream_closed_early")]
    [InlineData("closes between events", "", "close", "upstream_closed_early")]
    [InlineData("ends well but too early", "", "end", "upstream_closed_early")]
    [InlineData("ends well mid event", "data: {\"choi", "end", "upstream_closed_early")]
    [InlineData("ends after talking of the end", "data: {\"choices\":[{\"delta\":{\"content\":\"data: [DONE] and \\\"finish_reason\\\":\\\"stop\\\"\"}}]}\n\n", "end", "upstream_closed_early")]
    [InlineData("closes mid chunk", "", "chunk", "upstream_closed_early")]
    [InlineData("falls silent", "", "silence", "upstream_timeout")]
    [InlineData("falls silent mid event", "data: {\"choi", "silence", "upstream_timeout")]
    public async Task A_begun_stream_ends_with_an_error_event(string _, string more, string end, string code)
    {
        var settled = await shared.Gateway.SettledAsync("upstream_error", 200);
        _upstream.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync(Answers.Event("one"));
            await (more.Length > 0 ? c.SendChunkAsync(more) : Task.CompletedTask);
            await (end switch
            {
                "end" => c.SendAsync(Answers.LastChunk),
                "chunk" => c.SendAsync("ff\r\ndata: {"),
                "silence" => c.UntilGatewayClosesAsync(),
                _ => Task.CompletedTask,
            });
            if (end is "reset")
            {
                c.Reset();
            }
            else if (end is not "silence")
            {
                c.Close();
            }
        };
        using var response = await shared.Gateway.PostAsync(TestGateway.Prompt("impatient", ",\"stream\":true"));

        // Reading it to the end shows that the framing ends well.
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(200, (int)response.StatusCode);
        if (end is not "reset")
        {
            Assert.StartsWith(Answers.Event("one"), text, StringComparison.Ordinal);
        }

        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        var error = OpenAIError.Parse(events[^1]["data: ".Length..]);
        Assert.Equal("upstream_error", error.Type);
        Assert.Equal(code, error.Code);
        Assert.All(events[..^1], e => Assert.False(e.StartsWith("data: {\"choi", StringComparison.Ordinal) && !e.EndsWith("]}", StringComparison.Ordinal), e));
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        await shared.Gateway.SettlesAsync("upstream_error", 200, settled);
    }

    [Fact]
    public async Task A_line_that_never_ends_is_a_silence_however_it_drips_in()
    {
        _upstream.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync(Answers.Event("one") + "data: ");
            var closed = c.UntilGatewayClosesAsync();
            while (await Task.WhenAny(closed, Task.Delay(TimeSpan.FromMilliseconds(100))) != closed)
            {
                await c.SendChunkAsync("x");
            }
        };
        using var response = await shared.Gateway.PostAsync(TestGateway.Prompt("impatient", ",\"stream\":true"));

        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, events.Length);
        Assert.Equal("upstream_timeout", OpenAIError.Parse(events[1]["data: ".Length..]).Code);
    }

    [Fact]
    public async Task An_upstreams_own_error_event_is_the_last_word()
    {
        const string failed = "data: {\"error\":{\"message\":\"filtered\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"content_filter\"}}\n\n";
        var (response, _) = await shared.ForwardAsync(
            Answers.Whole(Answers.Event("one") + failed, headers: "Content-Type: text/event-stream\r\n"), TestGateway.Prompt("plain", ",\"stream\":true"));

        Assert.Equal(Answers.Event("one") + failed, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("in a header", "x-echo: key=" + TestKeys.Upstream + "!\r\n", "{}", "{}")]
    [InlineData("in the request id", "x-request-id: " + TestKeys.Upstream + "\r\n", "{}", "{}")]
    [InlineData("in json", "", "{\"a\":\"Bearer " + TestKeys.Upstream + TestKeys.Upstream + "\"}", "{\"a\":\"Bearer ********************************************************\"}")]
    public async Task An_echoed_key_does_not_reach_the_client(string _, string headers, string body, string expected)
    {
        foreach (var status in new[] { 200, 401 })
        {
            var (response, _) = await shared.ForwardAsync(Answers.Json(body, status, headers));

            Assert.Equal(status, (int)response.StatusCode);
            Assert.DoesNotContain(TestKeys.Upstream, response.ToString(), StringComparison.Ordinal);
            Assert.Equal(expected, await response.Content.ReadAsStringAsync());
            Assert.NotEmpty(response.Headers.GetValues("x-request-id").Single());
        }
    }

    [Fact]
    public async Task A_key_echoed_as_the_reason_of_a_status_does_not_reach_the_client()
    {
        foreach (var answer in new[] { Answers.Json("{}", 403), Answers.Whole(Html, 403), Answers.Whole(Answers.Done, headers: "Content-Type: text/event-stream\r\n") })
        {
            var (response, _) = await shared.ForwardAsync(answer.Replace("Something", "Wrong " + TestKeys.Upstream, StringComparison.Ordinal));

            Assert.DoesNotContain(TestKeys.Upstream, response.ReasonPhrase, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("data: {\"a\":\"", "\"}\n\n")]
    [InlineData("data: {\"long\":\"####\",\"a\":\"", "\"}\n\n")]
    public async Task A_key_echoed_in_pieces_of_a_stream_does_not_reach_the_client(string before, string after)
    {
        // A line longer than what is held back until it is whole.
        before = before.Replace("####", new string('x', 100_000), StringComparison.Ordinal);
        for (var at = 1; at < TestKeys.Upstream.Length; at += 5)
        {
            var (first, second) = (TestKeys.Upstream[..at], TestKeys.Upstream[at..]);
            _upstream.Script = async c =>
            {
                await c.SendAsync(Answers.StreamHead);
                await c.SendChunkAsync(Answers.Event("one") + before + first);
                await c.SendChunkAsync(second + after);
                await c.SendChunkAsync(Answers.Done);
                await c.SendAsync(Answers.LastChunk);
            };
            using var response = await shared.Gateway.PostAsync(TestGateway.Prompt("plain", ",\"stream\":true"));

            Assert.Equal(
                Answers.Event("one") + before + new string('*', TestKeys.Upstream.Length) + after + Answers.Done,
                await response.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("x-bad: a\u0001b\r\n")]
    [InlineData("x-bad: a\u007Fb\r\nx-good: 1\r\n")]
    [InlineData("Retry-After: \u0001\r\n")]
    public async Task A_header_that_http_does_not_allow_does_not_spoil_the_answer(string headers)
    {
        var (response, _) = await shared.ForwardAsync(Answers.Json(Answers.Completion, headers: headers));
        Assert.Equal(Answers.Completion, await response.Content.ReadAsStringAsync());

        (response, _) = await shared.ForwardAsync(Answers.Whole(Html, 503, headers));
        await OpenAIError.ReadAsync(response, 503);
    }

    [Fact]
    public async Task An_answer_whose_keys_are_no_unicode_is_json_all_the_same()
    {
        const string body = """{"\ud800":1,"usage":{"\udc00":1,"prompt_tokens":1}}""";
        var (response, _) = await shared.ForwardAsync(Answers.Json(body));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Interim_answers_are_passed_over()
    {
        var (response, _) = await shared.ForwardAsync("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + Answers.Ok);

        Assert.Equal(Answers.Completion, await response.Content.ReadAsStringAsync());
    }

    private static Func<UpstreamConnection, Task> Send(string answer) => c => c.SendAsync(answer);

    private static Func<UpstreamConnection, Task> Then(Action<UpstreamConnection> end, string answer = "") => async c =>
    {
        await c.SendAsync(answer);
        end(c);
    };

    private static Func<UpstreamConnection, Task> Redirect(int status) => c =>
        c.SendAsync(Answers.Json("{}", status, $"Location: http://{c.Request.Head["Host"]}/elsewhere\r\n"));
}
