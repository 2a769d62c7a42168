using System.CommandLine;
using System.Text.Json;
using System.Xml.Linq;
using Gateway.Cli;
using Gateway.Residency;
using Gateway.Stores;
using Gateway.Tenants;
using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Residency;

/// <summary>What operators are told of where requests would go, would have gone, and should go.</summary>
public sealed class ExplainTests : IAsyncLifetime
{
    private const string Request = """{"model":"m","messages":[{"role":"user","content":"canary-4c9e17"}]}""";

    private readonly FakeUpstream _upstream = FakeUpstream.Start();
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-explain-").FullName;
    private TestGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await TestGateway.StartAsync(File("[BR]"));

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_explanation_tells_each_rule_of_each_deployment_and_sends_nothing()
    {
        var answer = await ExplainAsync($$"""{"tenant":"acme","data_class":"personal","request":{{Request}}}""");

        Assert.Equal(("personal", "p", true), (answer.GetProperty("data_class").GetString(), answer.GetProperty("policy").GetString(), answer.GetProperty("permitted").GetBoolean()));
        Assert.Equal(["`public` is the lowest class", "the client asks for `personal`"], answer.GetProperty("why").EnumerateArray().Select(w => w.GetString()!));
        var deployments = answer.GetProperty("deployments").EnumerateArray().ToDictionary(d => d.GetProperty("name").GetString()!, StringComparer.Ordinal);
        Assert.Equal((true, 90), (deployments["near"].GetProperty("permitted").GetBoolean(), deployments["near"].GetProperty("share").GetInt32()));
        Assert.Equal(10, deployments["near2"].GetProperty("share").GetInt32());
        Assert.Equal("processing_not_allowed trains", string.Join(' ', deployments["far"].GetProperty("reasons").EnumerateArray()));
        Assert.Equal(
            "processing=False trains=False",
            string.Join(' ', deployments["far"].GetProperty("rules").EnumerateArray().Select(r => $"{r.GetProperty("rule")}={r.GetProperty("permits")}")));
        Assert.Equal("https://example.com/dpa", deployments["far"].GetProperty("placement").GetProperty("evidence").GetString());
        var text = answer.GetProperty("text").GetString()!;
        Assert.Contains("  NO   processing: it may be processed in US, which is not among BR (processing_not_allowed)\n", text, StringComparison.Ordinal);
        Assert.EndsWith("It would go to near (90%) or near2 (10%).", text, StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);

        using var real = await SendAsync("personal");
        Assert.Equal(real.Headers.GetValues("x-gateway-decision").Single(), answer.GetProperty("decision").GetString());
        Assert.Equal(real.Headers.GetValues("x-gateway-policy").Single(), answer.GetProperty("policy_hash").GetString());
    }

