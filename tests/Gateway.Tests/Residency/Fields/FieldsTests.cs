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
}
