using System.Text.Json;
using Gateway.Ledger;
using Gateway.Stores;
using Gateway.Tests.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Ledger;

/// <summary>What the ledger says of requests to a whole gateway.</summary>
public sealed class LedgerTests : IAsyncDisposable
{
    private const string Usage = """data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}""" + "\n\n";

    private readonly FakeUpstream _upstream = FakeUpstream.Start();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    [Theory, StoreKinds]
    public async Task An_answer_is_a_line_with_its_tokens_cost_and_times(string kind)
    {
        await using var gateway = await StartAsync(kind);
        var sent = await gateway.PostAsync(TestGateway.Prompt("m"));
        var line = await LineAsync(gateway);

        Assert.Equal(sent.Headers.GetValues("x-request-id").Single(), line.Id);
        Assert.Equal(("acme", "m", "d", "chat.completions", "public", "ok", 200), (line.Tenant, line.Model, line.Deployment, line.Endpoint, line.DataClass, line.Outcome, line.Status));
        Assert.Equal((7, 3, false), (line.InputTokens, line.OutputTokens, line.Estimated));
        Assert.Equal((0.0000285m, "USD"), (line.Cost, line.Currency));
        Assert.StartsWith("key_", line.Key, StringComparison.Ordinal);
        Assert.True(line.FirstTokenMs > 0 && line.FirstTokenMs <= line.LatencyMs);
        Assert.True(line.OpenedAt <= line.ClosedAt);
        Assert.Null(line.Code);
    }

