using System.Text;
using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary><c>/tokenize</c> and <c>/detokenize</c>, in the shapes of llama-server and vLLM.</summary>
public abstract class TokenEndpointsTests(LocalGateway shared)
{
    private const string Canary = TestGateway.Canary;

    [SharedTheory]
    [InlineData(LocalGateway.Chat, "smollm2")]
    [InlineData(LocalGateway.Embed, "e5")]
    [InlineData("tiny-llama", "tiny-llama")]
    [InlineData(LocalGateway.Rerank, "tiny-reranker")]
    public async Task Tokens_and_texts_are_those_of_llama_server(string model, string tokenizer)
    {
        foreach (var expected in LocalGateway.Reference.GetProperty("tokenize").GetProperty(tokenizer).GetProperty("strings").EnumerateArray())
        {
            var content = expected.GetProperty("text").GetString()!;
            Assert.Equal(Ints(expected.GetProperty("parse")), await TokensAsync(new { model, content }));
            Assert.Equal(Ints(expected.GetProperty("no_parse")), await TokensAsync(new { model, content, parse_special = false }));
            Assert.Equal(Ints(expected.GetProperty("add_special_parse")), await TokensAsync(new { model, content, add_special = true }));
            Assert.Equal(Ints(expected.GetProperty("add_special_parse")), await TokensAsync(new { model, prompt = content }));
            Assert.Equal(Ints(expected.GetProperty("parse")), await TokensAsync(new { model, prompt = content, add_special_tokens = false }));
            var text = await shared.AskAsync("/detokenize", new { model, tokens = expected.GetProperty("no_parse") });
            Assert.Equal(expected.GetProperty("detokenized_no_parse").GetString(), text.GetProperty("content").GetString());
            Assert.Equal(expected.GetProperty("detokenized_no_parse").GetString(), text.GetProperty("prompt").GetString());
        }
    }

    [Fact]
    public async Task Pieces_are_texts_or_where_they_are_parts_of_a_character_bytes()
    {
        var answer = await shared.AskAsync("/tokenize", new { model = LocalGateway.Chat, content = $"{Canary} 𓀀<|im_end|>", with_pieces = true });

        var bytes = new List<byte>();
        var parts = 0;
        foreach (var token in answer.GetProperty("tokens").EnumerateArray())
        {
            Assert.True(token.GetProperty("id").GetInt32() >= 0);
            var piece = token.GetProperty("piece");
            bytes.AddRange(piece.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetBytes(piece.GetString()!) : piece.EnumerateArray().Select(b => b.GetByte()));
            parts += piece.ValueKind == JsonValueKind.Array ? 1 : 0;
        }

        Assert.Equal($"{Canary} 𓀀<|im_end|>", Encoding.UTF8.GetString([.. bytes]));
        Assert.True(parts >= 2);
    }

    [Fact]
    public async Task A_count_tells_the_models_length_and_the_vocabularys_texts()
    {
        var answer = await shared.AskAsync("/tokenize", new { model = LocalGateway.Chat, prompt = $"{Canary} the", return_token_strs = true });

        Assert.Equal(["count", "max_model_len", "tokens", "token_strs"], answer.EnumerateObject().Select(p => p.Name));
        Assert.Equal((answer.GetProperty("tokens").GetArrayLength(), 512), (answer.GetProperty("count").GetInt32(), answer.GetProperty("max_model_len").GetInt32()));
        Assert.Equal("\u0120the", answer.GetProperty("token_strs").EnumerateArray().Last().GetString());
    }

