using System.ClientModel;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Gateway.EndToEnd.Tests;

/// <summary>Tools and JSON answers through the official OpenAI client for .NET.</summary>
public sealed class ToolTests(SdkTests.RunningGateway running) : IClassFixture<SdkTests.RunningGateway>
{
    private static readonly BinaryData Parameters = BinaryData.FromString(
        """
        {"type": "object", "properties": {"city": {"type": "string", "maxLength": 40}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
         "required": ["city", "unit"], "additionalProperties": false}
        """);

    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool("get_weather", "Weather of a city.", Parameters, functionSchemaIsStrict: true);

    private readonly ChatClient _client = new OpenAIClient(
        new ApiKeyCredential(running.Gateway.Key), new OpenAIClientOptions { Endpoint = running.Gateway.Api }).GetChatClient("smollm2-135m-instruct");

    [Fact]
    public async Task A_conversation_of_several_turns_calls_a_tool_and_goes_on_with_its_result()
    {
        List<ChatMessage> messages = [ChatMessage.CreateUserMessage("What is the weather in Lima?")];
        for (var turn = 0; turn < 2; turn++)
        {
            ChatCompletion answer = await _client.CompleteChatAsync(messages, Options(ChatToolChoice.CreateRequiredChoice()));

            Assert.Equal(ChatFinishReason.ToolCalls, answer.FinishReason);
            var call = Assert.Single(answer.ToolCalls);
            AssertValid(call.FunctionName, call.FunctionArguments.ToString());
            messages.Add(ChatMessage.CreateAssistantMessage(answer));
            messages.Add(ChatMessage.CreateToolMessage(call.Id, """{"degrees": 19.5}"""));
        }

        var options = Options(ChatToolChoice.CreateNoneChoice());
        options.MaxOutputTokenCount = 24;
        ChatCompletion last = await _client.CompleteChatAsync(messages, options);

        Assert.Empty(last.ToolCalls);
        Assert.NotEmpty(last.Content[0].Text);
    }

    [Fact]
    public async Task A_streamed_call_is_put_together_and_answered()
    {
        List<ChatMessage> messages = [ChatMessage.CreateUserMessage("What is the weather in Lima?")];
        string? id = null, name = null;
        ChatFinishReason? reason = null;
        var arguments = new StringBuilder();
        await foreach (var update in _client.CompleteChatStreamingAsync(messages, Options(ChatToolChoice.CreateRequiredChoice())))
        {
            foreach (var call in update.ToolCallUpdates)
            {
                id ??= call.ToolCallId;
                name ??= call.FunctionName;
                arguments.Append(call.FunctionArgumentsUpdate);
            }

            reason = update.FinishReason ?? reason;
        }

        AssertValid(name, arguments.ToString());
        Assert.Equal(ChatFinishReason.ToolCalls, reason);
        messages.Add(ChatMessage.CreateAssistantMessage([ChatToolCall.CreateFunctionToolCall(id, name, BinaryData.FromString(arguments.ToString()))]));
        messages.Add(ChatMessage.CreateToolMessage(id, "19.5 degrees"));

        var text = "";
        var options = Options(ChatToolChoice.CreateNoneChoice());
        options.MaxOutputTokenCount = 24;
        await foreach (var update in _client.CompleteChatStreamingAsync(messages, options))
        {
            text += string.Concat(update.ContentUpdate.Select(p => p.Text));
        }

        Assert.NotEmpty(text);
    }

    [Fact]
    public async Task A_tool_that_is_named_is_called()
    {
        ChatCompletion answer = await _client.CompleteChatAsync(
            [ChatMessage.CreateUserMessage("What is the weather in Lima?")], Options(ChatToolChoice.CreateFunctionChoice("get_weather")));

        var call = Assert.Single(answer.ToolCalls);
        AssertValid(call.FunctionName, call.FunctionArguments.ToString());
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_schema_is_kept_to(long seed)
    {
        var schema = BinaryData.FromString(
            """
            {"type": "object", "properties": {"city": {"type": "string", "maxLength": 40}, "population": {"type": "integer", "minimum": 1},
             "rivers": {"type": "array", "items": {"type": "string", "maxLength": 20}, "maxItems": 3}},
             "required": ["city", "population", "rivers"], "additionalProperties": false}
            """);
#pragma warning disable OPENAI001 // Seeds are marked as in beta.
        var options = new ChatCompletionOptions
        {
            Seed = seed,
            MaxOutputTokenCount = 400,
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("city", schema, jsonSchemaIsStrict: true),
        };
#pragma warning restore OPENAI001

        ChatCompletion answer = await _client.CompleteChatAsync([ChatMessage.CreateUserMessage("Tell of Lima as JSON.")], options);

        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        using var json = JsonDocument.Parse(answer.Content[0].Text);
        Assert.True(json.RootElement.GetProperty("city").GetString()!.Length <= 40);
        Assert.True(json.RootElement.GetProperty("population").GetDecimal() >= 1);
        Assert.True(json.RootElement.GetProperty("rivers").GetArrayLength() <= 3);
        Assert.Equal(3, json.RootElement.GetPropertyCount());
    }

    [Fact]
    public async Task Log_probabilities_are_told()
    {
        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 8, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 };

        ChatCompletion answer = await _client.CompleteChatAsync([ChatMessage.CreateUserMessage("What is the capital of Peru?")], options);

        Assert.Equal(answer.Content[0].Text, string.Concat(answer.ContentTokenLogProbabilities.Select(t => t.Token)));
        Assert.All(answer.ContentTokenLogProbabilities, t => Assert.Equal(2, t.TopLogProbabilities.Count));
    }

    private static ChatCompletionOptions Options(ChatToolChoice choice) => new()
    {
        Tools = { Weather },
        ToolChoice = choice,
        AllowParallelToolCalls = false,
        MaxOutputTokenCount = 200,
    };

    private static void AssertValid(string? name, string arguments)
    {
        Assert.Equal("get_weather", name);
        using var json = JsonDocument.Parse(arguments);
        Assert.Equal(2, json.RootElement.GetPropertyCount());
        Assert.True(json.RootElement.GetProperty("city").GetString()!.Length <= 40);
        Assert.Contains(json.RootElement.GetProperty("unit").GetString(), (string[])["celsius", "fahrenheit"]);
    }
}
