using Gateway.Hosting;
using Gateway.Tenants;
using Gateway.Tests.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Tenants;

public sealed class ScopeTests : IAsyncLifetime
{
    private const string Models = "scope-models";
    private const string Chat = "scope-chat";
    private const string Elsewhere = "scope-elsewhere";
    private const string Here = "scope-here";
    private const string BehindProxy = "scope-behind-proxy";

    private readonly FakeUpstream _upstream = FakeUpstream.Start();
    private TestGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await TestGateway.StartAsync(new GatewayFile()
        .Model("one", "a").Model("two", "a").Deployment("a", _upstream.BaseUrl)
        .ScopedTenant(
            "acme",
            "[one, two]",
            (TestKeys.Acme, ""),
            (Models, "models: [one]"),
            (Chat, "endpoints: [chat.completions]"),
            (Elsewhere, "networks: [203.0.113.0/24]"),
            (Here, "networks: [127.0.0.0/8]"))
        .More("listen: { trusted_proxies: [192.0.2.1] }"));

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_model_out_of_the_keys_scope_is_as_one_that_is_not_there()
    {
        Assert.Equal(200, (int)(await _gateway.PostAsync(TestGateway.Prompt("one"), key: Models)).StatusCode);
        var outside = await OpenAIError.ReadAsync(await _gateway.PostAsync(TestGateway.Prompt("two"), key: Models), 404);
        var missing = await OpenAIError.ReadAsync(await _gateway.PostAsync(TestGateway.Prompt("tw0"), key: Models), 404);

        Assert.Equal(missing.Message.Replace("tw0", "two", StringComparison.Ordinal), outside.Message);
        Assert.Equal(["one"], await ListAsync(Models));
        Assert.Equal(["one", "two"], await ListAsync(TestKeys.Acme));
        Assert.Equal(404, (int)(await GetAsync("/v1/models/two", Models)).StatusCode);
    }

    [Fact]
    public async Task An_endpoint_out_of_the_keys_scope_is_refused_by_name_and_counts_as_a_refused_exchange()
    {
        Assert.Equal(200, (int)(await _gateway.PostAsync(TestGateway.Prompt("one"), key: Chat)).StatusCode);
        var before = await _gateway.SettledAsync("refused", 403);
        var refused = await OpenAIError.ReadAsync(await _gateway.PostAsync("""{"model":"one","prompt":"x"}""", "/v1/completions", Chat), 403);

        Assert.Equal("endpoint_not_allowed", refused.Code);
        Assert.Contains("`completions`", refused.Message, StringComparison.Ordinal);
        await _gateway.SettlesAsync("refused", 403, before);
        Assert.Equal("endpoint_not_allowed", (await OpenAIError.ReadAsync(await GetAsync("/v1/models", Chat), 403)).Code);
    }

    [Fact]
    public async Task A_key_is_good_from_its_networks_only_whatever_a_header_says()
    {
        Assert.Equal(200, (int)(await _gateway.PostAsync(TestGateway.Prompt("one"), key: Here)).StatusCode);
        Assert.Contains("127.0.0.1", (await OpenAIError.ReadAsync(await _gateway.PostAsync(TestGateway.Prompt("one"), key: Elsewhere), 403)).Message, StringComparison.Ordinal);

        // Who says so is no proxy of ours.
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("x-forwarded-for", "203.0.113.7");
        request.Headers.Authorization = new("Bearer", Elsewhere);
        Assert.Equal("address_not_allowed", (await OpenAIError.ReadAsync(await _gateway.Client.SendAsync(request), 403)).Code);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_the_address_is_the_one_that_it_saw()
    {
        await using var gateway = await TestGateway.StartAsync(new GatewayFile().Model("one", "a").Deployment("a", _upstream.BaseUrl)
            .ScopedTenant("acme", "[one]", (BehindProxy, "networks: [203.0.113.0/24]"))
            .More("listen: { trusted_proxies: [127.0.0.1] }"));
        foreach (var (forwarded, status) in new[] { ("203.0.113.7", 200), ("203.0.113.7, 198.51.100.1", 403), ("198.51.100.1, 203.0.113.7", 200), ("unknown", 403), ("", 403) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Api, "/v1/models"));
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded);
            request.Headers.Authorization = new("Bearer", BehindProxy);
            Assert.Equal(status, (int)(await gateway.Client.SendAsync(request)).StatusCode);
        }
    }

    [Fact]
    public void Each_endpoint_of_the_API_has_its_name_in_scopes()
    {
        var api = _gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(e => e.Metadata.GetMetadata<AnonymousAttribute>() is null && e.Metadata.GetMetadata<AdminAttribute>() is null)
            .ToList();

        Assert.NotEmpty(api);
        Assert.All(api, e => Assert.Contains(
            e.Metadata.GetMetadata<RouteModel>()?.Config.RouteId ?? e.Metadata.GetMetadata<ScopedAttribute>()?.Name ?? "none", KeyScope.EndpointNames));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", key);
        return await _gateway.Client.SendAsync(request);
    }

    private async Task<string[]> ListAsync(string key)
    {
        using var document = System.Text.Json.JsonDocument.Parse(await (await GetAsync("/v1/models", key)).Content.ReadAsStringAsync());
        return [.. document.RootElement.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!)];
    }
}