    [Fact]
    public async Task What_was_refused_is_a_line_that_says_why_and_what_had_no_key_is_none()
    {
        await using var gateway = await StartAsync();
        await gateway.PostAsync(TestGateway.Prompt("m"), key: "gw_nobody");
        await gateway.PostAsync(TestGateway.Prompt("other"));
        await gateway.PostAsync("{");
        await gateway.PostAsync(new string(' ', 1_000_001));
        _upstream.Script = c => c.SendAsync(Answers.Json("""{"error":{"message":"no"}}""", 500));
        await gateway.PostAsync(TestGateway.Prompt("m"));

        var lines = await LinesAsync(gateway, 4);
        Assert.Equal(
            ["m|d|upstream_error||500", "||refused|invalid_json|400", "||refused|model_not_found|404", "||refused|request_too_large|413"],
            lines.Select(l => $"{l.Model}|{l.Deployment}|{l.Outcome}|{l.Code}|{l.Status}").Order(StringComparer.Ordinal));
        Assert.All(lines, l => Assert.Equal((0, 0), (l.InputTokens, l.OutputTokens)));
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01", null)]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", null)]
    [InlineData("00-'; DROP TABLE exchanges; --aaaaaa-b7ad6b7169203331-01", null)]
    [InlineData("x", null)]
    public async Task The_clients_trace_is_noted_when_it_is_one(string header, string? traceId)
    {
        await using var gateway = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, TestGateway.ChatPath) { Content = new StringContent(TestGateway.Prompt("m")) };
        request.Headers.TryAddWithoutValidation("traceparent", header);
        await gateway.Client.SendAsync(request);

        Assert.Equal(traceId, (await LineAsync(gateway)).TraceId);
    }

    [Theory]
    [InlineData("", ",\"stream_options\":{\"include_usage\":true}")]
    [InlineData(",\"stream_options\":null", ",\"stream_options\":{\"include_usage\":true}")]
    [InlineData(",\"stream_options\":{}", ",\"stream_options\":{\"include_usage\":true}")]
    [InlineData(",\"stream_options\": { \"x\" : {\"include_usage\":false} }", ",\"stream_options\": {\"include_usage\":true, \"x\" : {\"include_usage\":false} }")]
    [InlineData(",\"stream_options\":{\"a\":1,\"include_usage\": false ,\"b\":[2]}", ",\"stream_options\":{\"a\":1,\"include_usage\": true ,\"b\":[2]}")]
    [InlineData(",\"stream_options\":{\"include_usage\":null}", ",\"stream_options\":{\"include_usage\":true}")]
    [InlineData(",\"str\\u0065am_options\":{\"includ\\u0065_usage\":false}", ",\"str\\u0065am_options\":{\"includ\\u0065_usage\":true}")]
    public async Task A_stream_that_nobody_asked_the_usage_of_has_it_and_the_client_does_not_see_it(string sent, string arrives)
    {
        await using var gateway = await StartAsync();
        var stream = ": hello\n\n" + Answers.Event("one") + Answers.Event("two", "\"stop\"");
        _upstream.Script = c => c.SendAsync(Answers.Whole(stream + Usage + Answers.Done, headers: "Content-Type: text/event-stream\r\n"));

        var response = await gateway.PostAsync(TestGateway.Prompt("m", ",\"stream\":true" + sent));

        Assert.Equal(stream + Answers.Done, await response.Content.ReadAsStringAsync());
        Assert.Equal(TestGateway.Prompt("m", ",\"stream\":true" + arrives), _upstream.Requests.Single().Text);
        var line = await LineAsync(gateway);
        Assert.Equal((11, 4, 5, 2, false), (line.InputTokens, line.CachedTokens, line.OutputTokens, line.ReasoningTokens, line.Estimated));
        Assert.Equal(((7 * 1.5m) + (4 * 0.5m) + (5 * 6m)) / 1_000_000, line.Cost);
    }

    [Theory]
    [InlineData(",\"stream_options\":{\"include_usage\":true}")]
    [InlineData(",\"stream_options\":\"all\"")]
    [InlineData(",\"stream_options\":{\"include_usage\":\"yes\"}")]
    public async Task What_the_client_says_of_usage_itself_stays_as_it_is(string sent)
    {
        await using var gateway = await StartAsync();
        var stream = Answers.Event("one", "\"stop\"") + Usage + Answers.Done;
        _upstream.Script = c => c.SendAsync(Answers.Whole(stream, headers: "Content-Type: text/event-stream\r\n"));

        var response = await gateway.PostAsync(TestGateway.Prompt("m", ",\"stream\":true" + sent));

        Assert.Equal(stream, await response.Content.ReadAsStringAsync());
        Assert.Equal(TestGateway.Prompt("m", ",\"stream\":true" + sent), _upstream.Requests.Single().Text);
        Assert.Equal(11, (await LineAsync(gateway)).InputTokens);
    }

    [Fact]
    public async Task The_usage_is_taken_out_however_the_stream_comes_in_pieces_and_nothing_else_is()
    {
        await using var gateway = await StartAsync();
        var alike = """data: {"choices":[{"index":0,"delta":{"content":"\"choices\":[],\"usage\":{}"}}],"usage":{"prompt_tokens":1}}""" + "\r\n\r\n";
        var stream = alike + """data: {"choices":[],"usage":null}""" + "\n\n" + Answers.Event("x", "\"stop\"");
        var whole = stream + Usage.Replace("\n", "\r\n", StringComparison.Ordinal) + Answers.Done;
        foreach (var size in new[] { 1, 7, 64, 4096 })
        {
            _upstream.Script = async c =>
            {
                await c.SendAsync(Answers.StreamHead);
                foreach (var piece in whole.Chunk(size))
                {
                    await c.SendChunkAsync(new string(piece));
                }

                await c.SendAsync(Answers.LastChunk);
            };
            var response = await gateway.PostAsync(TestGateway.Prompt("m", ",\"stream\":true"));

            Assert.Equal(stream + Answers.Done, await response.Content.ReadAsStringAsync());
        }

        Assert.All(await LinesAsync(gateway, 4), line => Assert.Equal((11, 5, false), (line.InputTokens, line.OutputTokens, line.Estimated)));
    }

    [Fact]
    public async Task An_API_that_refuses_the_question_is_not_asked_and_its_tokens_are_counted()
    {
        await using var gateway = await StartAsync();
        _upstream.Script = c => c.SendAsync(Answers.Whole(Answers.Event("12345678") + Answers.Event("1234", "\"stop\"") + Answers.Done, headers: "Content-Type: text/event-stream\r\n"));

        await gateway.PostAsync(TestGateway.Prompt("old", ",\"stream\":true"));

        Assert.Equal(TestGateway.Prompt("old", ",\"stream\":true"), _upstream.Requests.Single().Text);
        var line = await LineAsync(gateway);

        // Four characters a token: of the prompt's text, and of the twelve that came.
        Assert.Equal(((TestGateway.Canary.Length + " What is the capital of Peru?".Length + 3) / 4, 3, true), (line.InputTokens, line.OutputTokens, line.Estimated));
    }

    [Fact]
    public async Task An_answer_that_reports_no_usage_is_counted_and_marked()
    {
        await using var gateway = await StartAsync();
        _upstream.Script = c => c.SendAsync(Answers.Json("""{"choices":[{"message":{"role":"assistant","content":"\u00e9\u00e9\u00e9\u00e9 four"}}]}"""));

        await gateway.PostAsync(TestGateway.Prompt("m"));

        var line = await LineAsync(gateway);
        Assert.Equal((3, true, "ok"), (line.OutputTokens, line.Estimated, line.Outcome));
    }

    [Theory]
    [InlineData("embeddings", "\"input\":[\"12345678\",\"123\"],\"stream\":true", "{\"data\":[],\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}", 7, false)]
    [InlineData("embeddings", "\"input\":[\"12345678\",[1,2,3]]", "{\"data\":[{\"embedding\":[0.1,0.2]}]}", 5, true)]
    [InlineData("rerank", "\"query\":\"1234\",\"documents\":[\"5678\"]", "{\"results\":[],\"usage\":{\"total_tokens\":9}}", 9, false)]
    [InlineData("rerank", "\"query\":\"1234\",\"documents\":[\"5678\",{\"text\":\"9012\"}]", "{\"results\":[{\"index\":0,\"document\":{\"text\":\"5678\"}}]}", 3, true)]
    public async Task Vectors_and_scores_are_lines_too_of_which_only_the_tokens_in_count(string endpoint, string texts, string answer, int tokens, bool estimated)
    {
        await using var gateway = await StartAsync();
        _upstream.Script = c => c.SendAsync(Answers.Json(answer));
        var body = $"{{\"model\":\"m\",{texts}}}";

        Assert.Equal(answer, await (await gateway.PostAsync(body, $"/v1/{endpoint}")).Content.ReadAsStringAsync());
        Assert.Equal(body, _upstream.Requests.Single().Text);
        var line = await LineAsync(gateway);

        Assert.Equal((endpoint, "m", "ok", tokens, 0, estimated), (line.Endpoint, line.Model, line.Outcome, line.InputTokens, line.OutputTokens, line.Estimated));
        Assert.Equal(tokens * 1.5m / 1_000_000, line.Cost);
    }

    [Fact]
    public async Task A_client_that_goes_away_half_way_is_charged_what_was_produced()
    {
        await using var gateway = await StartAsync();
        _upstream.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync(Answers.Event(new string('x', 400)));
            await c.UntilGatewayClosesAsync();
        };
        using (var client = await gateway.ConnectAsync())
        {
            var body = TestGateway.Prompt("m", ",\"stream\":true");
            await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            await client.Reader.ReadHeadAsync();
            Assert.NotNull(await client.Reader.ReadChunkAsync());
            client.Reset();
        }

        var line = await LineAsync(gateway);
        Assert.Equal(("client_gone", 100, true), (line.Outcome, line.OutputTokens, line.Estimated));
        Assert.True(line.Cost > 0);
    }

    [Fact]
    public async Task A_client_that_goes_away_before_an_answer_in_one_piece_is_charged_its_prompt()
    {
        await using var gateway = await StartAsync();
        var asked = new TaskCompletionSource();
        _upstream.Script = async c =>
        {
            asked.SetResult();
            await c.UntilGatewayClosesAsync();
        };
        var body = TestGateway.Prompt("m");
        using (var client = await gateway.ConnectAsync())
        {
            await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            await asked.Task.WaitAsync(WireReader.Patience);
            client.Reset();
        }

        var line = await LineAsync(gateway);
        Assert.Equal(("client_gone", 0, true), (line.Outcome, line.OutputTokens, line.Estimated));
        Assert.Equal(($"{TestGateway.Canary} What is the capital of Peru?".Length + 3) / 4, line.InputTokens);
    }

    [Fact]
    public async Task A_client_that_goes_away_before_its_turn_is_charged_nothing()
    {
        await using var gateway = await TestGateway.StartAsync(new GatewayFile()
            .Model("m", "smol")
            .Local("smol", Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), "context_length: 2048, parallel: 1, queue: 1")
            .Tenant("acme", TestKeys.Acme, "m")
            .Admin("auditor", "auditor", TestKeys.Admin));
        using var first = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = new StringContent($$"""{"model":"m","prompt":"{{TestGateway.Canary}} 1, 2, 3, 4, 5,","max_tokens":2000,"temperature":0,"stream":true}"""),
        };
        using (await gateway.Client.SendAsync(first, HttpCompletionOption.ResponseHeadersRead))
        {
            using var leaving = new CancellationTokenSource();
            using var content = new StringContent(TestGateway.Prompt("m"));
            var waiting = gateway.Client.PostAsync(TestGateway.ChatPath, content, leaving.Token);
            await Eventually.TrueAsync(
                async () => (await gateway.MetricsAsync()).Split('\n').Any(l => l.StartsWith("gateway_engine_requests_waiting{", StringComparison.Ordinal) && l.EndsWith(" 1", StringComparison.Ordinal)),
                "the second waits for the first");
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            await gateway.SettlesAsync("client_gone");
        }

        var lines = await LinesAsync(gateway, 2);
        Assert.Equal(("chat.completions", "client_gone", 0, 0), (lines[0].Endpoint, lines[0].Outcome, lines[0].InputTokens, lines[0].OutputTokens));
        Assert.Equal(("completions", "client_gone"), (lines[1].Endpoint, lines[1].Outcome));
        Assert.True(lines[1].InputTokens > 0);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 429 Slow\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("no HTTP\r\n\r\n")]
    public async Task What_an_upstream_did_not_answer_is_charged_to_nobody(string answer)
    {
        await using var gateway = await StartAsync();
        _upstream.Script = c => c.SendAsync(answer);

        await gateway.PostAsync(TestGateway.Prompt("m"));

        var line = await LineAsync(gateway);
        Assert.Equal(("upstream_error", 0, 0, 0m), (line.Outcome, line.InputTokens, line.OutputTokens, line.Cost));
    }

    [Fact]
    public async Task A_request_that_needs_a_durable_line_does_not_leave_without_one_and_others_do()
    {
        await using var gateway = await StartAsync();
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m"), key: TestKeys.Other)).StatusCode);
        Assert.Equal("personal", (await LineAsync(gateway)).DataClass);
        await using (var other = (SqliteConnection)await gateway.Services.GetRequiredService<Store>().OpenAsync(CancellationToken.None))
        {
            await using var hold = await other.BeginTransactionAsync();

            // The first finds out, as long as a lock is waited for; the next is refused at once.
            foreach (var _ in new[] { 1, 2 })
            {
                var refused = await gateway.PostAsync(TestGateway.Prompt("m"), key: TestKeys.Other);
                var error = await OpenAIError.ReadAsync(refused, 503);
                Assert.Equal("ledger_unavailable", error.Code);
                Assert.NotNull(refused.Headers.RetryAfter);
            }

            Assert.Single(_upstream.Requests);
            Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m"))).StatusCode);
            Assert.Contains("gateway_ledger_available{error_type=\"locked\"} 0", await gateway.MetricsAsync(), StringComparison.Ordinal);
            using var client = new HttpClient();
            Assert.Contains("another program keeps it locked", await client.GetStringAsync(new Uri(gateway.Admin, "/readyz")), StringComparison.Ordinal);
        }

        var writer = gateway.Services.GetRequiredService<LedgerWriter>();
        await Eventually.TrueAsync(() => writer.Health.IsAvailable && writer.Waiting == 0, "the ledger recovers");

        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m"), key: TestKeys.Other)).StatusCode);
        Assert.Equal(
            ["error|ledger_unavailable|503", "error|ledger_unavailable|503", "ok||200", "ok||200", "ok||200"],
            (await LinesAsync(gateway, 5)).Select(l => $"{l.Outcome}|{l.Code}|{l.Status}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_gateway_that_is_stopped_writes_what_it_still_has()
    {
        await using var store = await TestStore.CreateAsync("sqlite");
        await using (var gateway = await StartAsync(dataFolder: store.Folder))
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gateway.PostAsync(TestGateway.Prompt("m"))));
        }

        Assert.Equal(["ok|50"], await store.RowsAsync("SELECT outcome, COUNT(*) FROM exchanges GROUP BY outcome"));
        Assert.Empty(await store.RowsAsync("SELECT * FROM ledger_nodes"));
    }

    private async Task<TestGateway> StartAsync(string kind = "sqlite", string? dataFolder = null)
    {
        const string Price = "price: { currency: USD, input: 1.5, cached_input: 0.5, output: 6 }";
        return await TestGateway.StartAsync(
            new GatewayFile()
                .Model("m", "d")
                .Model("old", "old")
                .Deployment("d", _upstream.BaseUrl, more: Price)
                .Deployment("old", _upstream.BaseUrl, more: "stream_usage: false")
                .ScopedTenant("acme", "[m, old]", (TestKeys.Acme, ""), (TestKeys.Other, "data_class: personal"))
                .Admin("auditor", "auditor", TestKeys.Admin)
                .Store(kind == "postgresql" ? await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync() : null),
            dataFolder: dataFolder);
    }

    private static async Task<ExchangeJson> LineAsync(TestGateway gateway) => (await LinesAsync(gateway, 1)).Single();

    private static async Task<IReadOnlyList<ExchangeJson>> LinesAsync(TestGateway gateway, int count)
    {
        List<ExchangeJson> lines = [];
        await Eventually.TrueAsync(
            async () =>
            {
                lines = (await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges")).GetProperty("data").Deserialize<List<ExchangeJson>>(Gateway.Admin.AdminJson.Options)!;
                return lines.Count >= count && lines.All(l => l.Outcome != "open");
            },
            $"{count} lines are closed");
        Assert.Equal(count, lines.Count);
        return lines;
    }
}
