using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace Gateway.EndToEnd.Tests;

/// <summary>The official OpenAI client for .NET against the gateway as it starts without configuration.</summary>
public sealed class SdkTests(SdkTests.RunningGateway running) : IClassFixture<SdkTests.RunningGateway>
{
    private const string Model = "smollm2-135m-instruct";
    private const string EmbeddingModel = "multilingual-e5-small";

    private readonly ChatClient _client = ClientOf(running.Gateway, running.Gateway.Key).GetChatClient(Model);

    [Fact]
    public async Task A_question_is_answered_with_the_key_that_the_start_printed()
    {
        ChatCompletion answer = await _client.CompleteChatAsync(
            [ChatMessage.CreateUserMessage("What is the capital of Peru?")], new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 32 });

        Assert.Contains("Lima", answer.Content[0].Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(answer.Usage.InputTokenCount + answer.Usage.OutputTokenCount, answer.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task A_stream_brings_the_answer_in_pieces_and_its_usage()
    {
        var text = "";
        ChatTokenUsage? usage = null;
        ChatFinishReason? reason = null;
        await foreach (var update in _client.CompleteChatStreamingAsync(
            [ChatMessage.CreateSystemMessage("Be brief."), ChatMessage.CreateUserMessage("What is the capital of Peru?")],
            new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 48 }))
        {
            text += string.Concat(update.ContentUpdate.Select(p => p.Text));
            reason = update.FinishReason ?? reason;
            usage = update.Usage ?? usage;
        }

        Assert.Contains("Lima", text, StringComparison.Ordinal);
        Assert.NotNull(reason);
        Assert.True(usage!.OutputTokenCount > 0);
    }

    [Fact]
    public async Task Models_are_listed()
    {
        var models = await ClientOf(running.Gateway, running.Gateway.Key).GetOpenAIModelClient().GetModelsAsync();

        Assert.Equal([EmbeddingModel, Model], models.Value.Select(m => m.Id));
    }

    [Fact]
    public async Task A_wrong_key_is_a_401_that_the_client_understands()
    {
        var client = ClientOf(running.Gateway, "wrong").GetChatClient(Model);

        var error = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync([ChatMessage.CreateUserMessage("Hello")]));

        Assert.Equal(401, error.Status);
        Assert.Contains("invalid_api_key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_is_not_supported_is_a_400_that_names_it()
    {
        var options = new ChatCompletionOptions { Metadata = { ["a"] = "b" } };

        var error = await Assert.ThrowsAsync<ClientResultException>(() => _client.CompleteChatAsync([ChatMessage.CreateUserMessage("Hello")], options));

        Assert.Equal(400, error.Status);
        Assert.Contains("metadata", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embeddings_come_as_the_client_asks_for_them()
    {
        var client = ClientOf(running.Gateway, running.Gateway.Key).GetEmbeddingClient(EmbeddingModel);

        var embeddings = await client.GenerateEmbeddingsAsync(["query: How is the weather?", "query: Wie ist das Wetter?", "query: Two and two make four."]);
        var shorter = await client.GenerateEmbeddingAsync("query: How is the weather?", new EmbeddingGenerationOptions { Dimensions = 96 });

        var vectors = embeddings.Value.Select(e => e.ToFloats()).ToList();
        Assert.All(vectors, v => Assert.Equal(384, v.Length));
        Assert.Equal(1, Dot(vectors[0], vectors[0]), 3);
        Assert.True(Dot(vectors[0], vectors[1]) > Dot(vectors[0], vectors[2]));
        Assert.Equal(96, shorter.Value.ToFloats().Length);
        Assert.InRange(embeddings.Value.Usage.InputTokenCount, 20, 40);
        Assert.Equal(embeddings.Value.Usage.InputTokenCount, embeddings.Value.Usage.TotalTokenCount);
    }

    private static float Dot(ReadOnlyMemory<float> first, ReadOnlyMemory<float> second)
    {
        var sum = 0f;
        for (var i = 0; i < first.Length; i++)
        {
            sum += first.Span[i] * second.Span[i];
        }

        return sum;
    }

    private static OpenAIClient ClientOf(GatewayProcess gateway, string key) =>
        new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = gateway.Api });

    public sealed class RunningGateway : IAsyncLifetime
    {
        public GatewayProcess Gateway { get; private set; } = null!;

        public async Task InitializeAsync() => Gateway = await GatewayProcess.StartAsync();

        public Task DisposeAsync() => Gateway.DisposeAsync().AsTask();
    }
}
