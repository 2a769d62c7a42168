using System.Net;
using System.Text.Json;
using Gateway.Tests.Privacy;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine.Workers;

/// <summary>Rules for answers hold for a model in a worker too, which knows nothing of them.</summary>
public sealed class AnswerRulesTests
{
    // Every word of an answer that the question did not have is personal data here.
    private const string Words = "privacy: { patterns: [{ name: word, pattern: '[A-Za-z]{3,}' }] }";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_model_says_of_its_own_is_taken_out(bool isStream)
    {
        await using var gateway = await StartAsync("redact");
        using var response = await AskAsync(gateway, isStream);
        var answer = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var text = isStream
            ? Redacting.Collect(answer)["0.delta.content"]
            : JsonDocument.Parse(answer).RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        Assert.Contains("<word>", text, StringComparison.Ordinal);
        Assert.Equal(isStream, answer.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_may_be_refused(bool isStream)
    {
        await using var gateway = await StartAsync("refuse");
        using var response = await AskAsync(gateway, isStream);
        var answer = await response.Content.ReadAsStringAsync();

        Assert.Equal(isStream ? HttpStatusCode.OK : HttpStatusCode.Forbidden, response.StatusCode);
        var error = isStream ? answer[(answer.LastIndexOf("data: ", StringComparison.Ordinal) + "data: ".Length)..] : answer;
        Assert.Equal("personal_data_in_answer", JsonDocument.Parse(error).RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    private static Task<TestGateway> StartAsync(string action) => TestGateway.StartAsync(new GatewayFile()
        .Model("smol", "smol")
        .Local("smol", Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), "context_length: 512, threads: 1, isolation: process")
        .LimitedTenant("acme", TestKeys.Acme, $"privacy: [{{ direction: answer, action: {action} }}]", "smol")
        .More(Words));

    private static Task<HttpResponseMessage> AskAsync(TestGateway gateway, bool isStream) => gateway.PostAsync(
        $$"""{"model":"smol","messages":[{"role":"user","content":"What is the capital of Peru?"}],"temperature":0,"max_tokens":12{{(isStream ? ",\"stream\":true" : "")}}}""");
}
