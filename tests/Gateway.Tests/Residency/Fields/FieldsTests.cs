using Gateway.Tenants;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency.Fields;

/// <summary>A model that runs here and elsewhere, mostly elsewhere: what may not leave is answered here.</summary>
public sealed class FieldsTests : IAsyncLifetime
{
    private readonly FakeUpstream _far = FakeUpstream.Start();
    private TestGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await TestGateway.StartAsync(GatewayFile.Of($$"""
        node: { country: BR }
        models:
          - { name: m, deployments: [{ name: far, weight: 1000 }, { name: here, weight: 1 }] }
        deployments:
          - { name: far, kind: openai-compatible, base_url: "{{_far.BaseUrl}}" }
          - { name: here, kind: local, path: "{{Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf")}}", context_length: 256 }
        policies:
          - { name: open, classes: { personal: { anywhere: true } } }
        tenants:
          - { name: acme, models: ["*"], policy: open, keys: [{ name: k, sha256: {{KeyHash.Of(TestKeys.Acme)}}, data_class: personal }] }
        admins: [{ name: a, role: admin, sha256: {{KeyHash.Of(TestKeys.Admin)}} }]
        """));

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _far.DisposeAsync();
    }

    [Fact]
    public async Task A_field_that_the_policy_denies_elsewhere_keeps_the_request_here()
    {
        for (var i = 0; i < 5; i++)
        {
            using var response = await _gateway.PostAsync(TestGateway.Prompt("m", ",\"max_tokens\":1,\"user\":\"ana\""));

            Assert.Equal(200, (int)response.StatusCode);
            Assert.Equal("here", response.Headers.GetValues("x-gateway-deployment").Single());
        }

        Assert.Equal(0, _far.Connections);
    }

    [Theory]
    [InlineData(",\"store\":true", 400, "store")]
    [InlineData(",\"mirror\":true", 400, "mirror")]
    [InlineData(",\"user\":\"ana\",\"seed\":1,\"seed\":2", 400, "seed")]
    public async Task What_cannot_be_done_here_either_is_refused_here(string fields, int status, string param)
    {
        using var response = await _gateway.PostAsync(TestGateway.Prompt("m", fields));

        Assert.Equal(param, (await OpenAIError.ReadAsync(response, status)).Param);
        Assert.Equal(0, _far.Connections);
    }

    [Theory]
    [InlineData("\"messages\":[]", "far here", null)]
    [InlineData("\"messages\":[],\"user\":\"ana\"", "here", "side_doors.identifiers")]
    [InlineData("\"input\":[{\"image\":\"http://example.org\"}]", "here", "side_doors.remote_urls")]
    public async Task An_explanation_tells_what_fields_would_do(string fields, string permitted, string? rule)
    {
        var answer = await _gateway.AdminJsonAsync(HttpMethod.Post, "/explain", $$$"""{"tenant":"acme","data_class":"personal","request":{"model":"m",{{{fields}}}}}""");
        var deployments = answer.GetProperty("deployments").EnumerateArray().ToList();

        Assert.Equal(permitted, string.Join(' ', deployments.Where(d => d.GetProperty("permitted").GetBoolean()).Select(d => d.GetProperty("name").GetString())));
        Assert.Equal(rule is null ? [] : [rule], deployments[0].GetProperty("rules").EnumerateArray().Where(r => !r.GetProperty("permits").GetBoolean()).Select(r => r.GetProperty("rule").GetString()));
        Assert.Equal(0, _far.Connections);
    }
}
