using System.Text;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Providers;

public sealed class ForwardingTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly FakeUpstream _upstream = shared.Fresh();

    private const string OddHeader = "x-request-note: caf\u00E9 \u0080\u00FF";

    [Theory]
    [InlineData("/v1/chat/completions", "/v1/chat/completions")]
    [InlineData("/v1/completions", "/v1/completions")]
    [InlineData("/v1/embeddings", "/v1/embeddings")]
    [InlineData("/v1/rerank", "/v1/rerank")]
    [InlineData("/v1/chat/completions?api-version=1&key=" + TestKeys.Acme, "/v1/chat/completions")]
    [InlineData("/v1/chat/completions/", "/v1/chat/completions")]
    public async Task The_request_goes_to_the_endpoint_below_the_base_url(string path, string upstreamPath)
    {
        var before = _upstream.Requests.Count;
        using var response = await shared.Gateway.PostAsync(TestGateway.Prompt("plain"), path);

        Assert.Equal(200, (int)response.StatusCode);
        var request = _upstream.Requests.Skip(before).Single();
        Assert.Equal($"POST {upstreamPath} HTTP/1.1", request.Head.StartLine);
        Assert.Equal($"127.0.0.1:{_upstream.Port}", request.Head["Host"]);
    }

    [Theory]
    [InlineData("""{"model":"plain"}""")]
    [InlineData(" \r\n\t{ \"stream\" : null,\n\"a\\u0062c\\/\":[1.0e+3,-0,{\"model\":\"inner\"}], \"model\"\t:\n\"pl\\u0061in\" , \"x\":\"\u00FC\uD83D\uDE00\"}\n\n ")]
    [InlineData("""{"model":"plain","n":123456789012345678901234567890.5e-99,"stream":true,"stream_options":{ "include_usage" :true},"metadata":{"Model":"x","model":"y"}}""")]
    public async Task The_body_goes_out_byte_for_byte(string body)
    {
        var (response, request) = await shared.ForwardAsync(Answers.Ok, body);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(Encoding.UTF8.GetBytes(body), request.Body);
    }

    [Theory]
    [InlineData("{\"model\":\"alias\",\"a\":1}", "{\"model\":#,\"a\":1}")]
    [InlineData("{\"a\":1,\"model\":\"alias\",\"b\":2}", "{\"a\":1,\"model\":#,\"b\":2}")]
    [InlineData("{\"a\":{\"model\":\"alias\"},\"model\":\"alias\"}", "{\"a\":{\"model\":\"alias\"},\"model\":#}")]
    [InlineData(" { \"model\" \n:\t \"alias\"\r\n , \"b\" : [ ] } \n", " { \"model\" \n:\t #\r\n , \"b\" : [ ] } \n")]
    [InlineData("{\"m\\u006fdel\":\"\\u0061li\\u0061s\"}", "{\"m\\u006fdel\":#}")]
    [InlineData("{\"\u00FC\":\"\uD83D\uDE00\",\"model\":\"alias\",\"\\u00fd\":\"\\ud83d\\ude00\"}", "{\"\u00FC\":\"\uD83D\uDE00\",\"model\":#,\"\\u00fd\":\"\\ud83d\\ude00\"}")]
    public async Task The_upstreams_name_of_the_model_is_spliced_in(string body, string expected)
    {
        var (response, request) = await shared.ForwardAsync(Answers.Ok, body);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(expected.Replace("#", System.Text.Json.JsonSerializer.Serialize(SharedGateway.Alias), StringComparison.Ordinal), request.Text);
        Assert.Equal(request.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), request.Head["Content-Length"]);
    }

    [Fact]
    public async Task The_clients_key_never_reaches_the_upstream_whatever_header_carries_it()
    {
        using var client = await shared.Gateway.ConnectAsync();
        var before = _upstream.Requests.Count;
        await client.SendAsync(Post(
            TestGateway.Prompt("plain"),
            $"Authorization: bearer {TestKeys.Acme}",
            $"x-api-key: {TestKeys.Acme}",
            $"api-key: {TestKeys.Acme}",
            $"X-Auth-Token: {TestKeys.Acme}",
            $"x-litellm-api-key: Bearer {TestKeys.Acme}",
            $"Ocp-Apim-Subscription-Key: \"{TestKeys.Acme}\"",
            $"Cookie: session={TestKeys.Acme}",
            $"Proxy-Authorization: Basic {TestKeys.Acme}",
            $"User-Agent: tool {TestKeys.Acme}"));
        (await client.ReadAsync()).AssertStatus(200);

        var request = _upstream.Requests.Skip(before).Single();
        Assert.DoesNotContain(request.Head.Headers, h => h.Value.Contains(TestKeys.Acme, StringComparison.Ordinal));
        Assert.Equal("Bearer " + TestKeys.Upstream, request.Head["Authorization"]);
    }

    [Fact]
    public async Task An_upstream_without_a_key_gets_none()
    {
        var (_, request) = await shared.ForwardAsync(Answers.Ok, TestGateway.Prompt("keyless"));

        Assert.Null(request.Head["Authorization"]);
    }

    [Fact]
    public async Task Where_the_client_is_and_what_it_is_logged_in_to_stays_here()
    {
        string[] withheld =
        [
            "Cookie: a=b", "Forwarded: for=192.0.2.1", "Via: 1.1 proxy", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: h", "X-Forwarded-Proto: https",
            "X-Forwarded-Server: s", "X-Real-IP: 192.0.2.1", "X-Client-IP: 192.0.2.1", "CF-Connecting-IP: 192.0.2.1", "True-Client-IP: 192.0.2.1",
            "Origin: https://example.org", "Referer: https://example.org/patient/1", "OpenAI-Organization: org", "OpenAI-Project: p",
            "baggage: user=1", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate: a=b",
            "Accept-Encoding: gzip, br", "TE: trailers", "Keep-Alive: timeout=5", "Connection: x-hop", "x-hop: for this connection only",
            "If-None-Match: *", "If-Modified-Since: Sat, 01 Jan 2022 00:00:00 GMT", "Range: bytes=0-9",
        ];
        using var client = await shared.Gateway.ConnectAsync();
        var before = _upstream.Requests.Count;
        await client.SendAsync(Post(TestGateway.Prompt("plain"), [$"x-api-key: {TestKeys.Acme}", .. withheld]));
        (await client.ReadAsync()).AssertStatus(200);

        var arrived = _upstream.Requests.Skip(before).Single().Head.Headers.Select(h => $"{h.Key}: {h.Value}");
        Assert.Empty(arrived.Intersect(withheld, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Headers_that_change_the_answer_pass_as_they_are_and_those_that_the_operator_names()
    {
        string[] passed = ["Accept: application/json", "Idempotency-Key: 1", "OpenAI-Beta: x", "Content-Type: application/json; charset=utf-8"];
        string[] named = ["x-custom: one, two", "x-empty:", OddHeader];
        string[] others = ["User-Agent: OpenAI/Python 1.0", "X-Stainless-Lang: python", "x-other: 1"];
        await using var gateway = await TestGateway.StartAsync(new GatewayFile()
            .Model("m", "plain").Model("n", "more")
            .Deployment("plain", _upstream.BaseUrl).Deployment("more", _upstream.BaseUrl, more: "pass_headers: [X-Custom, x-empty, x-request-note]")
            .Tenant("acme", TestKeys.Acme, "*"));
        foreach (var model in new[] { "m", "n" })
        {
            using var client = await gateway.ConnectAsync();
            var before = _upstream.Requests.Count;
            await client.SendAsync(Post(TestGateway.Prompt(model), [$"x-api-key: {TestKeys.Acme}", .. passed, .. named, .. others]));
            (await client.ReadAsync()).AssertStatus(200);

            var arrived = _upstream.Requests.Skip(before).Single().Head.Headers.Select(h => $"{h.Key}: {h.Value}".TrimEnd()).ToList();
            Assert.Empty(passed.Except(arrived, StringComparer.OrdinalIgnoreCase));
            Assert.Equal(model == "n" ? named : [], named.Intersect(arrived, StringComparer.OrdinalIgnoreCase));
            Assert.Empty(others.Intersect(arrived, StringComparer.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task A_chunked_request_arrives_whole_with_its_length()
    {
        using var client = await shared.Gateway.ConnectAsync();
        var before = _upstream.Requests.Count;
        var body = TestGateway.Prompt("plain");
        await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (var part in body.Chunk(11))
        {
            await client.SendAsync(Answers.Chunk(new string(part)));
        }

        await client.SendAsync("0\r\nx-trailer: t\r\n\r\n");
        (await client.ReadAsync()).AssertStatus(200);

        var request = _upstream.Requests.Skip(before).Single();
        Assert.Equal(body, request.Text);
        Assert.Equal(body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), request.Head["Content-Length"]);
        Assert.Null(request.Head["Transfer-Encoding"]);
    }

    [Fact]
    public async Task A_body_of_many_buffers_arrives_whole()
    {
        var body = TestGateway.Prompt("plain", $",\"x\":\"{string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i} \u00FC "))}\"");
        var (response, request) = await shared.ForwardAsync(Answers.Ok, body);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(body, request.Text);
    }

    [Fact]
    public async Task The_answer_comes_back_byte_for_byte()
    {
        const string body = " {\"a\" : \"\u00FC\\u00fc\",\r\n\"n\":1.0e+3, \"usage\":null}\n";
        var (response, _) = await shared.ForwardAsync(Answers.Json(body, 201, "openai-processing-ms: 12\r\nx-ratelimit-remaining-tokens: 5\r\nx-odd: caf\u00E9\r\n"));

        Assert.Equal(201, (int)response.StatusCode);
        Assert.Equal(Encoding.UTF8.GetBytes(body), await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("12", response.Headers.GetValues("openai-processing-ms").Single());

        // What the operator's account may use is not what the client may.
        Assert.False(response.Headers.Contains("x-ratelimit-remaining-tokens"));
        Assert.Equal("caf\u00E9", response.Headers.NonValidated["x-odd"].ToString());
    }

    [Theory]
    [InlineData(400, "")]
    [InlineData(401, "")]
    [InlineData(404, "")]
    [InlineData(422, "")]
    [InlineData(429, "Retry-After: 17\r\nx-ratelimit-reset-requests: 17s\r\n")]
    [InlineData(500, "")]
    [InlineData(503, "Retry-After: 5\r\n")]
    [InlineData(529, "")]
    [InlineData(799, "")]
    public async Task An_error_in_json_comes_back_verbatim(int status, string headers)
    {
        var body = $$"""{"error": {"message":"{{TestGateway.Canary}} told so","type":"t\u00e9","param":null,"code":{{status}}} }""";
        var (response, _) = await shared.ForwardAsync(Answers.Json(body, status, headers));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
        Assert.Equal(headers.Contains("Retry", StringComparison.Ordinal), response.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task The_upstreams_request_id_stands_in_place_of_ours()
    {
        var (response, _) = await shared.ForwardAsync(Answers.Json(Answers.Completion, headers: "X-Request-ID: upstream-1\r\n"));
        Assert.Equal("upstream-1", response.Headers.GetValues("x-request-id").Single());

        (response, _) = await shared.ForwardAsync(Answers.Ok);
        Assert.Matches("^req_[0-9a-f]{32}$", response.Headers.GetValues("x-request-id").Single());
    }

    [Fact]
    public async Task What_an_upstream_sets_for_its_own_host_stays_away_from_ours()
    {
        var (response, _) = await shared.ForwardAsync(Answers.Json(
            Answers.Completion, headers: "Set-Cookie: __cf_bm=1; Domain=example.org\r\nStrict-Transport-Security: max-age=31536000\r\nAlt-Svc: h3=\":443\"\r\n"));

        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
        Assert.False(response.Headers.Contains("Alt-Svc"));
    }

    [Fact]
    public async Task A_stream_comes_chunk_for_chunk_as_it_is_sent()
    {
        using var next = new SemaphoreSlim(0);
        string[] events = [": comment\n\n", Answers.Event("one"), Answers.Event("t\u00FCo \uD83D\uDE00"), Answers.Event("", "\"stop\""), Answers.Done];
        _upstream.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            foreach (var text in events)
            {
                await next.WaitAsync();
                await c.SendChunkAsync(text);
            }

            await next.WaitAsync();
            await c.SendAsync(Answers.LastChunk);
        };

        using var client = await shared.Gateway.ConnectAsync();
        await client.SendAsync(Post(TestGateway.Prompt("plain", ",\"stream\":true"), $"x-api-key: {TestKeys.Acme}"));
        next.Release();
        var head = await client.Reader.ReadHeadAsync();
        Assert.Equal(200, head!.Status);
        Assert.Equal("text/event-stream", head["Content-Type"]);
        foreach (var text in events)
        {
            // The next event is not sent before this one has come through.
            Assert.Equal(text, Encoding.UTF8.GetString((await client.Reader.ReadChunkAsync())!));
            next.Release();
        }

        Assert.Null(await client.Reader.ReadChunkAsync());
    }

    [Fact]
    public async Task An_event_that_comes_in_pieces_goes_on_whole()
    {
        using var next = new SemaphoreSlim(0);
        var text = Answers.Event("one");
        _upstream.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            foreach (var character in text)
            {
                await c.SendChunkAsync(character.ToString());
            }

            await next.WaitAsync();
            await c.SendChunkAsync("data: [DO");
            await c.SendChunkAsync("NE]\n\n");
            await c.SendAsync(Answers.LastChunk);
        };

        using var client = await shared.Gateway.ConnectAsync();
        await client.SendAsync(Post(TestGateway.Prompt("plain", ",\"stream\":true"), $"x-api-key: {TestKeys.Acme}"));
        var head = (await client.Reader.ReadHeadAsync())!;
        var received = "";
        while (received.Length < text.Length)
        {
            var chunk = Encoding.UTF8.GetString((await client.Reader.ReadChunkAsync())!);
            Assert.EndsWith("\n", chunk, StringComparison.Ordinal);
            received += chunk;
        }

        next.Release();
        Assert.Equal(text + Answers.Done, received + Encoding.UTF8.GetString(await client.Reader.ReadBodyAsync(head)));
    }

    [Fact]
    public async Task The_last_line_of_a_stream_may_lack_its_end()
    {
        var (response, _) = await shared.ForwardAsync(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nContent-Length: 12\r\n\r\ndata: [DONE]", TestGateway.Prompt("plain", ",\"stream\":true"));

        Assert.Equal("data: [DONE]", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Tokens_are_counted_from_answers_and_streams()
    {
        var before = await TokensAsync();
        await shared.ForwardAsync(Answers.Ok);
        await Eventually.TrueAsync(async () => await TokensAsync() == before + 10, "the answer's 7 and 3 tokens are counted");

        var stream = Answers.Event("x", "\"stop\"") + "data: {\"choices\":[],\"usage\": {\"prompt_tokens\":11,\"completion_tokens\":5,\"details\":{\"prompt_tokens\":1000}}}\n\n" + Answers.Done;
        await shared.ForwardAsync(Answers.Whole(stream, headers: "Content-Type: text/event-stream\r\n"));
        await Eventually.TrueAsync(async () => await TokensAsync() == before + 26, "the stream's 11 and 5 tokens are counted");
    }

    [Theory]
    [InlineData("/v1/embeddings", """{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"model":"x","usage":{"prompt_tokens":9,"total_tokens":9}}""")]
    [InlineData("/v1/rerank", """{"results":[{"index":0,"relevance_score":0.5}],"usage":{"total_tokens":9}}""")]
    public async Task An_answer_without_text_goes_to_the_client_byte_for_byte_and_its_tokens_are_counted(string path, string answer)
    {
        const string body = """{"model":"alias","input":["a"],"query":"a","documents":["b"],"dimensions":1}""";
        _upstream.Script = c => c.SendAsync(Answers.Json(answer));
        var before = await TokensAsync();
        var requests = _upstream.Requests.Count;

        using var response = await shared.Gateway.PostAsync(body, path);

        Assert.Equal(answer, await response.Content.ReadAsStringAsync());
        var request = _upstream.Requests.Skip(requests).Single();
        Assert.Equal($"POST {path} HTTP/1.1", request.Head.StartLine);
        Assert.Equal(body.Replace("\"alias\"", System.Text.Json.JsonSerializer.Serialize(SharedGateway.Alias), StringComparison.Ordinal), request.Text);
        await Eventually.TrueAsync(async () => await TokensAsync() == before + 9, "the answer's 9 tokens are counted");
    }

    private async Task<double> TokensAsync() => (await shared.Gateway.MetricsAsync()).Split('\n')
        .Where(l => l.StartsWith("gen_ai_client_token_usage_sum", StringComparison.Ordinal) || l.StartsWith("gen_ai_client_token_usage_token_sum", StringComparison.Ordinal))
        .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));

    private static string Post(string body, params string[] headers) =>
        $"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\n{string.Concat(headers.Select(h => h + "\r\n"))}Content-Length: {body.Length}\r\n\r\n{body}";
}
