using System.Text;
using System.Text.Json.Nodes;
using Gateway.Api;
using Gateway.Residency.Fields;
using Gateway.Tenants;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Privacy;

/// <summary>What goes abroad has placeholders in place of personal data, and what comes back has the values again.</summary>
public sealed class RedactionTests : UpstreamsTest
{
    private const string Cpf = "529.982.247-25";
    private const string Other = "111.444.777-35";

    public override Task InitializeAsync()
    {
        Far.Script = Redacting.EchoAsync;
        return Task.CompletedTask;
    }

    [Theory, StoreKinds]
    public async Task Values_stay_here_and_come_back_in_the_answer(string kind)
    {
        var gateway = await StartAsync(Redacting.File(Far).Store(kind == "postgresql" ? await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync() : null));
        const string Text = $"{TestGateway.Canary} CPF {Cpf} e {Other}, de novo {Cpf}; ana@example.org \"\\ \n fim";
        using var answer = await gateway.PostAsync(Redacting.Prompt(Text));

        Assert.Equal(Text, await Redacting.AnswerAsync(answer));
        Assert.Equal($"{TestGateway.Canary} CPF <br_cpf:1> e <br_cpf:2>, de novo <br_cpf:1>; <email:1> \"\\ \n fim", Redacting.ContentOf(Far.Requests.Single()));
        Assert.Equal(("personal", "far", "br_cpf=3,email=1"), (Redacting.Header(answer, "data-class"), Redacting.Header(answer, "deployment"), Redacting.Header(answer, "redacted")));
        Assert.Equal((await answer.Content.ReadAsByteArrayAsync()).Length, answer.Content.Headers.ContentLength);

        var line = (await Redacting.LinesAsync(gateway, 1))[0];
        Assert.Equal(("br_cpf=3,email=1", "br_cpf=3,email=1", "personal"), (line.Findings, line.Redacted, line.DataClass));
    }

    // Every field that the gateway knows, with a value in it as text, as a number and as a key.
    [Fact]
    public async Task No_field_lets_a_value_out()
    {
        var gateway = await StartAsync(Redacting.File(Far).Model("e", "far").Model("r", "far"));
        Far.Script = c => c.SendAsync(Answers.Ok);
        var sent = 0;
        foreach (var (endpoint, path) in new[] { (ApiEndpoint.ChatCompletions, "/v1/chat/completions"), (ApiEndpoint.Completions, "/v1/completions"), (ApiEndpoint.Embeddings, "/v1/embeddings"), (ApiEndpoint.Rerank, "/v1/rerank") })
        {
            foreach (var batch in Places(FieldTable.Of(endpoint), "#", depth: 0).Where(p => p != "#" && !p.StartsWith("{\"model\"", StringComparison.Ordinal) && !p.StartsWith("{\"stream", StringComparison.Ordinal)).GroupBy(p => p[..p.IndexOf(':', StringComparison.Ordinal)]))
            {
                foreach (var place in batch)
                {
                    var value = (sent % 4) switch
                    {
                        0 => $"\"CPF {Cpf}\"",
                        1 => $"[\"x\",\"cpf: {Cpf}\"]",
                        2 => $"{{\"cpf\":52998224725,\"{Cpf}\":\"\\u0035\\u0032\\u0039.982.247-25\"}}",
                        _ => $"\"{{\\\"cpf\\\":52998224725,\\\"of\\\":\\\"{Cpf}\\\"}}\"",
                    };
                    using var answer = await gateway.PostAsync("{\"model\":\"m\"," + place.Replace("#", value, StringComparison.Ordinal)[1..], path);
                    sent++;
                    Assert.True((int)answer.StatusCode < 500, place);
                }
            }
        }

        Assert.InRange(Far.Requests.Count, sent / 2, sent);
        Assert.All(Far.Requests, r => AssertClean(r.Text));
    }

