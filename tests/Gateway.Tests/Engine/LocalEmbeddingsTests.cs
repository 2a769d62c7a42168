using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Ledger;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary><c>/v1/embeddings</c> of a model in this process.</summary>
public abstract class LocalEmbeddingsTests(LocalGateway shared)
{
    private const string Path = "/v1/embeddings";
    private const string Canary = TestGateway.Canary;

    [SharedFact]
    public async Task Embeddings_are_those_of_llama_server_in_the_order_of_the_inputs()
    {
        var texts = LocalGateway.Reference.GetProperty("embeddings").GetProperty("texts").EnumerateArray().ToList();

        var answer = await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = texts.Select(t => t.GetProperty("input").GetString()) });

        var data = answer.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal(texts.Count, data.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            Assert.Equal(i, data[i].GetProperty("index").GetInt32());
            AssertNear(Floats(texts[i].GetProperty("embedding")), Floats(data[i].GetProperty("embedding")));
        }
    }

    [Fact]
    public async Task An_answer_has_OpenAIs_shape_and_counts_the_tokens_with_their_wrapping()
    {
        var answer = await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = $"query: {Canary}", user = "u", encoding_format = "float" });
        var tokens = await CountAsync($"query: {Canary}");

        Assert.Equal(["object", "data", "model", "usage"], answer.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("list", LocalGateway.Embed), (answer.GetProperty("object").GetString(), answer.GetProperty("model").GetString()));
        var item = Assert.Single(answer.GetProperty("data").EnumerateArray());
        Assert.Equal(["object", "index", "embedding"], item.EnumerateObject().Select(p => p.Name));
        Assert.Equal(384, item.GetProperty("embedding").GetArrayLength());
        Assert.Equal((tokens, tokens), (answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), answer.GetProperty("usage").GetProperty("total_tokens").GetInt32()));
    }

    [Fact]
    public async Task The_ledger_has_the_tokens_and_a_key_without_the_endpoint_is_refused_there_too()
    {
        using var answer = await shared.Gateway.PostAsync($$"""{"model":"{{LocalGateway.Embed}}","input":"{{Canary}}"}""", Path);
        using var refused = await shared.Gateway.PostAsync($$"""{"model":"{{LocalGateway.Chat}}","prompt":"{{Canary}}"}""", "/v1/completions", LocalGateway.NoDetokenizeKey);
        var tokens = await CountAsync(Canary);

        Assert.Equal($"embeddings|embed|e5|ok|200|{tokens}|0|False", await LineAsync(answer));
        Assert.Equal("completions|||refused|403|0|0|False", await LineAsync(refused));
    }

    [Fact]
    public async Task The_formats_hold_the_same_numbers()
    {
        var numbers = Vector(await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = $"{Canary} a" }));
        var answer = await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = $"{Canary} a", encoding_format = "base64" });

        var bytes = answer.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();

        AssertNear(numbers, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Fact]
    public async Task Texts_and_their_token_ids_have_the_same_vector_and_duplicates_are_fine()
    {
        var ids = (await shared.AskAsync("/tokenize", new { model = LocalGateway.Embed, prompt = Canary })).GetProperty("tokens");

        var texts = await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = new[] { Canary, "other", Canary } });
        var tokens = await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = new[] { ids, ids } });
        var single = await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = ids });

        foreach (var vector in new[] { Vector(texts, 2), Vector(tokens, 0), Vector(tokens, 1), Vector(single) })
        {
            AssertNear(Vector(texts), vector);
        }
    }

    [Fact]
    public async Task Fewer_dimensions_are_the_first_ones_of_length_1_again()
    {
        var whole = Vector(await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = Canary }));
        var cut = Vector(await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = Canary, dimensions = 64 }));

        var length = Math.Sqrt(whole[..64].Sum(n => (double)n * n));
        Assert.True(length < 0.9);
        AssertNear([.. whole[..64].Select(n => (float)(n / length))], cut);
        Assert.Equal(384, Vector(await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = Canary, dimensions = 384 })).Length);
    }

    [Fact]
    public async Task Two_thousand_and_forty_eight_inputs_are_answered()
    {
        var answer = await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = Enumerable.Repeat("a", 2048), encoding_format = "base64" });

        Assert.Equal(2048, answer.GetProperty("data").GetArrayLength());
        Assert.Equal(2048 * await CountAsync("a"), answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Requests_at_the_same_time_get_their_own_vectors()
    {
        var alone = new List<float[]>();
        for (var i = 0; i < 8; i++)
        {
            alone.Add(Vector(await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = $"{Canary} {i}" })));
        }

        var together = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => shared.AskAsync(Path, new { model = LocalGateway.Embed, input = $"{Canary} {i % 8}" })));

        for (var i = 0; i < together.Length; i++)
        {
            AssertNear(alone[i % 8], Vector(together[i]));
        }
    }

    [Theory]
    [InlineData("""{"model":"embed"}""", "input", "missing_required_parameter")]
    [InlineData("""{"model":"embed","input":null}""", "input", "missing_required_parameter")]
    [InlineData("""{"model":"embed","input":""}""", "input", "empty_string")]
    [InlineData("""{"model":"embed","input":[]}""", "input", "empty_array")]
    [InlineData("""{"model":"embed","input":["a",""]}""", "input[1]", "empty_string")]
    [InlineData("""{"model":"embed","input":[[1],[]]}""", "input[1]", "empty_array")]
    [InlineData("""{"model":"embed","input":["a",1]}""", "input[1]", "invalid_type")]
    [InlineData("""{"model":"embed","input":["a",[1]]}""", "input[1]", "invalid_type")]
    [InlineData("""{"model":"embed","input":[1,"a"]}""", "input[1]", "invalid_type")]
    [InlineData("""{"model":"embed","input":[[1],"a"]}""", "input[1]", "invalid_type")]
    [InlineData("""{"model":"embed","input":[[1],2]}""", "input[1]", "invalid_type")]
    [InlineData("""{"model":"embed","input":[null]}""", "input[0]", "invalid_type")]
    [InlineData("""{"model":"embed","input":{"a":1}}""", "input", "invalid_type")]
    [InlineData("""{"model":"embed","input":5}""", "input", "invalid_type")]
    [InlineData("""{"model":"embed","input":"\ud800"}""", "input", "invalid_value")]
    [InlineData("""{"model":"embed","input":[-1]}""", "input[0]", "invalid_value")]
    [InlineData("""{"model":"embed","input":[1.5]}""", "input[0]", "invalid_value")]
    [InlineData("""{"model":"embed","input":[250037]}""", "input", "invalid_value")]
    [InlineData("""{"model":"embed","input":[[1],[5,250037]]}""", "input[1]", "invalid_value")]
    [InlineData("""{"model":"embed","input":"a","encoding_format":"hex"}""", "encoding_format", "invalid_value")]
    [InlineData("""{"model":"embed","input":"a","encoding_format":5}""", "encoding_format", "invalid_type")]
    [InlineData("""{"model":"embed","input":"a","dimensions":0}""", "dimensions", "below_min_value")]
    [InlineData("""{"model":"embed","input":"a","dimensions":385}""", "dimensions", "above_max_value")]
    [InlineData("""{"model":"embed","input":"a","dimensions":"64"}""", "dimensions", "invalid_type")]
    [InlineData("""{"model":"embed","input":"a","stream":true}""", "stream", "unknown_parameter")]
    [InlineData("""{"model":"embed","input":"a","truncate":true}""", "truncate", "unknown_parameter")]
    public async Task What_cannot_be_embedded_is_refused_by_the_fields_name(string body, string param, string code)
    {
        var error = await shared.RefusedAsync(Path, body);

        Assert.Equal((param, code), (error.Param, error.Code));
        Assert.Contains(param, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_inputs_than_a_request_may_have_are_refused_with_both_numbers()
    {
        var error = await shared.RefusedAsync(Path, JsonSerializer.Serialize(new { model = LocalGateway.Embed, input = Enumerable.Repeat("a", 2049) }));

        Assert.Equal(("input", "array_above_max_length"), (error.Param, error.Code));
        Assert.Contains("2048", error.Message, StringComparison.Ordinal);
        Assert.Contains("2049", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_tokens_than_a_request_may_have_together_are_refused_with_both_numbers()
    {
        var error = await shared.RefusedAsync(Path, JsonSerializer.Serialize(new { model = LocalGateway.EmbedWindows, input = Enumerable.Repeat(5, 300_001) }));

        Assert.Equal(("input", "max_tokens_per_request"), (error.Param, error.Code));
        Assert.Contains("300000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_requests_than_places_in_the_queue_are_told_to_come_again()
    {
        await using var gateway = await TestGateway.StartAsync(new GatewayFile()
            .Model("m", "d")
            .Local("d", Repository.PathOf("src/Gateway/models/multilingual-e5-small-Q4_0.gguf"), "parallel: 1, queue: 0")
            .Tenant("acme", TestKeys.Acme, "m"));
        var body = JsonSerializer.Serialize(new { model = "m", input = Enumerable.Repeat(Canary, 64) });

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => gateway.PostAsync(body, Path)));

        Assert.Contains(responses, r => (int)r.StatusCode == 200);
        var refused = Assert.Single(responses.Where(r => (int)r.StatusCode != 200).Take(1));
        Assert.Equal("engine_overloaded", (await OpenAIError.ReadAsync(refused, 429)).Code);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_computation_and_is_charged_what_was_computed()
    {
        using var leaving = new CancellationTokenSource();
        using var content = new StringContent(JsonSerializer.Serialize(new { model = LocalGateway.Embed, input = Enumerable.Repeat(LongText(300), 500) }));
        var asking = shared.Gateway.Client.PostAsync(Path, content, leaving.Token);
        await Eventually.TrueAsync(async () => await EngineAsync("gateway_engine_requests_running") == 1, "the engine works on the request");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await Eventually.TrueAsync(
            async () => await EngineAsync("gateway_engine_requests_running") + await EngineAsync("gateway_engine_requests_waiting") == 0, "the engine is idle again");
        JsonElement line = default;
        await Eventually.TrueAsync(
            async () =>
            {
                var lines = await shared.Gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges?endpoint=embeddings&outcome=client_gone");
                return lines.GetProperty("data").GetArrayLength() == 1 && (line = lines.GetProperty("data")[0]).ValueKind == JsonValueKind.Object;
            },
            "the line is closed");
        var all = 500 * await CountAsync(LongText(300));
        Assert.InRange(line.GetProperty("input_tokens").GetInt32(), 1, all - 1);
        Assert.False(line.GetProperty("estimated").GetBoolean());
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_refused_with_both_numbers_and_its_place()
    {
        var text = LongText(600);
        var tokens = await CountAsync(text);

        var error = await shared.RefusedAsync(Path, JsonSerializer.Serialize(new { model = LocalGateway.Embed, input = new[] { "a", text } }));

        Assert.Equal(("input[1]", "context_length_exceeded"), (error.Param, error.Code));
        Assert.Contains("512", error.Message, StringComparison.Ordinal);
        Assert.Contains(tokens.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_is_too_long_becomes_the_mean_of_its_windows_where_the_operator_says_so()
    {
        var text = LongText(1300);
        var ids = (await shared.AskAsync("/tokenize", new { model = LocalGateway.EmbedWindows, prompt = text })).GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()).ToArray();

        var answer = await shared.AskAsync(Path, new { model = LocalGateway.EmbedWindows, input = new[] { text, "short" } });

        // 510 tokens of text in each window, between BOS and EOS; evenly spread, an eighth shared at least.
        var inner = ids[1..^1];
        var count = (int)Math.Ceiling((inner.Length - 510) / (510 - 63d)) + 1;
        var windows = Enumerable.Range(0, count).Select(i => i * (inner.Length - 510) / (count - 1)).Select(start => (int[])[ids[0], .. inner[start..(start + 510)], ids[^1]]).ToArray();
        Assert.True(count >= 3);
        var parts = await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = windows });
        var sum = Enumerable.Range(0, 384).Select(d => Enumerable.Range(0, count).Sum(w => Vector(parts, w)[d])).ToArray();
        var length = Math.Sqrt(sum.Sum(n => (double)n * n));
        AssertNear([.. sum.Select(n => (float)(n / length))], Vector(answer));
        AssertNear(Vector(await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = "short" })), Vector(answer, 1));
        Assert.Equal((count * 512) + await CountAsync("short"), answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Asking_a_model_for_what_it_is_not_for_is_refused_with_those_that_can()
    {
        var chat = await shared.RefusedAsync(Path, $$"""{"model":"{{LocalGateway.Chat}}","input":"a"}""");
        var embed = await shared.RefusedAsync("/v1/chat/completions", TestGateway.Prompt(LocalGateway.Embed));
        var completion = await shared.RefusedAsync("/v1/completions", $$"""{"model":"{{LocalGateway.Embed}}","prompt":"a"}""");
        var rerank = await shared.RefusedAsync("/v1/rerank", $$"""{"model":"{{LocalGateway.Embed}}","query":"a","documents":["b"]}""", key: TestKeys.Other);

        Assert.All([chat, embed, completion, rerank], error => Assert.Equal(("model", "model_not_supported"), (error.Param, error.Code)));
        Assert.Contains("generates text", chat.Message, StringComparison.Ordinal);
        Assert.Contains("`embed`", chat.Message, StringComparison.Ordinal);
        Assert.Contains("makes embeddings", embed.Message, StringComparison.Ordinal);
        Assert.Contains("`chat`", embed.Message, StringComparison.Ordinal);
        Assert.Contains("rank documents", rerank.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("`rerank`", rerank.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tokens_are_measured()
    {
        await shared.AskAsync(Path, new { model = LocalGateway.Embed, input = Canary });

        await Eventually.TrueAsync(
            async () => (await shared.Gateway.MetricsAsync()).Split('\n').Any(line =>
                line.StartsWith("gen_ai_client_token_usage", StringComparison.Ordinal) && line.Contains("gen_ai_operation_name=\"embeddings\"", StringComparison.Ordinal)
                && line.Contains("_sum", StringComparison.Ordinal) && line.Contains("gateway_deployment=\"e5\"", StringComparison.Ordinal)),
            "the tokens of embeddings stand in the metrics");
    }

    private async Task<int> EngineAsync(string gauge) => (await shared.Gateway.MetricsAsync()).Split('\n')
        .Where(line => line.StartsWith(gauge + "{", StringComparison.Ordinal) && line.Contains("\"e5\"", StringComparison.Ordinal))
        .Select(line => int.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))
        .Single();

    private static string LongText(int words) => $"{Canary} " + string.Join(' ', Enumerable.Range(0, words).Select(i => i % 3 == 0 ? "rain" : "sun"));

    private async Task<int> CountAsync(string text) =>
        (await shared.AskAsync("/tokenize", new { model = LocalGateway.Embed, prompt = text })).GetProperty("count").GetInt32();

    private static float[] Vector(JsonElement answer, int index = 0) => Floats(answer.GetProperty("data")[index].GetProperty("embedding"));

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetSingle())];

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), 0, 0.01);
        Assert.InRange(expected.Zip(actual, (a, b) => (double)a * b).Sum(), 0.999, 1.001);
    }

    private async Task<string> LineAsync(HttpResponseMessage response)
    {
        var id = response.Headers.GetValues("x-request-id").Single();
        ExchangeJson? line = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var lines = (await shared.Gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges")).GetProperty("data").Deserialize<List<ExchangeJson>>(AdminJson.Options)!;
                line = lines.Find(l => l.Id == id);
                return line is { Outcome: not "open" };
            },
            "the line is closed");
        return $"{line!.Endpoint}|{line.Model}|{line.Deployment}|{line.Outcome}|{line.Status}|{line.InputTokens}|{line.OutputTokens}|{line.Estimated}";
    }
}

public sealed class LocalEmbeddingsInProcessTests(LocalGateway shared) : LocalEmbeddingsTests(shared), IClassFixture<LocalGateway>;

[Collection(IsolatedGatewayClasses.Name)]
public sealed class LocalEmbeddingsInWorkerTests(IsolatedGateway shared) : LocalEmbeddingsTests(shared);
