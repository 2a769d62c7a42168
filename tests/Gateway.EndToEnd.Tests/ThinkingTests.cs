using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

/// <summary>
/// A model whose template opens its thoughts: the shipped one, whose file is given another template of the same length. It never closes
/// them by itself, so that all it says is thought.
/// </summary>
public sealed class ThinkingTests : IAsyncLifetime
{
    private const string Key = "key-of-the-thinking-tests";

    // <|endoftext|> and <|im_end|> never come, so that every answer takes all the tokens that it may have.
    private const string NoEnd = """{"0": -100, "2": -100}""";

    private const string Template =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
        + "{% if enable_thinking is not defined or enable_thinking %}<think>\n{% else %}<think></think>\n{% endif %}";

    private GatewayProcess _gateway = null!;

    public async Task InitializeAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        var model = await File.ReadAllBytesAsync(GatewayProcess.Model);
        var name = Encoding.UTF8.GetBytes("tokenizer.chat_template");
        var at = model.AsSpan().IndexOf(name) + name.Length + sizeof(int);
        var text = model.AsMemory(at + sizeof(long), (int)BitConverter.ToInt64(model, at));
        text.Span.Fill((byte)' ');
        Encoding.UTF8.GetBytes("{# " + new string('-', text.Length - Template.Length - 6) + " #}" + Template, text.Span);
        await File.WriteAllBytesAsync(Path.Combine(folder, "thinker.gguf"), model);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "gateway.yaml"),
            $$"""
            models: [{ name: thinker, deployments: [local] }]
            deployments: [{ name: local, kind: local, path: thinker.gguf }]
            tenants: [{ name: t, models: ['*'], keys: [{ name: k, sha256: {{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}} }] }]
            """);
        _gateway = await GatewayProcess.StartAsync(folder);
    }

    public Task DisposeAsync() => _gateway.DisposeAsync().AsTask();

    [Fact]
    public async Task Thoughts_come_as_reasoning_content_and_are_counted()
    {
        var answer = await AskAsync("\"max_tokens\": 12");

        var message = answer.GetProperty("choices")[0].GetProperty("message");
        Assert.NotEmpty(message.GetProperty("reasoning_content").GetString()!);
        Assert.Equal("", message.GetProperty("content").GetString());
        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.InRange(answer.GetProperty("usage").GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32(), 1, 12);
    }

    [Theory]
    [InlineData("\"chat_template_kwargs\": {\"enable_thinking\": false}")]
    [InlineData("\"reasoning_effort\": \"none\"")]
    public async Task A_model_that_is_told_not_to_think_answers(string more)
    {
        var answer = await AskAsync("\"max_tokens\": 12, " + more);

        var message = answer.GetProperty("choices")[0].GetProperty("message");
        Assert.False(message.TryGetProperty("reasoning_content", out _));
        Assert.NotEmpty(message.GetProperty("content").GetString()!);
    }

    [Fact]
    public async Task Thoughts_are_streamed_apart_from_the_answer()
    {
        using var response = await SendAsync("\"max_tokens\": 12, \"stream\": true");
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        var deltas = events[..^1].Select(e => JsonDocument.Parse(e["data: ".Length..]).RootElement.GetProperty("choices")[0].GetProperty("delta")).ToList();
        Assert.Contains(deltas, d => d.TryGetProperty("reasoning_content", out var text) && text.GetString()!.Length > 0);
        Assert.DoesNotContain(deltas, d => d.TryGetProperty("content", out var text) && text.GetString()!.Length > 0);
    }

    private async Task<JsonElement> AskAsync(string more)
    {
        using var response = await SendAsync(more);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<HttpResponseMessage> SendAsync(string more)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };
        return await client.PostAsync(
            _gateway.Api + "/chat/completions",
            new StringContent($$"""{"model": "thinker", "messages": [{"role": "user", "content": "What is the capital of Peru?"}], "logit_bias": {{NoEnd}}, {{more}}}""", Encoding.UTF8, "application/json"));
    }
}