    [Fact]
    public async Task It_takes_the_class_of_a_key_and_the_time_that_is_asked_for()
    {
        var (id, _) = await _gateway.CreateKeyAsync(""","data_class":"restricted" """);

        var keyed = await ExplainAsync($$"""{"tenant":"acme","key":"{{id}}","request":{{Request}}}""");
        var later = await ExplainAsync($$"""{"tenant":"acme","at":"2100-01-01","request":{{Request}}}""");

        Assert.Equal(("restricted", false), (keyed.GetProperty("data_class").GetString(), keyed.GetProperty("permitted").GetBoolean()));
        Assert.EndsWith("It would be refused: 403 residency_denied.", keyed.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("placement_expired", later.GetProperty("deployments")[1].GetProperty("reasons")[0].GetString());
    }

    [Theory]
    [InlineData("""{"request":{"model":"m"}}""", 400, "tenant")]
    [InlineData("""{"tenant":"nobody","request":{"model":"m"}}""", 400, "tenant")]
    [InlineData("""{"tenant":"acme"}""", 400, "request")]
    [InlineData("""{"tenant":"acme","request":[]}""", 400, "request")]
    [InlineData("""{"tenant":"acme","request":{}}""", 400, "request.model")]
    [InlineData("""{"tenant":"acme","request":{"model":"\ud800"}}""", 400, "request.model")]
    [InlineData("""{"tenant":"acme","request":{"model":"none"}}""", 404, null)]
    [InlineData("""{"tenant":"acme","data_class":"secret","request":{"model":"m"}}""", 400, "data_class")]
    [InlineData("""{"tenant":"acme","key":"key_0000000000000000","request":{"model":"m"}}""", 404, null)]
    [InlineData("""{"tenant":"acme","at":"soon","request":{"model":"m"}}""", 400, "at")]
    [InlineData("""{"tenant":"acme","colour":1,"request":{"model":"m"}}""", 400, "colour")]
    public async Task A_question_that_makes_no_sense_is_told_so(string body, int status, string? param)
    {
        using var response = await _gateway.AdminAsync(HttpMethod.Post, "/explain", body);

        Assert.Equal(param, (await OpenAIError.ReadAsync(response, status)).Param);
    }

    [Fact]
    public async Task An_admin_of_one_tenant_asks_for_that_one_only()
    {
        using var response = await _gateway.AdminAsync(HttpMethod.Post, "/explain", $$"""{"tenant":"acme","request":{{Request}}}""", key: "key-of-other");

        Assert.Equal("not_permitted", (await OpenAIError.ReadAsync(response, 403)).Code);
    }

    [Fact]
    public async Task The_command_line_explains_without_a_gateway()
    {
        var request = Write("request.json", Request);

        var (code, output, _) = await RunAsync("explain", request, "--tenant", "acme", "--class", "personal", "--config", _gateway.ConfigPath);
        var (_, json, _) = await RunAsync("explain", request, "--tenant", "acme", "--at", "2100-01-01", "--json", "--config", _gateway.ConfigPath);
        var (wrong, _, error) = await RunAsync("explain", request, "--tenant", "nobody", "--config", _gateway.ConfigPath);
        var (half, _, noText) = await RunAsync("explain", Write("half.json", """{"model":"\ud800"}"""), "--tenant", "acme", "--config", _gateway.ConfigPath);

        Assert.Equal((0, 1, 1), (code, wrong, half));
        Assert.Equal("The request is no JSON object with a `model`.\n", noText);
        Assert.Contains("It would go to near (90%) or near2 (10%).", output, StringComparison.Ordinal);
        Assert.Equal("placement_expired", JsonDocument.Parse(json).RootElement.GetProperty("deployments")[1].GetProperty("reasons")[0].GetString());
        Assert.Contains("There is no tenant `nobody`", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expectations_that_hold_pass_and_others_fail_with_what_is()
    {
        var good = Write("good.yaml", """
            cases:
              - { tenant: acme, class: personal, model: m, expect: [near, near2], reasons: { far: [trains] } }
              - { name: "later", tenant: acme, model: m, at: 2100-01-01, expect: [near, near2], reasons: { far: [placement_expired] } }
              - { tenant: acme, class: restricted, model: m, expect: [] }
              - { tenant: other, model: m, expect: [] }
            """);
        var bad = Write("bad.yaml", """
            cases:
              - { tenant: acme, class: personal, model: m, expect: [near, far] }
              - { tenant: acme, class: personal, model: m, expect: [near, near2], reasons: { far: [retention_too_long] } }
            """);
        var junit = Path.Combine(_folder, "junit.xml");

        var (passed, output, _) = await RunAsync("policy", "test", good, "--config", _gateway.ConfigPath);
        var (_, untitled, _) = await RunAsync("policy", "test", Write("at.yaml", "cases: [{ tenant: other, model: m, at: 2100-01-01, expect: [] }]"), "--config", _gateway.ConfigPath);
        Assert.Contains("other, public, m, 2100-01-01T00:00:00Z\n", untitled, StringComparison.Ordinal);
        var (failed, report, _) = await RunAsync("policy", "test", bad, "--junit", junit, "--config", _gateway.ConfigPath);

        Assert.Equal((0, 1), (passed, failed));
        Assert.EndsWith("4 cases, 0 failed\n", output, StringComparison.Ordinal);
        Assert.Contains("FAILED  acme, personal, m: expected near, far, permitted are near, near2 (near;", report.Replace("near; ", "near;", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("far: expected the reason retention_too_long; the reasons are processing_not_allowed, trains", report, StringComparison.Ordinal);
        var suite = XDocument.Load(junit).Root!.Element("testsuite")!;
        Assert.Equal(("2", "2"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value));
        Assert.Equal(2, suite.Descendants("failure").Count());
    }

    [Fact]
    public async Task A_file_of_cases_with_errors_tells_their_lines()
    {
        var cases = Write("cases.yaml", """
            cases:
              - { tenant: nobody, model: m, expect: [] }
              - { tenant: acme, model: none, expect: [] }
              - { tenant: acme, model: m, class: secret, expect: [nowhere] }
              - { tenant: acme, model: m, expects: [near] }
              - { tenant: acme, model: m, expect: [], reasons: { far: [because] } }
            """);

        var (code, _, error) = await RunAsync("policy", "test", cases, "--config", _gateway.ConfigPath);

        Assert.Equal(1, code);
        Assert.Equal(
            ["2:7: cases[0].tenant", "3:21: cases[1].model", "4:31: cases[2].class", "4:55: cases[2].expect[0]", "5:5: cases[3].expect", "5:31: cases[3].expects", "6:60: cases[4].reasons.far[0]"],
            error.TrimEnd('\n').Split('\n').Select(l => l[(cases.Length + 1)..]).Select(l => string.Join(": ", l.Split(": ")[..2])));
    }

    [Fact]
    public async Task Another_configuration_is_held_against_what_the_ledger_has()
    {
        Assert.True(await _gateway.ReloadAsync(File("[BR, US]", model: "far")));
        using var abroad = await SendAsync(null);
        using var alsoAbroad = await SendAsync("internal");
        using var refused = await SendAsync("restricted");
        Assert.Equal((200, 200, 403), ((int)abroad.StatusCode, (int)alsoAbroad.StatusCode, (int)refused.StatusCode));
        await _gateway.SettlesAsync("refused", 403);
        await Eventually.TrueAsync(async () => (await _gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges")).GetProperty("data").EnumerateArray().Count(l => l.TryGetProperty("closed_at", out _)) == 3, "the lines are closed");

        async Task<string> AskAsync(GatewayFile file)
        {
            var loaded = Gateway.Configuration.ConfigLoader.Load(file.Save(_folder));
            var rows = await WhatIf.ReadAsync(
                _gateway.Services.GetRequiredService<Store>(), new ResidencyModel(loaded.Config!), DateTimeOffset.UnixEpoch, TimeProvider.System.GetUtcNow(), CancellationToken.None);
            Assert.All(rows, r => Assert.Equal(("acme", "m", 1), (r.Tenant, r.Model, r.Requests)));
            return string.Join("; ", rows.Select(r => $"{r.DataClass} {r.Deployment ?? "-"} {r.Outcome} {string.Join(',', r.To)}"));
        }

        Assert.Equal("internal far same far; public far same far; restricted - same ", await AskAsync(File("[BR, US]", model: "far")));
        Assert.Equal("internal far refused ; public far refused ; restricted - same ", await AskAsync(File("[BR]", model: "far")));
        Assert.Equal("internal far elsewhere near,near2; public far elsewhere near,near2; restricted - same ", await AskAsync(File("[BR]")));
        Assert.Equal("internal far same near,far,near2; public far same near,far,near2; restricted - served near,far,near2", await AskAsync(File("[BR, US]", restricted: "anywhere: true")));
        Assert.Equal(
            "internal far refused ; public far refused ; restricted - same ",
            await AskAsync(new GatewayFile().Model("elsewhere", "d").Deployment("d", "http://127.0.0.1:9/v1").Tenant("acme", TestKeys.Acme, "elsewhere")));
    }

    private GatewayFile File(string processing, string model = "near*9 far near2", string restricted = "local_only: true") => new GatewayFile()
        .More("node: { country: BR }")
        .Model("m", model)
        .Deployment("near", _upstream.BaseUrl, more: "placement: { processing: [BR], trains: false }")
        .Deployment("near2", _upstream.BaseUrl, more: "placement: { processing: [BR], trains: false }")
        .Deployment("far", _upstream.BaseUrl, more: "placement: { processing: [US], trains: true, evidence: \"https://example.com/dpa\", expires: 2099-01-01 }")
        .Policies($"name: p, allow_looser: true, classes: {{ public: {{ processing: {processing} }}, internal: {{ processing: {processing} }}, personal: {{ processing: {processing}, trains: false }}, restricted: {{ {restricted} }} }}")
        .TenantOf($"name: acme, policy: p, models: [m], keys: [{{ name: k, sha256: {KeyHash.Of(TestKeys.Acme)} }}]")
        .TenantOf($"name: other, models: [m], keys: [{{ name: k, sha256: {KeyHash.Of(TestKeys.Other)} }}]")
        .Admin("root", "admin", TestKeys.Admin)
        .Admin("theirs", "tenant-admin", "key-of-other", "other");

    private Task<JsonElement> ExplainAsync(string body) => _gateway.AdminJsonAsync(HttpMethod.Post, "/explain", body);

    private async Task<HttpResponseMessage> SendAsync(string? dataClass)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TestGateway.ChatPath) { Content = new StringContent(TestGateway.Prompt("m"), System.Text.Encoding.UTF8, "application/json") };
        if (dataClass is not null)
        {
            request.Headers.Add("x-data-class", dataClass);
        }

        return await _gateway.Client.SendAsync(request);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await CommandRunner.RunAsync(new RootCommand { ExplainCommand.Create(), PolicyCommand.Create() }, args, new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }
}
