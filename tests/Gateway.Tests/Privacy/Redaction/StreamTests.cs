using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Privacy;

/// <summary>Streams with placeholders in them, however they are cut.</summary>
public sealed class StreamTests : UpstreamsTest
{
    private const string Cpf = "529.982.247-25";

    [Fact]
    public async Task Every_text_of_every_choice_comes_back_whole()
    {
        // Two choices and five texts take turns, a character each.
        const string Said = "a <br_cpf:1> b \u003cbr_cpf:1\u003e <br_cpf:2> <br";
        var events = new List<string> { Redacting.Event(0, """{"role":"assistant","content":""}""") };
        foreach (var c in Said)
        {
            var s = JsonSerializer.Serialize(c.ToString());
            events.Add(Redacting.Event(0, $$"""{"content":{{s}}}"""));
            events.Add(Redacting.Event(1, $$"""{"reasoning_content":{{s}}}"""));
            events.Add(Redacting.Event(1, $$"""{"refusal":{{s}}}"""));
            events.Add(Redacting.Event(1, $$"""{"tool_calls":[{"index":0,"function":{"arguments":{{s}} } },{"index":1,"function":{"arguments":{{s}} } }]}"""));
        }

        events.AddRange([Redacting.Event(1, "{}", "\"tool_calls\""), Redacting.Event(0, "{}", "\"stop\""), Answers.Done]);
        var stream = await StreamAsync(events);

        const string Told = $"a {Cpf} b {Cpf} <br_cpf:2> <br";
        var texts = Redacting.Collect(stream);
        Assert.Equal(["0.delta.content", "1.delta.reasoning_content", "1.delta.refusal", "1.delta.tool_calls[0].function.arguments", "1.delta.tool_calls[1].function.arguments"], texts.Keys);
        Assert.All(texts.Values, t => Assert.Equal(Told, t));
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);

        // What was held to the end came before the reason to end.
        Assert.True(stream.LastIndexOf("\"content\":\"<br\"", StringComparison.Ordinal) < stream.IndexOf("\"stop\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("12.345.678-5 \"x\"\n", """{"id":"<cl_rut:1>","in":"{\"id\":\"<cl_rut:1>\"}"}""")]
    public async Task Arguments_stay_json_whatever_the_value_holds(string tail, string arguments)
    {
        // A value with a line break in it.
        var value = "529.982.\n247-25";
        var events = arguments.Replace("cl_rut", "br_cpf", StringComparison.Ordinal)
            .Select(c => Redacting.Event(0, $$"""{"tool_calls":[{"index":0,"function":{"arguments":{{JsonSerializer.Serialize(c.ToString())}} } }]}"""))
            .Append(Redacting.Event(0, "{}", "\"tool_calls\"")).Append(Answers.Done);
        var stream = await StreamAsync(events, $"CPF {value} {tail}");
        using var told = JsonDocument.Parse(Redacting.Collect(stream)["0.delta.tool_calls[0].function.arguments"]);
        Assert.Equal(value, told.RootElement.GetProperty("id").GetString());
        using var nested = JsonDocument.Parse(told.RootElement.GetProperty("in").GetString()!);
        Assert.Equal(value, nested.RootElement.GetProperty("id").GetString());
    }

    [Fact]
    public async Task What_was_held_comes_before_the_error_that_breaks_a_stream_off()
    {
        var gateway = await StartAsync();
        Far.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync(Redacting.Event(0, """{"content":"x <br_cp"}"""));
            c.Reset();
        };
        using var answer = await gateway.PostAsync(Redacting.Prompt("CPF " + Cpf, ",\"stream\":true"));
        var stream = await answer.Content.ReadAsStringAsync();
        Assert.Equal("x <br_cp", Redacting.Collect(stream)["0.delta.content"]);
        Assert.Contains("upstream_closed_early", stream, StringComparison.Ordinal);
        Assert.True(stream.IndexOf("<br_cp", StringComparison.Ordinal) < stream.IndexOf("upstream_closed_early", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Legacy_completions_and_tokens_with_probabilities_pass()
    {
        var gateway = await StartAsync();
        Far.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync("""data: {"id":"c","choices":[{"index":0,"text":"<br_","logprobs":{"tokens":["<br_"],"token_logprobs":[-0.5]},"finish_reason":null}]}""" + "\n\n");
            await c.SendChunkAsync("""data: {"id":"c","choices":[{"index":0,"text":"cpf:1>","logprobs":{"tokens":["cpf:1>"],"token_logprobs":[-0.5]},"finish_reason":"stop"}]}""" + "\n\n");
            await c.SendChunkAsync(Answers.Done + "");
            await c.SendAsync(Answers.LastChunk);
        };
        using var answer = await gateway.PostAsync($$"""{"model":"m","prompt":"CPF {{Cpf}}","stream":true,"logprobs":1}""", "/v1/completions");
        var stream = await answer.Content.ReadAsStringAsync();
        Assert.Equal(Cpf, Redacting.Collect(stream)["0.text"]);
        Assert.Contains("\"tokens\":[\"<br_\"]", stream, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_placeholders_keeps_its_bytes()
    {
        string[] events = [Redacting.Event(0, """{ "content" : "caf\u00e9 \ud83d\ude00 \/ 1 < 2" , "x":[1.0] }"""), ": ping\n\n", Redacting.Event(0, "{}", "\"stop\""), Answers.Done];
        Assert.Equal(string.Concat(events), await StreamAsync(events));
    }

    private async Task<string> StreamAsync(IEnumerable<string> events, string prompt = "CPF " + Cpf)
    {
        var gateway = await StartAsync();
        Far.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            foreach (var one in events)
            {
                await c.SendChunkAsync(one);
            }

            await c.SendAsync(Answers.LastChunk);
        };
        using var answer = await gateway.PostAsync(Redacting.Prompt(prompt, ",\"stream\":true"));
        Assert.Equal(200, (int)answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private async Task<TestGateway> StartAsync() => Started ??= await TestGateway.StartAsync(Redacting.File(Far));
}
