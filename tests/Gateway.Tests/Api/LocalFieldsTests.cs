using System.Text;
using System.Text.Json;
using Gateway.Api;
using Gateway.Api.Chat;
using Gateway.Api.Completions;

namespace Gateway.Tests.Api;

/// <summary>What becomes of the fields of a request to a local model: each is honoured, or refused by its name.</summary>
public sealed class LocalFieldsTests
{
    [Theory]
    [InlineData("modalities", "[\"\\ud800\"]", "modalities", "unsupported_value")]
    [InlineData("response_format", "{\"type\":\"\\ud800\"}", "response_format.type", "unsupported_value")]
    [InlineData("messages", "[{\"role\":\"user\",\"content\":[{\"type\":\"\\ud800\",\"text\":\"a\"}]}]", "messages[0].content[0].type", "unsupported_value")]
    [InlineData("response_format", "{\"type\":\"text\",\"json_schema\":{}}", "response_format.json_schema", "unsupported_parameter")]
    [InlineData("messages", "[{\"role\":\"user\",\"content\":[{\"type\":5}]}]", "messages[0].content[0].type", "unsupported_value")]
    [InlineData("messages", "[{\"role\":\"user\",\"content\":[]}]", "messages[0].content", "empty_array")]
    [InlineData("tools", "{}", "tools", "invalid_type")]
    [InlineData("functions", "{}", "functions", "unsupported_parameter")]
    [InlineData("metadata", "[]", "metadata", "unsupported_parameter")]
    [InlineData("logit_bias", "[]", "logit_bias", "invalid_type")]
    [InlineData("logit_bias", "{\"5\":101}", "logit_bias.5", "above_max_value")]
    [InlineData("logit_bias", "{\"5\":\"1\"}", "logit_bias.5", "invalid_type")]
    [InlineData("logit_bias", "{\"-5\":1}", "logit_bias.-5", "invalid_value")]
    [InlineData("top_logprobs", "2", "top_logprobs", "invalid_parameter_combination")]
    [InlineData("top_logprobs", "21,\"logprobs\":true", "top_logprobs", "above_max_value")]
    [InlineData("logprobs", "1", "logprobs", "invalid_type")]
    [InlineData("reasoning_effort", "\"much\"", "reasoning_effort", "invalid_value")]
    [InlineData("chat_template_kwargs", "[]", "chat_template_kwargs", "invalid_type")]
    [InlineData("chat_template_kwargs", "{\"messages\":[]}", "chat_template_kwargs.messages", "invalid_value")]
    [InlineData("function_call", "{\"name\":\"f\"}", "function_call", "unsupported_parameter")]
    [InlineData("service_tier", "\"flex\"", "service_tier", "unsupported_value")]
    [InlineData("parallel_tool_calls", "1", "parallel_tool_calls", "invalid_type")]
    [InlineData("stream_options", "{\"include_obfuscation\":5}", "stream_options.include_obfuscation", "invalid_type")]
    [InlineData("stream_options", "{\"include_obfuscation\":true}", "stream_options.include_obfuscation", "unsupported_parameter")]
    [InlineData("stream_options", "{\"include_usage\":true}", "stream_options", "invalid_parameter_combination")]
    [InlineData("n", "128.0", "n", "invalid_type")]
    [InlineData("n", "0.5", "n", "below_min_value")]
    [InlineData("max_tokens", "1e999", "max_tokens", "above_max_value")]
    [InlineData("temperature", "1e999", "temperature", "above_max_value")]
    [InlineData("temperature", "-1e999", "temperature", "below_min_value")]
    [InlineData("seed", "9223372036854775808", "seed", "above_max_value")]
    [InlineData("seed", "-9223372036854775809", "seed", "below_min_value")]
    [InlineData("seed", "-1e999", "seed", "below_min_value")]
    public void A_field_of_a_chat_that_cannot_be_honoured_is_refused_by_name(string field, string value, string param, string code) =>
        AssertRefused(Chat(field, value), param, code);

