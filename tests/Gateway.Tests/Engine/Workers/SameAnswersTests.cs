using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine.Workers;

/// <summary>A model in this process and the same one in a worker: clients, the ledger and limits cannot tell them apart.</summary>
public sealed partial class SameAnswersTests(SameAnswersTests.Both both) : IClassFixture<SameAnswersTests.Both>
{
    private const string Chat = TestGateway.ChatPath;
    private const string Completions = "/v1/completions";
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"" + TestGateway.Canary + " What is the capital of Peru?\"}]";
    private const string Greedy = ",\"temperature\":0,\"max_tokens\":6";
    private const string Tool = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"on\":{\"type\":\"boolean\"}},\"required\":[\"on\"],\"additionalProperties\":false}}}],\"tool_choice\":\"required\",\"parallel_tool_calls\":false";

    [Theory]
    [InlineData("smol", Chat, Messages + Greedy)]
    [InlineData("smol", Chat, Messages + Greedy + ",\"stream\":true")]
    [InlineData("smol", Chat, Messages + Greedy + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")]
    [InlineData("smol", Chat, Messages + Greedy + ",\"logprobs\":true,\"top_logprobs\":2")]
    [InlineData("smol", Chat, Messages + ",\"temperature\":0,\"max_tokens\":40" + Tool)]
    [InlineData("smol", Chat, Messages + ",\"temperature\":0,\"max_tokens\":40,\"stream\":true" + Tool)]
    [InlineData("smol", Chat, Messages + ",\"temperature\":0,\"max_tokens\":20,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"j\",\"strict\":true,\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"boolean\"}},\"required\":[\"a\"],\"additionalProperties\":false}}}")]
    [InlineData("smol", Chat, Messages + ",\"temperature\":0,\"max_tokens\":30,\"stop\":[\"Peru\"]")]
    [InlineData("smol", Completions, "\"prompt\":\"" + TestGateway.Canary + " 1 2 3 4\",\"echo\":true" + Greedy)]
    [InlineData("smol", Completions, "\"prompt\":[[1,2,3],[4,5]]" + Greedy)]
    [InlineData("smol", Chat, Messages + ",\"temperature\":9")]
    [InlineData("smol", Chat, Messages + ",\"logit_bias\":{\"1000000\":1}")]
    [InlineData("smol", Chat, Messages + ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"j\",\"schema\":{\"type\":\"what\"}}}")]
    [InlineData("smol", Completions, "\"prompt\":[1,100000000]")]
    [InlineData("smol", Completions, "\"prompt\":\"\"")]
    [InlineData("smol", "/v1/embeddings", "\"input\":\"a\"")]
    [InlineData("smol", "/tokenize", "\"content\":\"a b c\",\"with_pieces\":true")]
    [InlineData("smol", "/tokenize", Messages)]
    [InlineData("smol", "/tokenize", "\"messages\":5")]
    [InlineData("smol", "/detokenize", "\"tokens\":[1,2,3]")]
    [InlineData("smol", "/detokenize", "\"tokens\":[100000000]")]
    public Task Answers_and_refusals_are_the_same(string model, string path, string body) => AssertSameAsync(model, path, body);

    [SharedTheory]
    [InlineData("lora", Completions, "\"prompt\":[1,2,3]" + Greedy)]
    [InlineData("lora-half", Completions, "\"prompt\":[1,2,3]" + Greedy)]
    [InlineData("tiny", Completions, "\"prompt\":[1,2,3]" + Greedy)]
    [InlineData("draft", Completions, "\"prompt\":[1,2,3]" + Greedy)]
    public Task Answers_with_adapters_are_the_same(string model, string path, string body) => AssertSameAsync(model, path, body);

    // Those of one answer alone.
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date", "Content-Length", "x-request-id", "x-gateway-decision", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
    };

    private async Task AssertSameAsync(string model, string path, string body)
    {
        var (here, hereStatus, hereLine) = await AskAsync(model, path, body);
        var (apart, apartStatus, apartLine) = await AskAsync(model + "-apart", path, body);

        Assert.Equal(here, apart);
        Assert.Equal(hereStatus, apartStatus);
        Assert.Equal(hereLine, apartLine);
    }

    /// <summary>The answer, its status, and what the ledger and the limits say of it.</summary>
    private async Task<(string Answer, string Status, string Line)> AskAsync(string model, string path, string body)
    {
        using var response = await both.Gateway.PostAsync($$"""{"model":"{{model}}",{{body}}}""", path);
        var answer = await response.Content.ReadAsStringAsync();
        var headers = response.Headers.Concat(response.Content.Headers).Where(h => !OwnHeaders.Contains(h.Key))
            .Select(h => $"{h.Key}: {string.Join(',', h.Value)}").Order(StringComparer.Ordinal);
        var id = response.Headers.GetValues("x-request-id").Single();
        var line = path.StartsWith("/v1", StringComparison.Ordinal) ? await both.LineAsync(id) : "";
        return (Common(Volatile().Replace(response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? Joined(answer) : answer, "$1")), Common($"{(int)response.StatusCode} {string.Join('|', headers)}"), Common(line));
    }

    // How much text comes by one event is a matter of time.
    private static string Joined(string stream)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        void Join(string path, JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    value.EnumerateObject().ToList().ForEach(p => Join($"{path}.{p.Name}", p.Value));
                    break;
                case JsonValueKind.Array:
                    value.EnumerateArray().ToList().ForEach(v => Join(path + "[]", v));
                    break;
                default:
                    texts[path] = path.EndsWith(".content", StringComparison.Ordinal) || path.EndsWith(".arguments", StringComparison.Ordinal) || !texts.TryGetValue(path, out var before) || before.Length == 0
                        ? texts.GetValueOrDefault(path) + value
                        : value.ToString() is { Length: > 0 } last ? last : before;
                    break;
            }
        }

