using System.Text.Json;
using Gateway.Engine;
using Gateway.Llama;
using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Api;

public sealed class EndpointTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public async Task Models_lists_what_the_tenant_may_use()
    {
        Assert.Equal(["alias", "impatient", "keyless", "org/name:tag", "plain"], await ListAsync(TestKeys.Acme));
        Assert.Equal(["of-other"], await ListAsync(TestKeys.Other));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("org/name:tag", "org/name:tag")]
    [InlineData("org%2Fname%3Atag", "org/name:tag")]
    [InlineData("org%2fname:tag", "org/name:tag")]
    public async Task A_model_can_be_asked_for(string path, string name)
    {
        using var response = await GetAsync("/v1/models/" + path);
        using var model = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal(["id", "object", "created", "owned_by"], model.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(name, model.RootElement.GetProperty("id").GetString());
        Assert.Equal("model", model.RootElement.GetProperty("object").GetString());
        Assert.True(model.RootElement.GetProperty("created").GetInt64() > 0);
    }

    [Theory]
    [InlineData("of-other")]
    [InlineData("no-such")]
    [InlineData("PLAIN")]
    [InlineData("%ff")]
    [InlineData("../models/plain/x")]
    public async Task A_model_of_another_tenant_does_not_exist(string path)
    {
        using var response = await GetAsync("/v1/models/" + path);

        Assert.Equal("model_not_found", (await OpenAIError.ReadAsync(response, 404)).Code);
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/v1/models/plain")]
    public async Task Models_need_a_key(string path)
    {
        using var client = new HttpClient { BaseAddress = shared.Gateway.Api };
        using var response = await client.GetAsync(path);

        await OpenAIError.ReadAsync(response, 401);
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/v1")]
    [InlineData("POST", "/v1/images/generations")]
    [InlineData("POST", "/chat/completions")]
    [InlineData("POST", "/v1//chat/completions")]
    [InlineData("POST", "/v1/chat/completions/x")]
    [InlineData("GET", "/%ff%00")]
    [InlineData("GET", "/metrics")]
    public async Task An_unknown_path_is_told_so(string method, string path)
    {
        using var client = await shared.Gateway.ConnectAsync();
        await client.SendAsync($"{method} {path} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\nContent-Length: 0\r\n\r\n");
        var response = await client.ReadAsync();

        Assert.NotEqual(200, response.Status);
        if (response.Body.Length > 0)
        {
            var error = OpenAIError.Read(response, 404);
            Assert.Equal("unknown_url", error.Code);
            Assert.Contains(method, error.Message, StringComparison.Ordinal);
        }
        else
        {
            // A path that is no text: the server itself refuses it.
            Assert.Equal(400, response.Status);
        }
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", "POST")]
    [InlineData("DELETE", "/v1/completions", "POST")]
    [InlineData("OPTIONS", "/v1/chat/completions", "POST")]
    [InlineData("POST", "/v1/models", "GET")]
    [InlineData("PATCH", "/v1/chat/completions", "POST")]
    public async Task A_wrong_method_is_told_so(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await shared.Gateway.Client.SendAsync(request);

        var error = await OpenAIError.ReadAsync(response, 405);
        Assert.Equal("method_not_supported", error.Code);
        Assert.Contains(allowed, error.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_base_url_that_stands_twice_is_told_so()
    {
        using var response = await GetAsync("/v1/v1/chat/completions");

        Assert.Contains("twice", (await OpenAIError.ReadAsync(response, 404)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task Health_is_on_both_ports_without_a_key(string path)
    {
        foreach (var address in new[] { shared.Gateway.Api, shared.Gateway.Admin })
        {
            using var client = new HttpClient { BaseAddress = address };
            Assert.Equal("ok\n", await client.GetStringAsync(path));
        }
    }

    [Fact]
    public async Task A_model_that_only_a_reload_asks_for_yet_does_not_make_the_gateway_unready()
    {
        var next = shared.Gateway.Services.GetRequiredService<EngineHost>().Acquire("next", new LlamaEngineOptions { ModelPath = "missing.gguf" });

        Assert.Equal("ok\n", await shared.Gateway.Client.GetStringAsync("/readyz"));

        next.Release();
    }

    [Fact]
    public async Task Metrics_are_on_the_port_of_administration_only()
    {
        using var api = await GetAsync("/metrics");
        Assert.Equal("unknown_url", (await OpenAIError.ReadAsync(api, 404)).Code);
        using var exchange = await shared.Gateway.PostAsync(TestGateway.Prompt("plain"));
        Assert.Contains("gateway_exchanges_active", await shared.Gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/models")]
    [InlineData("GET", "/v1/models/plain")]
    [InlineData("POST", "/v1/chat/completions")]
    [InlineData("GET", "/v1/chat/completions")]
    public async Task The_api_is_not_on_the_port_of_administration(string method, string path)
    {
        using var client = new HttpClient { BaseAddress = shared.Gateway.Admin };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new("Bearer", TestKeys.Acme);
        request.Content = method is "POST" ? new StringContent(TestGateway.Prompt("plain")) : null;
        using var response = await client.SendAsync(request);

        Assert.Equal("unknown_url", (await OpenAIError.ReadAsync(response, 404)).Code);
    }

    [Fact]
    public async Task Every_response_has_an_id_of_its_own()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in new[] { "/healthz", "/v1/models", "/nowhere", "/v1/models/none", "/v1/chat/completions" })
        {
            using var response = await GetAsync(path);
            Assert.True(ids.Add(response.Headers.GetValues("x-request-id").Single()));
        }

        Assert.All(ids, id => Assert.Matches("^req_[0-9a-f]{32}$", id));
    }

    private async Task<string[]> ListAsync(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Authorization = new("Bearer", key);
        using var response = await shared.Gateway.Client.SendAsync(request);
        using var list = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("list", list.RootElement.GetProperty("object").GetString());
        return [.. list.RootElement.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!)];
    }

    // The path as it is written: HttpClient would tidy it.
    private Task<HttpResponseMessage> GetAsync(string path) => shared.Gateway.Client.GetAsync(
        new Uri(shared.Gateway.Api.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
}