    [Theory]
    [InlineData("stream_options", "{\"include_usage\":true}", "stream_options", "invalid_parameter_combination")]
    [InlineData("logprobs", "6", "logprobs", "above_max_value")]
    [InlineData("logprobs", "1,\"echo\":true", "logprobs", "unsupported_value")]
    [InlineData("best_of", "2", "best_of", "unsupported_value")]
    [InlineData("best_of", "1,\"n\":2", "best_of", "unsupported_value")]
    [InlineData("best_of", "1.5", "best_of", "invalid_type")]
    [InlineData("n", "65,\"prompt\":[\"a\",\"b\"]", "n", "above_max_value")]
    [InlineData("prompt", "[1,1e18]", "prompt[1]", "invalid_value")]
    [InlineData("prompt", "[1,-1]", "prompt[1]", "invalid_value")]
    [InlineData("prompt", "[[1],[1.5]]", "prompt[1][0]", "invalid_value")]
    [InlineData("prompt", "[1,\"a\"]", "prompt[1]", "invalid_type")]
    public void A_field_of_a_completion_that_cannot_be_honoured_is_refused_by_name(string field, string value, string param, string code) =>
        AssertRefused(Completion(field, value), param, code);

    [Theory]
    [InlineData("tools", "[]")]
    [InlineData("functions", "[]")]
    [InlineData("metadata", "{}")]
    [InlineData("logit_bias", "{}")]
    [InlineData("logit_bias", "{\"5\":-100,\"6\":0.5}")]
    [InlineData("logprobs", "true,\"top_logprobs\":20")]
    [InlineData("tool_choice", "\"none\"")]
    [InlineData("response_format", "{\"type\":\"text\"}")]
    [InlineData("chat_template_kwargs", "{\"enable_thinking\":false}")]
    [InlineData("reasoning_effort", "\"none\"")]
    [InlineData("service_tier", "\"auto\"")]
    [InlineData("service_tier", "\"default\"")]
    [InlineData("parallel_tool_calls", "false")]
    [InlineData("parallel_tool_calls", "true")]
    [InlineData("stream_options", "null")]
    [InlineData("seed", "-9223372036854775808")]
    [InlineData("temperature", "-0")]
    public void A_field_of_a_chat_that_asks_for_what_happens_anyway_is_taken(string field, string value) => Assert.Null(Chat(field, value));

    [Theory]
    [InlineData("best_of", "2,\"n\":2")]
    [InlineData("best_of", "1")]
    [InlineData("n", "64,\"prompt\":[\"a\",\"b\"]")]
    public void A_field_of_a_completion_that_asks_for_what_happens_anyway_is_taken(string field, string value) => Assert.Null(Completion(field, value));

    [Fact]
    public void A_limit_is_told_in_full()
    {
        Assert.Contains("<= 9223372036854775807,", Chat("seed", "1e30")!.Message, StringComparison.Ordinal);
        Assert.Contains(">= -2,", Chat("presence_penalty", "-3")!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_does_not_repeat_a_key_of_any_length()
    {
        var key = new string('k', 100_000);
        foreach (var error in new[]
        {
            Chat("messages", $$"""[{"role":"user","content":"a","{{key}}":1}]"""),
            Chat("messages", $$"""[{"role":"user","content":[{"type":"text","text":"a","{{key}}":1}]}]"""),
            Chat("stream_options", $$"""{"{{key}}":1}"""),
        })
        {
            Assert.True(error!.Message.Length + error.Param!.Length < 500);
        }
    }

    private static void AssertRefused(ApiError? error, string param, string code)
    {
        Assert.Equal((400, param, code), (error!.Status, error.Param, error.Code));
    }

    private static ApiError? Chat(string field, string value)
    {
        var messages = field == "messages" ? "" : ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";
        using var body = Parse($$"""{"model":"m","{{field}}":{{value}}{{messages}}}""");
        _ = ChatRequest.Read(body.RootElement, out var error);
        return error;
    }

    private static ApiError? Completion(string field, string value)
    {
        var prompt = field == "prompt" || value.Contains("prompt", StringComparison.Ordinal) ? "" : ",\"prompt\":\"Hello\"";
        using var body = Parse($$"""{"model":"m","{{field}}":{{value}}{{prompt}}}""");
        _ = CompletionRequest.Read(body.RootElement, out var error);
        return error;
    }

    private static JsonDocument Parse(string body) => RequestFields.Parse(Encoding.UTF8.GetBytes(body), out _)!;
}