        var events = stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, e => Assert.StartsWith("data: ", e, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", events[^1]);
        foreach (var data in events.SkipLast(1))
        {
            Join("", JsonDocument.Parse(data["data: ".Length..]).RootElement);
        }

        return string.Join('\n', texts.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"\"{t.Key[(t.Key.LastIndexOf('.') + 1)..]}\":{t.Key}={(Own.Contains(t.Key) ? "" : t.Value)}"));
    }

    private static readonly string[] Own = [".id", ".created", ".choices[].delta.tool_calls[].id"];

    private static string Common(string text) => text.Replace("-apart", "", StringComparison.Ordinal);

    [GeneratedRegex("(\"created\":|\"(?:chatcmpl|cmpl|call)[-_])[0-9A-Za-z]+")]
    private static partial Regex Volatile();

    public sealed class Both : IAsyncLifetime
    {
        internal TestGateway Gateway { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            var file = new GatewayFile();
            var models = new List<string>();
            Add(file, models, "smol", Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), "context_length: 512, threads: 1");
            if (SharedModels.Missing is null)
            {
                var (tiny, lora) = (SharedModels.Tiny("tiny-llama.gguf"), SharedModels.Tiny("tiny-llama-lora.gguf"));
                Add(file, models, "tiny", tiny, "context_length: 512, threads: 1");
                Add(file, models, "draft", tiny, $"context_length: 512, threads: 1, draft_model: \"{SharedModels.Tiny("tiny-qwen3moe.gguf")}\"");
                Add(file, models, "lora", tiny, $"context_length: 512, threads: 1, lora: [\"{lora}\"]");
                Add(file, models, "lora-half", tiny, $"context_length: 512, threads: 1, lora: [{{ path: \"{lora}\", scale: 0.5 }}]");
            }

            file.LimitedTenant("acme", TestKeys.Acme, "limits: { tokens_per_minute: 10000000 }", [.. models]).Admin("auditor", "auditor", TestKeys.Admin);
            Gateway = await TestGateway.StartAsync(file);
        }

        public Task DisposeAsync() => Gateway.DisposeAsync().AsTask();

        internal async Task<string> LineAsync(string id)
        {
            var line = "";
            await Eventually.TrueAsync(
                async () =>
                {
                    var lines = (await Gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges?limit=50")).GetProperty("data").EnumerateArray().Where(l => l.GetProperty("id").GetString() == id).ToList();
                    if (lines is not [var only] || only.GetProperty("outcome").GetString() == "open")
                    {
                        return false;
                    }

                    line = string.Join('|', only.EnumerateObject().Where(p => !Changing.Contains(p.Name)).Select(p => $"{p.Name}={(p.Name == "first_token_ms" ? p.Value.ValueKind : p.Value)}"));
                    return true;
                },
                $"the ledger has {id}");
            return line;
        }

        private static readonly string[] Changing = ["id", "opened_at", "closed_at", "latency_ms", "decision"];

        private static void Add(GatewayFile file, List<string> models, string name, string path, string keys)
        {
            file.Model(name, name).Local(name, path, keys).Model(name + "-apart", name + "-apart").Local(name + "-apart", path, keys + ", isolation: process");
            models.AddRange([name, name + "-apart"]);
        }
    }
}