    [Theory]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"cpf\":\"\\u0035\\u0032998224725\",\"n\":52998224725}"}}]}""", """{"cpf":"<br_cpf:1>","n":"<br_cpf:2>"}""")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"in\":\"{\\\"cpf\\\": 52998224725, \\\"x\\\": [52998224725 ]}\"}"}}]}""", """{"in":"{\"cpf\": \"<br_cpf:1>\", \"x\": [\"<br_cpf:1>\" ]}"}""")]
    public async Task Json_in_strings_stays_json(string message, string expected)
    {
        var gateway = await StartAsync(Redacting.File(Far));
        Far.Script = c => c.SendAsync(Answers.Ok);
        using var answer = await gateway.PostAsync($$"""{"model":"m","messages":[{{message}}]}""");
        Assert.Equal(200, (int)answer.StatusCode);
        var sent = JsonNode.Parse(Far.Requests.Single().Body)!["messages"]![0]!["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>();
        Assert.Equal(expected, sent);
        Assert.NotNull(JsonNode.Parse(sent));
    }

    [Theory]
    [InlineData("CPF 529.982.247-25", "text/plain")]
    [InlineData("nome,cpf\nAna,529.982.247-25\nRui,111.444.777-35\n", "text/csv")]
    public async Task Text_in_base64_is_redacted_in_it(string text, string type)
    {
        var gateway = await StartAsync(Redacting.File(Far));
        Far.Script = c => c.SendAsync(Answers.Ok);
        var file = $"data:{type};name=ana@example.org;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}";
        using var answer = await gateway.PostAsync($$"""{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a","file_data":"{{file}}"} }]}]}""");
        Assert.Equal(200, (int)answer.StatusCode);
        var sent = JsonNode.Parse(Far.Requests.Single().Body)!["messages"]![0]!["content"]![0]!["file"]!["file_data"]!.GetValue<string>();
        Assert.StartsWith($"data:{type};name=<email:1>;base64,", sent, StringComparison.Ordinal);
        Assert.Equal(text.Replace(Cpf, "<br_cpf:1>", StringComparison.Ordinal).Replace(Other, "<br_cpf:2>", StringComparison.Ordinal), Encoding.UTF8.GetString(Convert.FromBase64String(sent[(sent.IndexOf(',', StringComparison.Ordinal) + 1)..])));
    }

    [Theory]
    [InlineData($"<br_cpf:1> is what I call CPF {Cpf}", "<br_cpf:1> is what I call CPF <br_cpf:2>")]
    [InlineData($"&lt;br_cpf:1&gt; <BR_CPF: 2> is what I call CPF {Cpf}", "&lt;br_cpf:1&gt; <BR_CPF: 2> is what I call CPF <br_cpf:3>")]
    [InlineData($"CPF {Cpf}: never say <br_cpf:7>", "CPF <br_cpf:1>: never say <br_cpf:7>")]
    public async Task Placeholders_that_somebody_typed_stay_as_typed(string text, string expected)
    {
        var gateway = await StartAsync(Redacting.File(Far));
        using var answer = await gateway.PostAsync(Redacting.Prompt(text));
        Assert.Equal(text, await Redacting.AnswerAsync(answer));
        Assert.Equal(expected, Redacting.ContentOf(Far.Requests.Single()));
    }

    [Fact]
    public async Task Placeholders_that_the_model_made_up_stay_as_they_are()
    {
        var gateway = await StartAsync(Redacting.File(Far));
        Far.Script = c => c.SendAsync(Answers.Json("""{"choices":[{"index":0,"message":{"content":"<br_cpf:2> <email:1> <br_cpf:01> < br_cpf:1> <br_cpf> <:1> <br_cpf:1"},"finish_reason":"stop"}]}"""));
        using var answer = await gateway.PostAsync(Redacting.Prompt("CPF " + Cpf));
        Assert.Equal("<br_cpf:2> <email:1> <br_cpf:01> < br_cpf:1> <br_cpf> <:1> <br_cpf:1", await Redacting.AnswerAsync(answer));
    }

    [Fact]
    public async Task What_has_a_known_value_in_it_is_redacted_without_a_word_beside_it_too()
    {
        var gateway = await StartAsync(Redacting.File(Far));
        const string Text = "Kenya national ID 23456789 of a patient.\n\nOrder 23456789-X 123456789 and then 23456789.";
        using var answer = await gateway.PostAsync(Redacting.Prompt(Text));
        Assert.Equal(Text, await Redacting.AnswerAsync(answer));
        Assert.DoesNotContain(" 23456789", Redacting.ContentOf(Far.Requests.Single()), StringComparison.Ordinal);
        Assert.Contains("123456789", Redacting.ContentOf(Far.Requests.Single()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_kinds_with_a_rule_are_redacted_and_the_others_raise_the_class()
    {
        var gateway = await StartAsync(Redacting.File(Far, "privacy: [{ kinds: [br_cpf], classes: [personal], action: redact }, { kinds: [payment_card], action: refuse }]"));
        using var redacted = await gateway.PostAsync(Redacting.Prompt("CPF " + Cpf));
        Assert.Equal("CPF " + Cpf, await Redacting.AnswerAsync(redacted));
        using var raised = await gateway.PostAsync(Redacting.Prompt($"CPF {Cpf}, ana@example.org"));
        Assert.Equal(["processing_not_allowed"], (await OpenAIError.ReadAsync(raised, 403)).Deployments["far"]);
        using var refused = await gateway.PostAsync(Redacting.Prompt($"CPF {Cpf}, card 4111 1111 1111 1111"));
        var error = await OpenAIError.ReadAsync(refused, 400);
        Assert.Equal("personal_data_refused", error.Code);
        Assert.DoesNotMatch("4111|529|br_cpf", error.Message);
        Assert.Single(Far.Requests);
    }

    [Fact]
    public async Task What_must_be_redacted_goes_abroad_redacted_and_stays_where_it_cannot_be()
    {
        var policy = Redacting.Saude.Replace("personal: { processing: [BR]", "personal: { processing: [BR, US], redact: required", StringComparison.Ordinal);
        var gateway = await StartAsync(Redacting.File(Far, "privacy: []", policy));
        using var text = await gateway.PostAsync(Redacting.Prompt("CPF " + Cpf));
        Assert.Equal("CPF " + Cpf, await Redacting.AnswerAsync(text));
        AssertClean(Far.Requests.Single().Text);

        foreach (var part in new[]
        {
            """{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}""",
            """{"type":"image_url","image_url":{"url":"DATA:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}""",
            """{"type":"image_url","image_url":{"url":"https://example.org/photo.png"}}""",
            """{"type":"input_audio","input_audio":{"data":"UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgA","format":"wav"}}""",
            """{"type":"file","file":{"file_id":"file-1"}}""",
        })
        {
            using var answer = await gateway.PostAsync($$"""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"CPF {{Cpf}}"},{{part}}]}]}""");
            Assert.Equal(["not_redacted"], (await OpenAIError.ReadAsync(answer, 403)).Deployments["far"]);
        }

        using var tokens = await gateway.PostAsync("""{"model":"m","prompt":[464,3139,286]}""", "/v1/completions");
        Assert.Equal(["not_redacted"], (await OpenAIError.ReadAsync(tokens, 403)).Deployments["far"]);
        using var many = await gateway.PostAsync(Redacting.Prompt(string.Concat(Enumerable.Range(0, 5000).Select(i => $"a{i}@b.co "))));
        Assert.Equal(["not_redacted"], (await OpenAIError.ReadAsync(many, 403)).Deployments["far"]);
        Assert.Single(Far.Requests);
    }

    [Fact]
    public async Task Each_deployment_gets_what_it_may_get_while_one_makes_up_for_another()
    {
        using var folder = new Configuration.ConfigFolder();
        var (model, gone) = (Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), folder.PathOf("gone.gguf"));
        File.CreateSymbolicLink(gone, model);

        // The near one is asked first, and is down; what it gets is redacted too, for it is not in this process.
        var gateway = await StartAsync(Redacting.File(Far)
            .Deployment("near", Near.BaseUrl, more: Redacting.InBrazil)
            .Local("here", model, "context_length: 512, load: first_use")
            .Local("broken", gone, "load: first_use")
            .Model("to-here", "near here").Model("from-here", "broken far"));
        Near.Script = c => c.SendAsync(Answers.Json("{}", 503));
        File.Delete(gone);
        for (var i = 0; i < 16; i++)
        {
            using var here = await gateway.PostAsync($$"""{"model":"to-here","prompt":"CPF {{Cpf}}","echo":true,"max_tokens":1}""", "/v1/completions");
            var text = await here.Content.ReadAsStringAsync();
            Assert.True((int)here.StatusCode == 200, text);
            Assert.Contains(Cpf, text, StringComparison.Ordinal);
            Assert.Equal(("here", null), (Redacting.Header(here, "deployment"), Redacting.Header(here, "redacted")));

            using var far = await gateway.PostAsync(Redacting.Prompt("CPF " + Cpf).Replace("\"m\"", "\"from-here\"", StringComparison.Ordinal));
            Assert.Equal("CPF " + Cpf, await Redacting.AnswerAsync(far));
            Assert.Equal(("far", "br_cpf=1"), (Redacting.Header(far, "deployment"), Redacting.Header(far, "redacted")));
        }

        Assert.NotEmpty(Near.Requests);
        Assert.All(Near.Requests.Concat(Far.Requests), r => AssertClean(r.Text));
    }

    [Fact]
    public async Task Placeholders_of_a_keyed_hash_are_the_same_in_all_requests_of_a_tenant()
    {
        Environment.SetEnvironmentVariable("REDACTION_TEST_SECRET", "0123456789abcdef0123");
        var gateway = await StartAsync(Redacting.File(Far).More("privacy: { placeholders: { stable: conversation, secret: \"${REDACTION_TEST_SECRET}\" } }")
            .TenantOf($"name: other, models: [\"*\"], policy: saude, keys: [{{ name: first, sha256: {KeyHash.Of(TestKeys.Other)} }}], {Redacting.RedactAll}"));
        string[] texts = [$"CPF {Other} e {Cpf}", $"CPF {Cpf}"];
        foreach (var (text, key) in new[] { (texts[0], TestKeys.Acme), (texts[1], TestKeys.Acme), (texts[1], TestKeys.Other) })
        {
            using var answer = await gateway.PostAsync(Redacting.Prompt(text), key: key);
            Assert.Equal(text, await Redacting.AnswerAsync(answer));
        }

        string[] sent = [.. Far.Requests.Select(r => Redacting.ContentOf(r).Split(' ')[^1])];
        Assert.Matches("^<br_cpf:[a-z]{8}>$", sent[0]);
        Assert.Equal(sent[0], sent[1]);
        Assert.NotEqual(sent[0], sent[2]);
    }

    [Fact]
    public async Task Texts_for_vectors_and_ranking_are_redacted_and_documents_come_back_whole()
    {
        var gateway = await StartAsync(Redacting.File(Far));
        Far.Script = c => c.SendAsync(Answers.Json("""{"data":[{"index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":3,"total_tokens":3}}"""));
        using var embedded = await gateway.PostAsync($$"""{"model":"m","input":["CPF {{Cpf}}"]}""", "/v1/embeddings");
        Assert.Equal(200, (int)embedded.StatusCode);
        Far.Script = c => c.SendAsync(Answers.Json("""{"results":[{"index":0,"relevance_score":0.5,"document":{"text":"CPF <br_cpf:1>"}}]}"""));
        using var ranked = await gateway.PostAsync($$"""{"model":"m","query":"who","documents":["CPF {{Cpf}}"],"return_documents":true}""", "/v1/rerank");
        Assert.Contains(Cpf, await ranked.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.All(Far.Requests, r => AssertClean(r.Text));
    }

    [Fact]
    public async Task An_error_that_repeats_a_placeholder_tells_the_value()
    {
        var gateway = await StartAsync(Redacting.File(Far));
        Far.Script = c => c.SendAsync(Answers.Json("""{"error":{"message":"what is <br_cpf:1>?","type":"x","param":null,"code":null}}""", 400));
        using var answer = await gateway.PostAsync(Redacting.Prompt("CPF " + Cpf));
        Assert.Equal($"what is {Cpf}?", (await OpenAIError.ReadAsync(answer, 400)).Message);
    }

    [Fact]
    public async Task Explain_says_what_would_be_redacted()
    {
        var gateway = await StartAsync(Redacting.File(Far));
        var explained = await gateway.AdminJsonAsync(HttpMethod.Post, "/explain", $$"""{"tenant":"acme","request":{{Redacting.Prompt("CPF " + Cpf)}}}""");
        Assert.True(explained.GetProperty("permitted").GetBoolean());
        Assert.Equal("personal", explained.GetProperty("data_class").GetString());
        var text = explained.GetProperty("text").GetString()!;
        Assert.Contains("placeholders for some of it (br_cpf=1), so for them it is `public`", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Cpf, text, StringComparison.Ordinal);
        using var answer = await gateway.PostAsync(Redacting.Prompt("CPF " + Cpf));
        Assert.Equal(Redacting.Header(answer, "decision"), explained.GetProperty("decision").GetString());
        Assert.Empty(Near.Requests);
    }

    [Theory]
    [InlineData("privacy: { placeholders: { stable: conversation } }", "privacy.placeholders.secret")]
    [InlineData("privacy: { placeholders: { stable: forever } }", "privacy.placeholders.stable")]
    public void Keys_that_cannot_be_are_told(string yaml, string key)
    {
        using var folder = new Configuration.ConfigFolder();
        Assert.Contains(folder.Load(Configuration.ConfigFolder.Sample + "\n" + yaml + "\n").Errors, e => e.Key == key);
    }

    private static void AssertClean(string text)
    {
        Assert.DoesNotContain(Cpf, text, StringComparison.Ordinal);
        Assert.DoesNotContain("52998224725", text, StringComparison.Ordinal);
        Assert.DoesNotContain("982.247-25", text, StringComparison.Ordinal);
    }

    private async Task<TestGateway> StartAsync(GatewayFile file) => Started = await TestGateway.StartAsync(file);

    private static IEnumerable<string> Places(FieldNode node, string body, int depth)
    {
        string Put(Field field) => body.Replace("#", $"{{\"{Encoding.UTF8.GetString(field.Name)}\":#}}", StringComparison.Ordinal);
        return node.Inside == Inside.Fields && depth < 4 ? node.Fields.SelectMany(f => Places(f.Value, Put(f), depth + 1)).Append(body) : [body];
    }
}
