using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.EndToEnd.Tests;

/// <summary>Models in this process while the configuration changes, the queue fills, and the gateway stops.</summary>
public sealed class LocalModelTests
{
    private const string Key = "key-of-the-reload-tests";

    private static readonly string Tenants =
        $"tenants: [{{ name: t, models: ['*'], keys: [{{ name: k, sha256: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))} }}] }}]\n";

    [Fact]
    public async Task A_stream_of_a_model_that_is_dropped_goes_on_to_its_end_and_then_the_model_is_freed()
    {
        await using var gateway = await StartAsync(Local("first", "smol"));
        using var client = CreateClient();
        using var stream = await client.SendAsync(Ask(gateway, "first", ", \"stream\": true, \"max_tokens\": 150"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        await reader.ReadLineAsync();

        await ChangeAsync(gateway, Local("second", "smol", "context_length: 512"));
        using var dropped = await client.SendAsync(Ask(gateway, "first"));
        using var added = await client.SendAsync(Ask(gateway, "second"));
        var rest = await reader.ReadToEndAsync();

        Assert.Equal(HttpStatusCode.NotFound, dropped.StatusCode);
        Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        await gateway.WaitForAsync("smol: unloaded");
    }

    [Fact]
    public async Task A_change_that_keeps_a_model_does_not_load_it_again()
    {
        await using var gateway = await StartAsync(Local("first", "smol"));

        await ChangeAsync(gateway, Local("second", "smol"));

        Assert.Equal(2, gateway.Output.Split("smol: loading").Length);
    }

    [Fact]
    public async Task A_change_to_a_model_that_cannot_be_loaded_is_refused_and_what_was_in_force_stays()
    {
        await using var gateway = await StartAsync(Local("first", "smol"));
        using var client = CreateClient();
        await File.WriteAllBytesAsync(Path.Combine(gateway.Folder, "broken.gguf"), [.. "GGUF"u8, 3, 0, 0, 0, 1, 2, 3]);

        await File.WriteAllTextAsync(Path.Combine(gateway.Folder, "gateway.yaml"), Local("second", "broken").Replace("models/SmolLM2-135M-Instruct-Q4_1.gguf", "broken.gguf", StringComparison.Ordinal));
        await gateway.WaitForAsync("could not be applied");
        using var kept = await client.SendAsync(Ask(gateway, "first"));

        Assert.Contains("broken.gguf", gateway.Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, kept.StatusCode);
    }

    [Fact]
    public async Task A_model_that_does_not_generate_text_says_so()
    {
        await using var gateway = await StartAsync(Local("e5", "e5").Replace("SmolLM2-135M-Instruct-Q4_1", "multilingual-e5-small-Q4_0", StringComparison.Ordinal));
        using var client = CreateClient();

        using var response = await client.SendAsync(Ask(gateway, "e5"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("makes embeddings; it does not generate text", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_requests_than_places_in_the_queue_are_told_to_come_again()
    {
        await using var gateway = await StartAsync(Local("m", "smol", "parallel: 1, queue: 0"));
        using var client = CreateClient();
        using var stream = await client.SendAsync(Ask(gateway, "m", ", \"stream\": true, \"max_tokens\": 4000"), HttpCompletionOption.ResponseHeadersRead);

        using var refused = await client.SendAsync(Ask(gateway, "m"));

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task An_answer_that_is_too_long_for_the_time_left_at_a_stop_ends_with_an_error_that_the_client_understands()
    {
        // Many more tokens than the half minute holds that answers have at a stop.
        await using var gateway = await StartAsync(Local("m", "smol", "queue: 200"));
        using var client = CreateClient();
        using var stream = await client.SendAsync(Ask(gateway, "m", ", \"stream\": true, \"n\": 128, \"max_tokens\": 200"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        await reader.ReadLineAsync();

        var stopping = gateway.StopAsync();
        var rest = await reader.ReadToEndAsync();
        await stopping;

        Assert.Contains("gateway_stopping", rest[rest.TrimEnd().LastIndexOf("data: ", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    private static string Local(string model, string deployment, string more = "parallel: 4") =>
        $"models: [{{ name: {model}, deployments: [{deployment}] }}]\n"
        + $"deployments: [{{ name: {deployment}, kind: local, path: models/SmolLM2-135M-Instruct-Q4_1.gguf, {more} }}]\n"
        + Tenants;

    private static async Task<GatewayProcess> StartAsync(string yaml)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), yaml);
        return await GatewayProcess.StartAsync(folder);
    }

    private static async Task ChangeAsync(GatewayProcess gateway, string yaml)
    {
        await File.WriteAllTextAsync(Path.Combine(gateway.Folder, "gateway.yaml"), yaml);
        await gateway.WaitForAsync("applied");
    }

    private static HttpClient CreateClient() => new() { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };

    private static HttpRequestMessage Ask(GatewayProcess gateway, string model, string more = ", \"max_tokens\": 4") => new(HttpMethod.Post, gateway.Api + "/chat/completions")
    {
        Content = new StringContent(
            $$"""{"model": "{{model}}", "messages": [{"role": "user", "content": "Tell a long story."}]{{more}}}""", Encoding.UTF8, "application/json"),
    };
}