    [Fact]
    public async Task A_conversation_has_the_tokens_that_its_answer_will_count()
    {
        var messages = new[] { new { role = "user", content = $"{Canary} <|im_end|> Hello" } };
        var count = (await shared.AskAsync("/tokenize", new { model = LocalGateway.Chat, messages })).GetProperty("count").GetInt32();

        var answer = await shared.AskAsync("/v1/chat/completions", new { model = LocalGateway.Chat, messages, max_tokens = 1 });

        Assert.Equal(answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), count);
        var tools = new[] { new { type = "function", function = new { name = "weather", parameters = new { type = "object" } } } };
        Assert.True((await shared.AskAsync("/tokenize", new { model = LocalGateway.Chat, messages, tools })).GetProperty("count").GetInt32() > count);
    }

    [Fact]
    public async Task The_model_may_be_left_out_where_there_is_one_only()
    {
        var named = await shared.AskAsync("/tokenize", new { model = LocalGateway.Embed, content = Canary }, TestKeys.Other);
        var unnamed = await shared.AskAsync("/tokenize", new { content = Canary }, TestKeys.Other);

        Assert.Equal(named.GetRawText(), unnamed.GetRawText());
        Assert.NotEmpty((await shared.AskAsync("/detokenize", new { tokens = unnamed.GetProperty("tokens") }, TestKeys.Other)).GetProperty("content").GetString()!);
        var several = await shared.RefusedAsync("/tokenize", """{"content":"a"}""");
        Assert.Equal(("model", "missing_required_parameter"), (several.Param, several.Code));
    }

    [Theory]
    [InlineData("/tokenize", """{"model":"chat"}""", 400, "content", "missing_required_parameter")]
    [InlineData("/tokenize", """{"model":"chat","content":"a","prompt":"b"}""", 400, "prompt", "invalid_parameter_combination")]
    [InlineData("/tokenize", """{"model":"chat","content":"a","return_token_strs":true}""", 400, "return_token_strs", "invalid_parameter_combination")]
    [InlineData("/tokenize", """{"model":"chat","prompt":"a","with_pieces":true}""", 400, "with_pieces", "invalid_parameter_combination")]
    [InlineData("/tokenize", """{"model":"chat","prompt":"a","tools":[]}""", 400, "tools", "invalid_parameter_combination")]
    [InlineData("/tokenize", """{"model":"chat","messages":[{"role":"user","content":"a"}],"tools":5}""", 400, "tools", "invalid_type")]
    [InlineData("/tokenize", """{"model":"chat","content":["a",5]}""", 400, "content", "invalid_type")]
    [InlineData("/tokenize", """{"model":"chat","messages":[]}""", 400, "messages", "empty_array")]
    [InlineData("/tokenize", """{"model":"chat","messages":"a"}""", 400, "messages", "invalid_type")]
    [InlineData("/tokenize", """{"model":"chat","messages":[{"role":"user","content":"a"}],"add_generation_prompt":false}""", 400, "add_generation_prompt", "unsupported_value")]
    [InlineData("/tokenize", """{"model":"chat","content":"a","nothing":1}""", 400, "nothing", "unknown_parameter")]
    [InlineData("/tokenize", """{"model":5,"content":"a"}""", 400, "model", "invalid_type")]
    [InlineData("/tokenize", """{"model":"remote","content":"a"}""", 400, "model", "model_not_supported")]
    [InlineData("/tokenize", """{"model":"nothing","content":"a"}""", 404, null, "model_not_found")]
    [InlineData("/tokenize", """{"model":"chat","content":""", 400, null, "invalid_json")]
    [InlineData("/tokenize", "", 400, null, "invalid_json")]
    [InlineData("/tokenize", "[]", 400, null, "invalid_json")]
    [InlineData("/detokenize", """{"model":"chat"}""", 400, "tokens", "missing_required_parameter")]
    [InlineData("/detokenize", """{"model":"chat","tokens":"a"}""", 400, "tokens", "invalid_type")]
    [InlineData("/detokenize", """{"model":"chat","tokens":[1,"a"]}""", 400, "tokens[1]", "invalid_type")]
    [InlineData("/detokenize", """{"model":"chat","tokens":[1,-1]}""", 400, "tokens[1]", "invalid_value")]
    [InlineData("/detokenize", """{"model":"chat","tokens":[49152]}""", 400, "tokens", "invalid_value")]
    [InlineData("/detokenize", """{"model":"remote","tokens":[1]}""", 400, "model", "model_not_supported")]
    public async Task What_cannot_be_done_is_refused_by_the_fields_name(string path, string body, int status, string? param, string code)
    {
        var error = await shared.RefusedAsync(path, body, status);

        Assert.Equal((param, code), (error.Param, error.Code));
    }

    [Fact]
    public async Task A_model_of_another_tenant_does_not_exist_and_a_key_is_needed()
    {
        Assert.Equal("model_not_found", (await shared.RefusedAsync("/tokenize", """{"model":"chat","content":"a"}""", 404, TestKeys.Other)).Code);
        Assert.Equal("invalid_api_key", (await shared.RefusedAsync("/tokenize", """{"model":"chat","content":"a"}""", 401, "wrong")).Code);
        Assert.Equal("invalid_api_key", (await shared.RefusedAsync("/detokenize", """{"model":"chat","tokens":[1]}""", 401, "wrong")).Code);
    }

    [Fact]
    public async Task A_keys_scope_holds_here_too()
    {
        Assert.Equal("model_not_found", (await shared.RefusedAsync("/tokenize", """{"model":"chat","content":"a"}""", 404, LocalGateway.EmbedKey)).Code);
        Assert.Equal("model_not_found", (await shared.RefusedAsync("/detokenize", """{"model":"chat","tokens":[1]}""", 404, LocalGateway.EmbedKey)).Code);
        var unnamed = await shared.AskAsync("/tokenize", new { content = Canary }, LocalGateway.EmbedKey);
        Assert.Equal((await shared.AskAsync("/tokenize", new { model = LocalGateway.Embed, content = Canary })).GetRawText(), unnamed.GetRawText());

        Assert.NotEmpty((await shared.AskAsync("/tokenize", new { model = LocalGateway.Chat, content = Canary }, LocalGateway.NoDetokenizeKey)).GetProperty("tokens").EnumerateArray());
        var refused = await shared.RefusedAsync("/detokenize", """{"model":"chat","tokens":[1]}""", 403, LocalGateway.NoDetokenizeKey);
        Assert.Equal("endpoint_not_allowed", refused.Code);
        Assert.Contains("`detokenize`", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused() =>
        Assert.Equal("request_too_large", (await shared.RefusedAsync("/tokenize", $$"""{"model":"chat","content":"{{new string('a', 1_000_001)}}"}""", 413)).Code);

    private async Task<int[]> TokensAsync(object body) => Ints((await shared.AskAsync("/tokenize", body)).GetProperty("tokens"));

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(t => t.GetInt32())];
}

public sealed class TokenEndpointsInProcessTests(LocalGateway shared) : TokenEndpointsTests(shared), IClassFixture<LocalGateway>;

[Collection(IsolatedGatewayClasses.Name)]
public sealed class TokenEndpointsInWorkerTests(IsolatedGateway shared) : TokenEndpointsTests(shared);
