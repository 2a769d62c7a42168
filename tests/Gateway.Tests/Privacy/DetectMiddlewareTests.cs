using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Privacy;

/// <summary>Requests with personal data in them, wherever it stands: their class is raised, or they are refused, before anything leaves.</summary>
public sealed class DetectMiddlewareTests : UpstreamsTest
{
    private const string Cpf = "529.982.247-25";
    private const string InBrazil = "placement: { processing: [BR], storage: [BR], operator: Casa, operator_country: BR, retention_days: 0, trains: false }";
    private const string InTheStates = "placement: { processing: [US], storage: [US], operator: Vendor, operator_country: US, retention_days: 30, trains: true }";

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"CPF 529.982.247-25"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"CPF 529.982.247-25"}]}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"user":"529.982.247-25"}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","name":"ana@example.org","content":"x"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"metadata":{"cpf":52998224725}}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"metadata":{"529.982.247-25":"x"}}""")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"cpf\":\"\\u0035\\u0032998224725\"}"}}]}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","description":"of 529.982.247-25","parameters":{"type":"object","properties":{"a":{"enum":["+254712345678"]}}}}}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\u0035\u0032\u0039.982.247-25"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\ud800 529.982.247-25 \udc00"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"decode RWwgQ1BGIGRlIGxhIHBhY2llbnRlIGVzIDUyOS45ODIuMjQ3LTI1IHkgbWFzCg=="}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,Q1BGIDUyOS45ODIuMjQ3LTI1"}}]}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}]}]}""")]
    public async Task Personal_data_in_any_field_keeps_a_request_at_home(string body)
    {
        var gateway = await StartAsync();
        for (var i = 0; i < 8; i++)
        {
            using var answer = await gateway.PostAsync(body);
            Assert.Equal((200, "near", "personal"), ((int)answer.StatusCode, Header(answer, "deployment"), Header(answer, "data-class")));
        }

        Assert.Equal((8, 0), (Near.Requests.Count, Far.Requests.Count));
        Assert.Equal(body, Encoding.UTF8.GetString(Near.Requests[0].Body));
    }

    [Fact]
    public async Task Without_any_a_request_goes_on_as_it_was()
    {
        var gateway = await StartAsync();
        using var answer = await gateway.PostAsync("""{"model":"m","messages":[{"role":"user","content":"What is a CPF? Order 52998224725, version 1.2.3.4"}],"seed":52998224725}""");
        Assert.Equal((200, "public"), ((int)answer.StatusCode, Header(answer, "data-class")));
    }

    [Fact]
    public async Task A_rule_refuses_by_kind_and_class_and_names_kinds_only()
    {
        var gateway = await StartAsync(tenant: ", privacy: [{ classes: [restricted], action: raise }, { kinds: [payment_card, badge], action: refuse }]", more: "privacy: { patterns: [{ name: badge, pattern: 'EMP-[0-9]{6}' }] }");
        using var refused = await gateway.PostAsync(Prompt("card 4111 1111 1111 1111 of emp EMP-123456 with CPF " + Cpf));
        var error = await OpenAIError.ReadAsync(refused, 400);
        Assert.Equal("personal_data_refused", error.Code);
        Assert.Contains("here: badge, payment_card. ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("4111", error.Message, StringComparison.Ordinal);

        using var raised = await gateway.PostAsync(Prompt("CPF " + Cpf));
        Assert.Equal(200, (int)raised.StatusCode);
        using var restricted = new HttpRequestMessage(HttpMethod.Post, TestGateway.ChatPath) { Content = new StringContent(Prompt("EMP-123456"), Encoding.UTF8, "application/json") };
        restricted.Headers.Add("x-data-class", "restricted");
        restricted.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TestKeys.Acme);
        using var passed = await gateway.Client.SendAsync(restricted);
        Assert.Equal((200, "restricted"), ((int)passed.StatusCode, Header(passed, "data-class")));
        Assert.Empty(Far.Requests);
    }

    [Fact]
    public async Task What_was_found_is_counted_by_kind_on_the_ledger_and_in_metrics()
    {
        var gateway = await StartAsync();
        using var answer = await gateway.PostAsync(Prompt($"CPF {Cpf} and 111.444.777-35, ana@example.org"));
        Assert.Equal(200, (int)answer.StatusCode);
        var lines = await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges");
        Assert.Equal("br_cpf=2,email=1", lines.GetProperty("data")[0].GetProperty("findings").GetString());
        using var metrics = await gateway.Client.GetAsync(new Uri(gateway.Admin, "/metrics"));
        var text = await metrics.Content.ReadAsStringAsync();
        Assert.Matches("gateway_privacy_findings[a-z_]*\\{[^}]*gateway_kind=\"br_cpf\"[^}]*\\} 2", text);
        Assert.DoesNotContain(Cpf, text + lines, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_can_be_looked_at_is_of_the_highest_class()
    {
        // Each of these is an address; there are more of them than the detectors weigh.
        var gateway = await StartAsync(bodyBytes: 8_000_000);
        using var answer = await gateway.PostAsync(Prompt(string.Concat(Enumerable.Repeat("a@b.co ", 300_000))));
        Assert.Equal((200, "restricted"), ((int)answer.StatusCode, Header(answer, "data-class")));
        Assert.Empty(Far.Requests);
    }

    [Theory]
    [InlineData("privacy: { raise_to: secret }", "privacy.raise_to", "no class of data")]
    [InlineData("privacy: { patterns: [{ name: badge, pattern: '(a+)+\\1' }] }", "privacy.patterns[0].pattern", "bounded time")]
    [InlineData("privacy: { patterns: [{ name: badge, pattern: '(?=a)b' }] }", "privacy.patterns[0].pattern", "bounded time")]
    [InlineData("privacy: { patterns: [{ name: badge, pattern: 'a*' }] }", "privacy.patterns[0].pattern", "empty text")]
    [InlineData("privacy: { patterns: [{ name: badge, pattern: '[' }] }", "privacy.patterns[0].pattern", "no regular expression")]
    [InlineData("privacy: { patterns: [{ name: br_cpf, pattern: 'a' }] }", "privacy.patterns[0].name", "known already")]
    [InlineData("privacy: { words: [{ kind: cpf, words: [x] }] }", "privacy.words[0].kind", "no kind of personal data")]
    public void What_cannot_be_is_an_error_with_its_key(string yaml, string key, string problem)
    {
        using var folder = new Configuration.ConfigFolder();
        var result = folder.Load(Configuration.ConfigFolder.Sample + "\n" + yaml + "\n");
        Assert.Contains(result.Errors, e => e.Key == key && e.Message.Contains(problem, StringComparison.Ordinal));
    }

    private async Task<TestGateway> StartAsync(string tenant = "", string more = "", int bodyBytes = 1_000_000)
    {
        Started = await TestGateway.StartAsync(new GatewayFile { BodyBytes = bodyBytes }
            .Deployment("near", Near.BaseUrl, more: InBrazil).Deployment("far", Far.BaseUrl, more: InTheStates)
            .Model("m", "near far")
            .Policies("name: saude, classes: { public: { anywhere: true }, internal: { anywhere: true }, personal: { processing: [BR], side_doors: { identifiers: allow, store: allow } }, restricted: { processing: [BR] } }")
            .TenantOf($"name: acme, models: [\"*\"], policy: saude, keys: [{{ name: first, sha256: {Gateway.Tenants.KeyHash.Of(TestKeys.Acme)} }}]{tenant}")
            .Admin("root", "admin", TestKeys.Admin)
            .More("node: { country: BR, operator: Casa, operator_country: BR }").More(more));
        return Started;
    }

    private static string Prompt(string text) => new JsonObject { ["model"] = "m", ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }) }.ToJsonString();

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues("x-gateway-" + name, out var values) ? values.Single() : null;
}
