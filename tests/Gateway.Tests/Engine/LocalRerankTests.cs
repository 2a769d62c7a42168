using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary><c>/v1/rerank</c> of a model in this process.</summary>
public abstract class LocalRerankTests(LocalGateway shared)
{
    private const string Path = "/v1/rerank";
    private const string Canary = TestGateway.Canary;

    [SharedFact]
    public async Task Documents_come_in_the_order_of_their_scores_which_are_those_of_llama_server()
    {
        foreach (var query in LocalGateway.Reference.GetProperty("rerank").GetProperty("queries").EnumerateArray())
        {
            var scores = query.GetProperty("scores").EnumerateArray().Select(s => s.GetDouble()).ToArray();

            var body = new { model = LocalGateway.Rerank, query = query.GetProperty("query"), documents = query.GetProperty("documents"), raw_scores = false };

            var results = Results(await shared.AskAsync(Path, body));
            var raw = Results(await shared.AskAsync(Path, body with { raw_scores = true }));

            Assert.Equal(Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]), results.Select(r => r.Index));
            Assert.All(results, r => Assert.Equal(1 / (1 + Math.Exp(-scores[r.Index])), r.Score, tolerance: 0.005));
            Assert.Equal(results.Select(r => r.Index), raw.Select(r => r.Index));
            Assert.All(raw, r => Assert.Equal(scores[r.Index], r.Score, tolerance: 0.02));
        }
    }

    [SharedFact]
    public async Task An_answer_has_the_fields_that_clients_of_Jina_and_Cohere_read()
    {
        var answer = await shared.AskAsync(Path, new
        {
            model = LocalGateway.Rerank,
            query = Canary,
            documents = new object[] { $"{Canary} one", new { text = "two" }, "three" },
            top_n = 2,
            return_documents = true,
        });

        Assert.Equal(["id", "object", "model", "results", "usage", "meta"], answer.EnumerateObject().Select(p => p.Name));
        var results = answer.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(2, results.Count);
        Assert.All(results, r => Assert.Equal(new[] { $"{Canary} one", "two", "three" }[r.GetProperty("index").GetInt32()], r.GetProperty("document").GetProperty("text").GetString()));
        var tokens = answer.GetProperty("usage").GetProperty("total_tokens").GetInt32();
        Assert.True(tokens > 10);
        Assert.Equal((tokens, tokens), (answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), answer.GetProperty("meta").GetProperty("tokens").GetProperty("input_tokens").GetInt32()));
        var bare = await shared.AskAsync(Path, new { model = LocalGateway.Rerank, query = "a", documents = new[] { "b" }, top_n = 7 });
        Assert.Equal(["index", "relevance_score"], Assert.Single(bare.GetProperty("results").EnumerateArray()).EnumerateObject().Select(p => p.Name));
    }

    [SharedFact]
    public async Task A_document_that_is_too_long_has_the_score_of_its_best_window_where_the_operator_says_so()
    {
        var document = $"{Canary} " + string.Concat(Enumerable.Repeat("the sun is shining and the rain is falling ", 150));
        var body = new { model = LocalGateway.RerankWindows, query = "weather", documents = new[] { "short", document } };

        var error = await shared.RefusedAsync(Path, JsonSerializer.Serialize(body with { model = LocalGateway.Rerank }));
        var answer = await shared.AskAsync(Path, body);
        var query = await shared.RefusedAsync(Path, JsonSerializer.Serialize(body with { query = document }));

        Assert.Equal(("documents[1]", "context_length_exceeded"), (error.Param, error.Code));
        Assert.Equal([0, 1], Results(answer).Select(r => r.Index).Order());
        Assert.True(answer.GetProperty("usage").GetProperty("total_tokens").GetInt32() > 1024);
        Assert.Equal(("query", "context_length_exceeded"), (query.Param, query.Code));
    }

    [SharedTheory]
    [InlineData("""{"model":"rerank","documents":["a"]}""", "query", "missing_required_parameter")]
    [InlineData("""{"model":"rerank","query":"a"}""", "documents", "missing_required_parameter")]
    [InlineData("""{"model":"rerank","query":"","documents":["a"]}""", "query", "empty_string")]
    [InlineData("""{"model":"rerank","query":["a"],"documents":["a"]}""", "query", "invalid_type")]
    [InlineData("""{"model":"rerank","query":"a","documents":[]}""", "documents", "empty_array")]
    [InlineData("""{"model":"rerank","query":"a","documents":"b"}""", "documents", "invalid_type")]
    [InlineData("""{"model":"rerank","query":"a","documents":["a",5]}""", "documents[1]", "invalid_type")]
    [InlineData("""{"model":"rerank","query":"a","documents":[{"title":"b"}]}""", "documents[0].title", "unsupported_parameter")]
    [InlineData("""{"model":"rerank","query":"a","documents":[{}]}""", "documents[0].text", "missing_required_parameter")]
    [InlineData("""{"model":"rerank","query":"a","documents":[{"text":5}]}""", "documents[0].text", "invalid_type")]
    [InlineData("""{"model":"rerank","query":"a","documents":["a"],"top_n":0}""", "top_n", "below_min_value")]
    [InlineData("""{"model":"rerank","query":"a","documents":["a"],"return_documents":1}""", "return_documents", "invalid_type")]
    [InlineData("""{"model":"rerank","query":"a","documents":["a"],"max_tokens_per_doc":9}""", "max_tokens_per_doc", "unsupported_parameter")]
    [InlineData("""{"model":"rerank","query":"a","documents":["a"],"max_chunks_per_doc":9}""", "max_chunks_per_doc", "unsupported_parameter")]
    [InlineData("""{"model":"rerank","query":"a","documents":["a"],"truncation":true}""", "truncation", "unsupported_parameter")]
    [InlineData("""{"model":"rerank","query":"a","documents":["a"],"texts":[]}""", "texts", "unknown_parameter")]
    public async Task What_cannot_be_ranked_is_refused_by_the_fields_name(string body, string param, string code)
    {
        var error = await shared.RefusedAsync(Path, body);

        Assert.Equal((param, code), (error.Param, error.Code));
    }

    [SharedFact]
    public async Task Chat_with_a_reranker_is_refused_with_what_can()
    {
        var error = await shared.RefusedAsync("/v1/chat/completions", TestGateway.Prompt(LocalGateway.Rerank));

        Assert.Equal("model_not_supported", error.Code);
        Assert.Contains("ranks documents", error.Message, StringComparison.Ordinal);
        Assert.Contains("`chat`", error.Message, StringComparison.Ordinal);
    }

    private static List<(int Index, double Score)> Results(JsonElement answer) =>
        [.. answer.GetProperty("results").EnumerateArray().Select(r => (r.GetProperty("index").GetInt32(), r.GetProperty("relevance_score").GetDouble()))];
}

public sealed class LocalRerankInProcessTests(LocalGateway shared) : LocalRerankTests(shared), IClassFixture<LocalGateway>;

[Collection(IsolatedGatewayClasses.Name)]
public sealed class LocalRerankInWorkerTests(IsolatedGateway shared) : LocalRerankTests(shared);
