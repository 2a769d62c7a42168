using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Privacy;

/// <summary>Personal data that a model says of its own: counted, taken out or refused, in one piece and in streams.</summary>
public sealed class AnswerRuleTests : UpstreamsTest
{
    private const string Cpf = "529.982.247-25";
    private const string Told = "The CPF is 111.444.777-35 and card 4111 1111 1111 1111, says ana@example.org. Yours is <br_cpf:1>.";

    [Theory]
    [InlineData("{ direction: answer, action: redact }", "The CPF is <br_cpf> and card <payment_card>, says <email>. Yours is 529.982.247-25.")]
    [InlineData("{ direction: answer, kinds: [email], action: redact }", "The CPF is 111.444.777-35 and card 4111 1111 1111 1111, says <email>. Yours is 529.982.247-25.")]
    [InlineData("{ direction: answer, action: raise }", "The CPF is 111.444.777-35 and card 4111 1111 1111 1111, says ana@example.org. Yours is 529.982.247-25.")]
    public async Task It_is_counted_and_taken_out_in_one_piece_and_in_streams(string rule, string expected)
    {
        var gateway = await StartAsync(rule);
        using var whole = await AskAsync(gateway, Told, isStream: false);
        Assert.Equal(expected, await Redacting.AnswerAsync(whole));
        foreach (var size in new[] { 1, 5, 40, 1000 })
        {
            using var stream = await AskAsync(gateway, Told, isStream: true, size);
            Assert.Equal(expected, Redacting.Collect(await stream.Content.ReadAsStringAsync())["0.delta.content"]);
        }

        Assert.All(await Redacting.LinesAsync(gateway, 5), l => Assert.Equal("br_cpf=1,email=1,payment_card=1", l.AnswerFindings));
        using var metrics = await gateway.Client.GetAsync(new Uri(gateway.Admin, "/metrics"));
        Assert.Matches("gateway_privacy_findings[a-z_]*\\{[^}]*gateway_kind=\"email\"[^}]*gateway_direction=\"answer\"[^}]*\\} 5|gateway_privacy_findings[a-z_]*\\{[^}]*gateway_direction=\"answer\"[^}]*gateway_kind=\"email\"[^}]*\\} 5", await metrics.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Where_it_is_refused_nothing_of_the_value_goes_out()
    {
        var gateway = await StartAsync("{ direction: answer, kinds: [payment_card], action: refuse }");
        using var whole = await AskAsync(gateway, Told, isStream: false);
        var error = await OpenAIError.ReadAsync(whole, 403);
        Assert.Equal("personal_data_in_answer", error.Code);
        Assert.Contains("payment_card", error.Message, StringComparison.Ordinal);
        foreach (var size in new[] { 1, 5, 1000 })
        {
            using var answer = await AskAsync(gateway, Told, isStream: true, size);
            var stream = await answer.Content.ReadAsStringAsync();
            Assert.Contains("personal_data_in_answer", stream, StringComparison.Ordinal);
            Assert.DoesNotContain("4111", Redacting.Collect(stream).GetValueOrDefault("0.delta.content", ""), StringComparison.Ordinal);
            Assert.DoesNotContain("[DONE]", stream, StringComparison.Ordinal);
        }

        Assert.All(await Redacting.LinesAsync(gateway, 4), l => Assert.Equal(("refused", "personal_data_in_answer"), (l.Outcome, l.Code)));
    }

    [Fact]
    public async Task What_the_client_said_itself_may_be_said_to_it()
    {
        var gateway = await StartAsync("{ direction: answer, action: refuse }");
        using var answer = await AskAsync(gateway, "You said <br_cpf:1>, that is 52998224725.", isStream: false);
        Assert.Equal($"You said {Cpf}, that is 52998224725.", await Redacting.AnswerAsync(answer));
    }

    [Fact]
    public async Task A_number_in_arguments_becomes_a_string()
    {
        var gateway = await StartAsync("{ direction: answer, action: redact }");
        const string Arguments = """{"cpf":11144477735,"name":"Ana","mail":"ana@example.org"}""";
        Far.Script = c => c.SendAsync(Answers.Json(
            $$"""{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":{{JsonSerializer.Serialize(Arguments)}} } }]},"logprobs":{"content":[{"token":"111"}]},"finish_reason":"tool_calls"}]}"""));
        using var answer = await gateway.PostAsync(Redacting.Prompt("Hi"));
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var choice = body.RootElement.GetProperty("choices")[0];
        Assert.Equal("""{"cpf":"<br_cpf>","name":"Ana","mail":"<email>"}""", choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("logprobs").ValueKind);
    }

    [Fact]
    public async Task Answers_of_models_in_this_process_are_looked_at_too()
    {
        // The prompt comes back in front of the answer, and what is in it is the client's own unless it was not found.
        var gateway = Started = await TestGateway.StartAsync(Redacting.File(Far, "privacy: [{ direction: answer, action: redact }]")
            .More("").Local("here", Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), "context_length: 512").Model("local", "here"));
        using var answer = await gateway.PostAsync("""{"model":"local","prompt":"The number is CPF 529.982.247-25.","echo":true,"max_tokens":2,"temperature":0,"stream":true}""", "/v1/completions");
        var stream = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith("The number is CPF 529.982.247-25.", Redacting.Collect(stream)["0.text"], StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> AskAsync(TestGateway gateway, string told, bool isStream, int size = 1)
    {
        Far.Script = async c =>
        {
            if (!isStream)
            {
                await c.SendAsync(Answers.Json($$"""{"choices":[{"index":0,"message":{"role":"assistant","content":{{JsonSerializer.Serialize(told)}}},"finish_reason":"stop"}]}"""));
                return;
            }

            await c.SendAsync(Answers.StreamHead);
            foreach (var piece in told.Chunk(size))
            {
                await c.SendChunkAsync(Redacting.Event(0, $$"""{"content":{{JsonSerializer.Serialize(new string(piece))}}}"""));
            }

            await c.SendChunkAsync(Redacting.Event(0, "{}", "\"stop\"") + Answers.Done);
            await c.SendAsync(Answers.LastChunk);
        };
        return await gateway.PostAsync(Redacting.Prompt("CPF " + Cpf, isStream ? ",\"stream\":true" : ""));
    }

    private async Task<TestGateway> StartAsync(string rule) => Started = await TestGateway.StartAsync(Redacting.File(Far, $"privacy: [{rule}, {{ action: redact }}]"));
}
