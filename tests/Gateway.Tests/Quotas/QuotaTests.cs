using System.Globalization;
using System.Net;
using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Quotas;

/// <summary>Limits of a whole gateway, as its clients and its operator see them.</summary>
public sealed class QuotaTests : IAsyncDisposable
{
    private const string Price = "price: { currency: USD, input: 1, output: 2 }";
    private const string Rate = "exchange_rates: [{ from: USD, to: BRL, rate: 5, date: 2026-01-01 }]";

    private readonly FakeUpstream _upstream = FakeUpstream.Start();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    [Fact]
    public async Task Requests_beyond_the_limit_are_refused_as_OpenAI_refuses_them()
    {
        await using var gateway = await StartAsync("limits: { requests_per_minute: 2 }");
        var first = await gateway.PostAsync(TestGateway.Prompt("m"));
        Assert.Equal(("2", "1"), (Header(first, "x-ratelimit-limit-requests"), Header(first, "x-ratelimit-remaining-requests")));
        Assert.Matches("^(1m[0-9]s|5[0-9]s)$", Header(first, "x-ratelimit-reset-requests"));
        Assert.False(first.Headers.Contains("x-ratelimit-limit-tokens"));
        await gateway.PostAsync(TestGateway.Prompt("m"));

        var refused = await gateway.PostAsync(TestGateway.Prompt("m"));
        var error = await OpenAIError.ReadAsync(refused, 429);
        Assert.Equal(("requests", "rate_limit_exceeded"), (error.Type, error.Code));
        Assert.Contains("tenant `acme`: 2 requests per minute, 0 left", error.Message, StringComparison.Ordinal);
        Assert.Equal("0", Header(refused, "x-ratelimit-remaining-requests"));
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 55, 63);
        var milliseconds = double.Parse(Header(refused, "retry-after-ms")!, CultureInfo.InvariantCulture);
        Assert.Equal(refused.Headers.RetryAfter.Delta.Value.TotalSeconds, Math.Ceiling(milliseconds / 1000));
        Assert.Equal(2, _upstream.Requests.Count);
    }

    [Fact]
    public async Task A_client_that_waits_as_long_as_it_is_told_gets_in()
    {
        await using var gateway = await StartAsync("limits: { requests_per_second: 1 }");
        for (var i = 0; i < 3; i++)
        {
            var response = await gateway.PostAsync(TestGateway.Prompt("m"));
            while (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                // Once is enough: the second 429 in a row would be a lie of the first. Timers of .NET may go off up to a millisecond early.
                await Task.Delay(TimeSpan.FromMilliseconds(1 + double.Parse(Header(response, "retry-after-ms")!, CultureInfo.InvariantCulture)));
                response = await gateway.PostAsync(TestGateway.Prompt("m"));
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }
        }
    }

    [Fact]
    public async Task Tokens_are_reserved_before_and_settled_by_what_the_upstream_reports()
    {
        var arrived = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        _upstream.Script = async c =>
        {
            arrived.TrySetResult();
            await answer.Task;
            await c.SendAsync(Answers.Ok);
        };
        await using var gateway = await StartAsync("limits: { tokens_per_hour: 1000 }");
        var waiting = gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":500"));
        await arrived.Task;

        var quota = await QuotaAsync(gateway, "tokens");
        var reserved = quota.GetProperty("reserved").GetInt64();
        Assert.InRange(reserved, 500 + 44, 500 + 200);
        Assert.Equal((0, 1000 - reserved), (quota.GetProperty("used").GetInt64(), quota.GetProperty("left").GetInt64()));
        var error = await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":500")), 429);
        Assert.Equal(("tokens", "rate_limit_exceeded"), (error.Type, error.Code));

        answer.SetResult();
        var response = await waiting;
        Assert.Equal(("1000", (1000 - reserved).ToString(CultureInfo.InvariantCulture)), (Header(response, "x-ratelimit-limit-tokens"), Header(response, "x-ratelimit-remaining-tokens")));
        await UsesAsync(gateway, "tokens", used: 10, reserved: 0);
        Assert.DoesNotContain("max_completion_tokens", _upstream.Requests[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", ",\"max_tokens\":300}")]
    [InlineData(",\"max_tokens\":null", ",\"max_tokens\":300}")]
    [InlineData(",\"max_completion_tokens\":20", ",\"max_completion_tokens\":20}")]
    [InlineData(",\"stream\":true", ",\"max_tokens\":300}")]
    public async Task An_answer_that_the_client_does_not_bound_gets_a_bound_where_a_limit_applies(string more, string end)
    {
        _upstream.Script = c => c.SendAsync(c.Request.Text.Contains("\"stream\":true", StringComparison.Ordinal) ? "HTTP/1.1 400 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" : Answers.Ok);
        await using var gateway = await StartAsync("limits: { tokens_per_hour: 1000 }", "max_output_tokens: 300");
        await gateway.PostAsync(TestGateway.Prompt("m", more));
        var sent = _upstream.Requests.Single().Text;
        Assert.EndsWith(end, sent, StringComparison.Ordinal);
        using var whole = JsonDocument.Parse(sent);
        Assert.Equal(whole.RootElement.EnumerateObject().Count(), whole.RootElement.EnumerateObject().DistinctBy(p => p.Name).Count());
    }

    [Theory]
    [InlineData(",\"max_tokens\":0", 400, "integer_below_min_value")]
    [InlineData(",\"max_tokens\":-1", 400, "integer_below_min_value")]
    [InlineData(",\"max_tokens\":1.5", 400, "invalid_type")]
    [InlineData(",\"max_tokens\":\"7\"", 400, "invalid_type")]
    [InlineData(",\"max_tokens\":1000000000000000000", 429, "rate_limit_exceeded")]
    [InlineData(",\"max_tokens\":1e300", 429, "rate_limit_exceeded")]
    [InlineData(",\"max_tokens\":1,\"max_tokens\":100000", 400, "duplicate_key")]
    [InlineData(",\"max_tokens\":1,\"max_completion_tokens\":100000", 429, "rate_limit_exceeded")]
    [InlineData(",\"max_tokens\":10,\"n\":128", 429, "rate_limit_exceeded")]
    [InlineData(",\"max_tokens\":10,\"n\":9223372036854775807", 429, "rate_limit_exceeded")]
    [InlineData(",\"n\":0", 400, "integer_below_min_value")]
    public async Task What_bounds_the_answer_must_be_a_number_that_fits(string more, int status, string code)
    {
        await using var gateway = await StartAsync("limits: { tokens_per_hour: 1000 }", "max_output_tokens: 300");
        var response = await gateway.PostAsync(TestGateway.Prompt("m", more));
        var error = await OpenAIError.ReadAsync(response, status);
        Assert.Equal(code, error.Code);
        if (status == 429)
        {
            Assert.Contains("can never fit", error.Message, StringComparison.Ordinal);
            Assert.Null(response.Headers.RetryAfter);
            Assert.Equal("false", Header(response, "x-should-retry"));
        }

        Assert.Empty(_upstream.Requests);
        await UsesAsync(gateway, "tokens", used: 0, reserved: 0);
    }

    [Theory]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":\"data:image/TEXT\"}]")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"input_audio\":{\"data\":\"TEXT\"}}}}]")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"enum\":[LISTS]}}}]")]
    public async Task Text_that_looks_like_an_image_and_brackets_of_tools_are_counted(string fields)
    {
        await using var gateway = await StartAsync("limits: { tokens_per_hour: 1000 }");
        var text = fields.Replace("TEXT", new string('x', 5000), StringComparison.Ordinal).Replace("LISTS", string.Join(',', Enumerable.Repeat("[]", 1000)), StringComparison.Ordinal);
        var error = await OpenAIError.ReadAsync(await gateway.PostAsync($"{{\"model\":\"m\",{text},\"max_tokens\":1}}"), 429);
        Assert.Contains("can never fit", error.Message, StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task Money_of_a_currency_of_little_worth_is_reserved_in_full()
    {
        await using var gateway = await TestGateway.StartAsync(
            File("currency: VND, limits: { money: { amount: 1200000, per: month } }", Price).More("exchange_rates: [{ from: USD, to: VND, rate: 25000, date: 2026-01-01 }]"));
        var error = await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":30000000")), 429);
        Assert.Contains("can never fit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payments_that_come_to_more_than_can_be_counted_are_refused()
    {
        await using var gateway = await TestGateway.StartAsync(File("currency: BRL, balance: prepaid", Price).More(Rate));
        const string payment = """{"amount":999999999,"currency":"BRL"}""";
        await gateway.AdminJsonAsync(HttpMethod.Post, "/tenants/acme/balance", payment);
        Assert.Equal("amount", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, "/tenants/acme/balance", payment), 400)).Param);
        Assert.Equal(999999999m, (await gateway.AdminJsonAsync(HttpMethod.Get, "/tenants/acme/balance")).GetProperty("balance").GetDecimal());
    }

    [Theory]
    [InlineData("requests_per_day: 0")]
    [InlineData("tokens_per_minute: 0")]
    [InlineData("concurrent: 0")]
    public async Task A_limit_of_0_lets_nothing_through(string limit)
    {
        await using var gateway = await StartAsync($"limits: {{ {limit} }}");
        var error = await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m")), 429);
        Assert.Contains("Nothing is allowed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_upstream_refuses_costs_no_tokens_and_what_the_gateway_refuses_costs_nothing()
    {
        _upstream.Script = c => c.SendAsync(Answers.Json("""{"error":{"message":"no"}}""", 400));
        await using var gateway = await StartAsync("limits: { tokens_per_hour: 10000, requests_per_hour: 10 }");
        await gateway.PostAsync(TestGateway.Prompt("m"));
        await UsesAsync(gateway, "requests", used: 1, reserved: 0);
        await UsesAsync(gateway, "tokens", used: 0, reserved: 0);
        await gateway.PostAsync(TestGateway.Prompt("unknown"));
        await gateway.PostAsync("{");
        await UsesAsync(gateway, "requests", used: 1, reserved: 0);
    }

    [Fact]
    public async Task A_slot_is_free_again_when_the_client_leaves_or_the_upstream_is_silent_too_long()
    {
        var arrived = new SemaphoreSlim(0);
        _upstream.Script = async c =>
        {
            arrived.Release();
            await c.UntilGatewayClosesAsync();
        };
        await using var gateway = await StartAsync("limits: { concurrent: 1, tokens_per_hour: 10000 }", model: "timeout: 1s");
        using var leaving = new CancellationTokenSource();
        using var content = new StringContent(TestGateway.Prompt("m"), System.Text.Encoding.UTF8, "application/json");
        var first = gateway.Client.PostAsync(TestGateway.ChatPath, content, leaving.Token);
        await arrived.WaitAsync();
        var error = await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m")), 429);
        Assert.Contains("1 requests at a time", error.Message, StringComparison.Ordinal);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await UsesAsync(gateway, "concurrent", used: 0, reserved: 0);

        Assert.Equal(504, (int)(await gateway.PostAsync(TestGateway.Prompt("m"))).StatusCode);
        await UsesAsync(gateway, "concurrent", used: 0, reserved: 0);
        Assert.Equal(0, (await QuotaAsync(gateway, "tokens")).GetProperty("reserved").GetInt64());
    }

    [Fact]
    public async Task All_limits_of_tenant_key_model_and_plan_hold()
    {
        var file = File("plan: small, limits: { requests_per_hour: 90 }")
            .More("plans: [{ name: small, limits: { requests_per_hour: 100, requests_per_day: 50 }, models: [{ name: m, limits: { requests_per_hour: 3 } }] }]");
        await using var gateway = await TestGateway.StartAsync(file);
        var (_, key) = await gateway.CreateKeyAsync(",\"limits\":{\"requests_per_hour\":2}");
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m"), key: key)).StatusCode);
        }

        Assert.Contains("key `key_", (await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m"), key: key), 429)).Message, StringComparison.Ordinal);
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m"))).StatusCode);
        Assert.Contains("model `m` for tenant `acme`", (await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m")), 429)).Message, StringComparison.Ordinal);
        var limits = (await gateway.AdminJsonAsync(HttpMethod.Get, "/quotas?tenant=acme")).GetProperty("data").EnumerateArray()
            .Select(q => $"{q.GetProperty("owner")} {q.GetProperty("window")} {q.GetProperty("limit")} {q.GetProperty("used")}");
        Assert.Equal(["key hour 2 2", "tenant day 50 3", "tenant hour 90 3", "tenant-model hour 3 3"], limits.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_limit_changed_by_a_reload_applies_to_what_is_counted_and_a_new_one_to_what_the_ledger_knows()
    {
        await using var gateway = await TestGateway.StartAsync(File("limits: { requests_per_hour: 2 }"));
        await gateway.PostAsync(TestGateway.Prompt("m"));
        await gateway.PostAsync(TestGateway.Prompt("m"));
        Assert.Equal(429, (int)(await gateway.PostAsync(TestGateway.Prompt("m"))).StatusCode);
        await LinesAsync(gateway, 3);

        Assert.True(await gateway.ReloadAsync(File("limits: { requests_per_hour: 3, tokens_per_day: 25 }")));
        await UsesAsync(gateway, "tokens", used: 20, reserved: 0);
        Assert.Contains("tokens per day", (await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":1")), 429)).Message, StringComparison.Ordinal);
        Assert.True(await gateway.ReloadAsync(File("limits: { requests_per_hour: 3 }")));
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m"))).StatusCode);
        Assert.Equal(429, (int)(await gateway.PostAsync(TestGateway.Prompt("m"))).StatusCode);
    }

    [Theory, StoreKinds]
    public async Task Money_is_counted_in_the_limits_currency_and_after_a_restart_as_before(string kind)
    {
        var connection = kind == "postgresql" ? await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync() : null;
        var folder = Directory.CreateTempSubdirectory("gateway-quota-").FullName;

        // 7 tokens of prompt at 1, 303 of answer at 2: 613 millionths of a dollar, 3065 of a real.
        _upstream.Script = c => c.SendAsync(Answers.Json(Answers.Completion.Replace("\"completion_tokens\":3", "\"completion_tokens\":303", StringComparison.Ordinal)));
        GatewayFile Limited() => File("time_zone: America/Sao_Paulo, currency: BRL, limits: { money: { amount: 0.004, per: month }, tokens_per_hour: 10000, requests_per_day: 10 }", Price).More(Rate).Store(connection);
        await using (var gateway = await TestGateway.StartAsync(Limited(), dataFolder: folder))
        {
            Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":50"))).StatusCode);
            await UsesAsync(gateway, "money", used: 0.003065m, reserved: 0);
            var error = await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":150")), 429);
            Assert.Equal(("insufficient_quota", "insufficient_quota"), (error.Type, error.Code));
            Assert.Contains("0.004 BRL per month, 0.000935 BRL left", error.Message, StringComparison.Ordinal);
            await LinesAsync(gateway, 2);
        }

        await using var again = await TestGateway.StartAsync(Limited(), dataFolder: folder);
        await UsesAsync(again, "money", used: 0.003065m, reserved: 0);
        await UsesAsync(again, "tokens", used: 310, reserved: 0);
        await UsesAsync(again, "requests", used: 1, reserved: 0);
        Directory.Delete(folder, recursive: true);
    }

    [Theory, StoreKinds]
    public async Task Who_pays_ahead_can_spend_what_was_paid_and_no_more(string kind)
    {
        var connection = kind == "postgresql" ? await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync() : null;
        await using var gateway = await TestGateway.StartAsync(File("currency: BRL, balance: prepaid", Price).More(Rate).Store(connection));
        var error = await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":50")), 429);
        Assert.Equal("insufficient_quota", error.Code);
        Assert.Contains("The balance of tenant `acme` is not enough: 0 BRL left", error.Message, StringComparison.Ordinal);

        const string payment = """{"amount":0.002,"currency":"BRL","id":"invoice-1","note":"first"}""";
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(0.002m, (await gateway.AdminJsonAsync(HttpMethod.Post, "/tenants/acme/balance", payment)).GetProperty("balance").GetDecimal());
        }

        Assert.Equal("payment_exists", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, "/tenants/acme/balance", payment.Replace("0.002", "0.003", StringComparison.Ordinal)), 409)).Code);
        Assert.Equal("currency", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, "/tenants/acme/balance", """{"amount":1,"currency":"USD"}"""), 400)).Param);
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":50"))).StatusCode);
        await UsesAsync(gateway, "balance", used: 0.000065m, reserved: 0);
        Assert.Equal(429, (int)(await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":500"))).StatusCode);

        // The ledger has it a moment later, and says the same.
        await Eventually.TrueAsync(
            async () => (await gateway.AdminJsonAsync(HttpMethod.Get, "/tenants/acme/balance")).GetProperty("spent").GetDecimal() == 0.000065m, "the ledger knows what was spent");
        var shown = await gateway.AdminJsonAsync(HttpMethod.Get, "/tenants/acme/balance");
        Assert.Equal(0.001935m, shown.GetProperty("balance").GetDecimal());
        Assert.Equal("invoice-1", shown.GetProperty("payments")[0].GetProperty("id").GetString());
        Assert.Contains(
            (await gateway.AdminJsonAsync(HttpMethod.Get, "/acts")).GetProperty("data").EnumerateArray(), a => a.GetProperty("act").GetString() == "balance.top_up");
    }

    [Fact]
    public async Task Of_a_model_in_this_process_the_prompt_is_reserved_to_the_token()
    {
        var file = new GatewayFile().Model("chat", "smol").Local("smol", Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), "context_length: 512")
            .LimitedTenant("acme", TestKeys.Acme, "limits: { tokens_per_hour: 10000 }", "chat").Admin("ana", "admin", TestKeys.Admin);
        await using var gateway = await TestGateway.StartAsync(file);
        var left = 10_000L;
        foreach (var (more, output) in new[] { (",\"max_tokens\":3", 3), (",\"max_tokens\":3,\"n\":2,\"stream\":true,\"stream_options\":{\"include_usage\":true}", 6) })
        {
            var response = await gateway.PostAsync(TestGateway.Prompt("chat", more));
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, body);
            var usage = System.Text.RegularExpressions.Regex.Match(body, "\"prompt_tokens\":([0-9]+),\"completion_tokens\":([0-9]+)");
            var (prompt, used) = (long.Parse(usage.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(usage.Groups[2].Value, CultureInfo.InvariantCulture));
            Assert.Equal((left - prompt - output).ToString(CultureInfo.InvariantCulture), Header(response, "x-ratelimit-remaining-tokens"));
            left -= prompt + used;
            await UsesAsync(gateway, "tokens", used: 10_000 - left, reserved: 0);
        }

        // More than the context leaves room for cannot be produced, so it is not reserved.
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("chat", ",\"max_tokens\":2000000000,\"stop\":[\" \",\".\",\",\"]"))).StatusCode);
        Assert.Equal(400, (int)(await gateway.PostAsync(TestGateway.Prompt("chat", ",\"max_tokens\":-1"))).StatusCode);
    }

    [Fact]
    public async Task Metrics_tell_what_was_let_through_refused_reserved_and_used()
    {
        await using var gateway = await StartAsync("limits: { requests_per_hour: 1, tokens_per_hour: 5000 }");
        await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":50"));
        await gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":50"));
        await UsesAsync(gateway, "tokens", used: 10, reserved: 0);
        var metrics = await gateway.MetricsAsync();
        Assert.Contains("gateway_quota_admitted_total 1", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_quota_refused_total{quota_measure=\"requests\",quota_owner=\"tenant\",quota_verdict=\"refused\",quota_window=\"hour\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_quota_used_total 10", metrics, StringComparison.Ordinal);
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static async Task<JsonElement> QuotaAsync(TestGateway gateway, string measure) =>
        (await gateway.AdminJsonAsync(HttpMethod.Get, "/quotas?tenant=acme")).GetProperty("data").EnumerateArray().Single(q => q.GetProperty("measure").GetString() == measure);

    // An answer's last byte comes before its settlement.
    private static Task UsesAsync(TestGateway gateway, string measure, decimal used, decimal reserved) => Eventually.TrueAsync(
        async () => await QuotaAsync(gateway, measure) is var quota && quota.GetProperty("used").GetDecimal() == used && quota.GetProperty("reserved").GetDecimal() == reserved,
        $"{measure}: {used} used, {reserved} reserved");

    private static Task LinesAsync(TestGateway gateway, int count) => Eventually.TrueAsync(
        async () => (await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges")).GetProperty("data").EnumerateArray().Count(l => l.TryGetProperty("closed_at", out _)) == count,
        $"{count} lines are in the ledger");

    private GatewayFile File(string tenant, string deployment = "", string model = "") => new GatewayFile()
        .Model("m", "d", model).Deployment("d", _upstream.BaseUrl, more: deployment).LimitedTenant("acme", TestKeys.Acme, tenant, "m").Admin("ana", "admin", TestKeys.Admin);

    private Task<TestGateway> StartAsync(string tenant, string deployment = "", string model = "") => TestGateway.StartAsync(File(tenant, deployment, model));
}
