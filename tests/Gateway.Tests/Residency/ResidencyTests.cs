using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gateway.Ledger;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency;

/// <summary>Where requests go, as their clients and what listens elsewhere see it.</summary>
public sealed class ResidencyTests : UpstreamsTest
{
    private const string InBrazil = "placement: { processing: [BR], storage: [BR], operator: Casa, operator_country: BR, retention_days: 0, trains: false }";
    private const string InTheStates = "placement: { processing: [US], storage: [US], operator: Vendor, operator_country: US, retention_days: 30, trains: true }";

    private readonly FakeUpstream _unknown = FakeUpstream.Start();
    private readonly ManualTimeProvider _time = new();
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _unknown.DisposeAsync();
    }

    [Fact]
    public async Task A_request_goes_only_where_its_tenant_s_policy_permits_its_class()
    {
        var gateway = await StartAsync(File("[BR]"));

        for (var i = 0; i < 40; i++)
        {
            using var answer = await gateway.PostAsync(TestGateway.Prompt("all"));
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal(("near", "BR", "public"), (Header(answer, "deployment"), Header(answer, "country"), Header(answer, "data-class")));
        }

        Assert.Equal((40, 0, 0), (Near.Requests.Count, Far.Requests.Count, _unknown.Requests.Count));
    }

    [Fact]
    public async Task Where_nothing_is_permitted_it_is_refused_with_a_reason_for_each_deployment()
    {
        var gateway = await StartAsync(File("[BR], trains: false, storage: [BR], retention_days: 10, operator_country: [BR]"));

        using var response = await gateway.PostAsync(TestGateway.Prompt("abroad"));

        var error = await OpenAIError.ReadAsync(response, 403);
        Assert.Equal(("residency_denied", "invalid_request_error"), (error.Code, error.Type));
        Assert.Equal(["far", "unknown"], error.Deployments.Keys);
        Assert.Equal(["processing_not_allowed", "storage_not_allowed", "operator_country_not_allowed", "retention_too_long", "trains"], error.Deployments["far"]);
        Assert.Equal(["processing_unknown", "storage_unknown", "operator_country_unknown", "retention_unknown", "training_unknown"], error.Deployments["unknown"]);
        Assert.Contains("far: processing_not_allowed", error.Message, StringComparison.Ordinal);
        Assert.Equal("public", Header(response, "data-class"));
        Assert.False(response.Headers.Contains("x-gateway-deployment"));
        AssertNothingLeft();
    }

    [Fact]
    public async Task Without_a_policy_only_local_deployments_answer()
    {
        var gateway = await StartAsync(Models().Policies().TenantOf($"name: acme, models: [\"*\"], keys: [{KeyOf(TestKeys.Acme)}]"));

        using var response = await gateway.PostAsync(TestGateway.Prompt("all"));

        Assert.Equal(["no_policy"], (await OpenAIError.ReadAsync(response, 403)).Deployments["near"]);
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("restricted", 403, "class_not_mentioned")]
    [InlineData("personal", 403, "processing_not_allowed")]
    [InlineData("internal", 200, null)]
    public async Task The_header_raises_the_class(string dataClass, int status, string? reason)
    {
        var gateway = await StartAsync(File("[BR, US, DE] }, internal: { processing: [BR, US] }, personal: { processing: [BR], trains: false"));

        using var response = await SendAsync(gateway, "far-only", dataClass);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(dataClass, Header(response, "data-class"));
        Assert.Equal(status == 200 ? 1 : 0, Far.Requests.Count);
        if (reason is not null)
        {
            Assert.Contains(reason, (await OpenAIError.ReadAsync(response, status)).Deployments["far"]);
        }
    }

    [Theory]
    [InlineData("x-data-class: secret", "unknown_data_class")]
    [InlineData("x-data-class: Personal", "unknown_data_class")]
    [InlineData("x-data-class:", "unknown_data_class")]
    [InlineData("x-data-class: personal\r\nx-data-class: personal", "duplicate_header")]
    [InlineData("X-Data-Class: personal\r\nx-data-class: public", "duplicate_header")]
    [InlineData("x-data-class: personal, public", "duplicate_header")]
    [InlineData("x-data-class: public", "data_class_below_floor")]
    [InlineData("x-data-class: internal", "data_class_below_floor")]
    public async Task A_header_that_lowers_the_class_or_says_nothing_is_refused_on_every_endpoint(string header, string code)
    {
        var gateway = await StartAsync(Models().Policies("name: p, classes: { public: { anywhere: true }, internal: { anywhere: true }, personal: { anywhere: true }, restricted: { anywhere: true } }")
            .TenantOf($"name: acme, policy: p, models: [\"*\"], keys: [{KeyOf(TestKeys.Acme, ", data_class: personal")}]"));

        foreach (var (method, path, body) in new[]
        {
            ("POST", "/v1/chat/completions", TestGateway.Prompt("all")), ("POST", "/v1/completions", """{"model":"all","prompt":"x"}"""),
            ("POST", "/v1/embeddings", """{"model":"all","input":"x"}"""), ("POST", "/v1/rerank", """{"model":"all","query":"x","documents":["y"]}"""),
            ("GET", "/v1/models", ""), ("GET", "/v1/models/all", ""), ("GET", "/v1/usage", ""), ("POST", "/tokenize", "{}"), ("POST", "/detokenize", "{}"),
        })
        {
            using var client = await gateway.ConnectAsync();
            await client.SendAsync($"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TestKeys.Acme}\r\n{header}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            var error = OpenAIError.Read(await client.ReadAsync(), 400);
            Assert.Equal((code, "x-data-class"), (error.Code, error.Param));
        }

        AssertNothingLeft();
    }

    [Fact]
    public async Task A_fallback_never_goes_where_the_policy_does_not_permit()
    {
        Near.Script = c =>
        {
            c.Close();
            return Task.CompletedTask;
        };
        var gateway = await StartAsync(File("[BR]"));

        for (var i = 0; i < 10; i++)
        {
            // The permitted one is down and left out for its cooldown; it is tried all the same, and nothing else is.
            using var response = await gateway.PostAsync(TestGateway.Prompt("all"));
            Assert.Equal(502, (int)response.StatusCode);
        }

        Assert.Equal((10, 0, 0), (Near.Requests.Count, Far.Requests.Count, _unknown.Requests.Count));
    }

    [Fact]
    public async Task A_fallback_goes_to_what_else_is_permitted_and_the_headers_name_what_answered()
    {
        Near.Script = c =>
        {
            c.Close();
            return Task.CompletedTask;
        };
        var gateway = await StartAsync(File("[BR, US]"));

        for (var i = 0; i < 10; i++)
        {
            using var response = await gateway.PostAsync(TestGateway.Prompt("all"));
            Assert.Equal(("far", "US"), (Header(response, "deployment"), Header(response, "country")));
        }

        Assert.Equal((10, 0), (Far.Requests.Count, _unknown.Requests.Count));
    }

    [Fact]
    public async Task A_placement_that_expires_denies_from_that_second_on_without_a_reload()
    {
        var gateway = await StartAsync(Models("expires: 2026-01-01T06:00:00Z").Policies("name: p, classes: { public: { processing: [BR, US] } }").TenantOf(Acme("p")), time: true);
        _time.Advance(TimeSpan.FromHours(6) - TimeSpan.FromTicks(1));
        using var before = await gateway.PostAsync(TestGateway.Prompt("far-only"));
        _time.Advance(TimeSpan.FromTicks(1));
        using var after = await gateway.PostAsync(TestGateway.Prompt("far-only"));

        Assert.Equal(200, (int)before.StatusCode);
        Assert.Equal(["placement_expired"], (await OpenAIError.ReadAsync(after, 403)).Deployments["far"]);
        Assert.NotEqual(Header(before, "decision"), Header(after, "decision"));
        Assert.Single(Far.Requests);
    }

    [Fact]
    public async Task A_policy_that_permits_anywhere_does_not_mind_what_is_unknown_or_expired()
    {
        var gateway = await StartAsync(Models("expires: 2025-01-01").Policies("name: p, classes: { public: { anywhere: true } }").TenantOf(Acme("p")), time: true);

        using var unknown = await gateway.PostAsync(TestGateway.Prompt("unknown-only"));
        using var expired = await gateway.PostAsync(TestGateway.Prompt("far-only"));

        Assert.Equal((200, 200), ((int)unknown.StatusCode, (int)expired.StatusCode));
        Assert.Equal("unknown", Header(unknown, "country"));
    }

    [Fact]
    public async Task A_reload_that_narrows_holds_for_the_next_request_and_its_hash_is_another()
    {
        var gateway = await StartAsync(File("[BR, US]"));
        using var before = await gateway.PostAsync(TestGateway.Prompt("far-only"));

        Assert.True(await gateway.ReloadAsync(File("[BR]")));
        using var after = await gateway.PostAsync(TestGateway.Prompt("far-only"));

        Assert.Equal((200, 403), ((int)before.StatusCode, (int)after.StatusCode));
        Assert.NotEqual(Header(before, "policy"), Header(after, "policy"));
        Assert.True(await gateway.ReloadAsync(File("[BR, US]")));
        using var again = await gateway.PostAsync(TestGateway.Prompt("far-only"));
        Assert.Equal((Header(before, "policy"), Header(before, "decision")), (Header(again, "policy"), Header(again, "decision")));
    }

    [Fact]
    public async Task Classes_are_the_operator_s_own()
    {
        var gateway = await StartAsync(Models()
            .More("data_classes: [open, sealed]")
            .Policies("name: p, classes: { open: { anywhere: true }, sealed: { processing: [BR] } }")
            .TenantOf(Acme("p")));

        using var open = await SendAsync(gateway, "far-only", null);
        using var sealedOne = await SendAsync(gateway, "far-only", "sealed");
        using var unknown = await SendAsync(gateway, "far-only", "public");

        Assert.Equal((200, 403, 400), ((int)open.StatusCode, (int)sealedOne.StatusCode, (int)unknown.StatusCode));
        Assert.Equal(("open", "sealed"), (Header(open, "data-class"), Header(sealedOne, "data-class")));
    }

    [Fact]
    public async Task A_key_whose_class_is_gone_from_the_configuration_is_refused_until_it_is_back()
    {
        GatewayFile With(string classes) => Models().More($"data_classes: [{classes}]").Admin("root", "admin", TestKeys.Admin)
            .Policies($"name: p, classes: {{ {classes.Split(',')[0]}: {{ anywhere: true }}, {classes.Split(',')[1]}: {{ anywhere: true }} }}").TenantOf(Acme("p"));
        var gateway = await StartAsync(With("public,personal"));
        var (_, key) = await gateway.CreateKeyAsync(""","data_class":"personal" """);
        using var before = await gateway.PostAsync(TestGateway.Prompt("near-only"), key: key);

        Assert.True(await gateway.ReloadAsync(With("public,private")));
        using var gone = await gateway.PostAsync(TestGateway.Prompt("near-only"), key: key);
        Assert.True(await gateway.ReloadAsync(With("public,personal")));
        using var back = await gateway.PostAsync(TestGateway.Prompt("near-only"), key: key);

        Assert.Equal((200, 200), ((int)before.StatusCode, (int)back.StatusCode));
        Assert.Equal("data_class_unknown", (await OpenAIError.ReadAsync(gone, 403)).Code);
    }

    [Fact]
    public async Task An_upstream_cannot_say_where_it_is_by_the_gateway_s_own_headers()
    {
        Near.Script = c => c.SendAsync(Answers.Json(
            Answers.Completion, headers: "x-gateway-country: DE\r\nX-Gateway-Deployment: palace\r\nx-gateway-decision: dec_0\r\nx-gateway-receipt: forged\r\nx-gateway-policy: none\r\nx-other: kept\r\n"));
        var gateway = await StartAsync(File("[BR]"));

        using var response = await gateway.PostAsync(TestGateway.Prompt("near-only"));

        Assert.Equal(("BR", "near"), (Header(response, "country"), Header(response, "deployment")));
        Assert.Matches("^dec_[0-9a-f]{16}$", Header(response, "decision"));
        Assert.Matches("^[0-9a-f]{12}$", Header(response, "policy"));
        Assert.False(response.Headers.Contains("x-gateway-receipt"));
        Assert.Equal("kept", response.Headers.GetValues("x-other").Single());
        Assert.Equal(
            ["x-gateway-country", "x-gateway-data-class", "x-gateway-decision", "x-gateway-deployment", "x-gateway-policy"],
            response.Headers.Where(h => h.Key.StartsWith("x-gateway", StringComparison.OrdinalIgnoreCase)).Select(h => h.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_stream_carries_the_headers_too()
    {
        Near.Script = c => c.SendAsync(Answers.StreamHead + Encoding.Latin1.GetString([.. Answers.Chunk(Answers.Event("x", "\"stop\"") + Answers.Done), .. "0\r\n\r\n"u8]));
        var gateway = await StartAsync(File("[BR]"));

        using var response = await gateway.PostAsync(TestGateway.Prompt("near-only", ""","stream":true"""));

        Assert.Equal(("near", "BR"), (Header(response, "deployment"), Header(response, "country")));
    }

    [Fact]
    public async Task The_ledger_has_what_was_decided_and_why()
    {
        var gateway = await StartAsync(File("[BR]").Admin("auditor", "auditor", TestKeys.Admin));
        using var served = await gateway.PostAsync(TestGateway.Prompt("all"));
        using var refused = await gateway.PostAsync(TestGateway.Prompt("abroad"));
        using var bad = await gateway.PostAsync("{");

        IReadOnlyList<ExchangeJson> lines = [];
        await Eventually.TrueAsync(
            async () => (lines = (await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges")).GetProperty("data").Deserialize<List<ExchangeJson>>(Gateway.Admin.AdminJson.Options)!).Count == 3
                && lines.All(l => l.ClosedAt is not null),
            "three lines are closed");

        var first = lines.Single(l => l.Outcome == "ok");
        Assert.Equal((Header(served, "decision"), Header(served, "policy"), "BR"), (first.Decision, first.Policy, first.Country));
        Assert.Equal("near;far=processing_not_allowed;unknown=processing_unknown", first.Candidates);
        var second = lines.Single(l => l.Code == "residency_denied");
        Assert.Equal((Header(refused, "decision"), "far=processing_not_allowed;unknown=processing_unknown", null, "refused"), (second.Decision, second.Candidates, second.Country, second.Outcome));
        var third = lines.Single(l => l.Code == "invalid_json");
        Assert.Equal((null, null, null), (third.Decision, third.Policy, third.Candidates));
        var csv = await (await gateway.AdminAsync(HttpMethod.Get, "/exchanges?format=csv")).Content.ReadAsStringAsync();
        Assert.Contains("node,decision,policy,candidates,country", csv, StringComparison.Ordinal);
        Assert.Contains("near;far=processing_not_allowed;unknown=processing_unknown", csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_must_be_redacted_does_not_leave_while_not_all_of_it_can_be_read()
    {
        var gateway = await StartAsync(File("[BR], redact: required").More("privacy: { raise_to: public }"));

        using var response = await gateway.PostAsync("""{"model":"near-only","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="}}]}]}""");

        Assert.Equal(["not_redacted"], (await OpenAIError.ReadAsync(response, 403)).Deployments["near"]);
        AssertNothingLeft();
        using var read = await gateway.PostAsync(TestGateway.Prompt("near-only"));
        Assert.Equal(200, (int)read.StatusCode);
    }

    private GatewayFile File(string processing) => Models().Policies($"name: p, classes: {{ public: {{ processing: {processing} }} }}").TenantOf(Acme("p"));

    private GatewayFile Models(string more = "operator: Vendor") => new GatewayFile()
        .More("node: { country: BR, operator: House }")
        .Model("all", "near far unknown").Model("abroad", "far unknown").Model("near-only", "near").Model("far-only", "far").Model("unknown-only", "unknown")
        .Deployment("near", Near.BaseUrl, more: InBrazil)
        .Deployment("far", Far.BaseUrl, more: InTheStates.Replace("operator: Vendor", more == "operator: Vendor" ? more : $"operator: Vendor, {more}", StringComparison.Ordinal))
        .Deployment("unknown", _unknown.BaseUrl);

    private static string Acme(string policy) => $"name: acme, policy: {policy}, models: [\"*\"], keys: [{KeyOf(TestKeys.Acme)}]";

    private static string KeyOf(string key, string more = "") => $"{{ name: k, sha256: {Gateway.Tenants.KeyHash.Of(key)}{more} }}";

    private async Task<TestGateway> StartAsync(GatewayFile file, bool time = false) => Started = await TestGateway.StartAsync(file, time ? _time : null);

    private void AssertNothingLeft() => Assert.Equal((0, 0, 0), (Near.Requests.Count, Far.Requests.Count, _unknown.Requests.Count));

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues("x-gateway-" + name, out var values) ? values.Single() : null;

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, string model, string? dataClass)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TestGateway.ChatPath) { Content = new StringContent(TestGateway.Prompt(model), Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        if (dataClass is not null)
        {
            request.Headers.Add("x-data-class", dataClass);
        }

        return await gateway.Client.SendAsync(request);
    }
}
