using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests;

/// <summary>A gateway with one model of each kind, for all tests of a class.</summary>
public class LocalGateway : IAsyncLifetime
{
    public const string Chat = "chat";
    public const string Embed = "embed";
    public const string EmbedWindows = "embed-windows";
    public const string Rerank = "rerank";
    public const string RerankWindows = "rerank-windows";
    public const string Remote = "remote";

    /// <summary>Keys of a third tenant that has <see cref="Chat"/> and <see cref="Embed"/>: for one of them only, and for all endpoints but one.</summary>
    public const string EmbedKey = "scope-embed";
    public const string NoDetokenizeKey = "scope-no-detokenize";

    internal FakeUpstream Upstream { get; } = FakeUpstream.Start();

    internal TestGateway Gateway { get; private set; } = null!;

    /// <summary>Output of llama-server of the same libllama.</summary>
    internal static JsonElement Reference { get; } = SharedModels.Missing is null
        ? JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(SharedModels.Tiny("reference.json")))
        : default;

    /// <summary>What each model has beside its own keys.</summary>
    private protected virtual string More => "";

    public async Task InitializeAsync()
    {
        var file = new GatewayFile()
            .Model(Chat, "smol")
            .Model(Embed, "e5")
            .Model(EmbedWindows, "e5-windows")
            .Model(Remote, "remote")
            .Local("smol", Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), Keys("context_length: 512"))
            .Local("e5", Repository.PathOf("src/Gateway/models/multilingual-e5-small-Q4_0.gguf"), Keys())
            .Local("e5-windows", Repository.PathOf("src/Gateway/models/multilingual-e5-small-Q4_0.gguf"), Keys("overlong: window"))
            .Deployment("remote", Upstream.BaseUrl)
            .Tenant("other", TestKeys.Other, Embed, Remote)
            .ScopedTenant("scoped", "[chat, embed]", (EmbedKey, "models: [embed]"), (NoDetokenizeKey, "endpoints: [tokenize, embeddings]"))
            .Admin("auditor", "auditor", TestKeys.Admin);
        if (SharedModels.Missing is null)
        {
            file.Model(Rerank, "ranker").Model(RerankWindows, "ranker-windows").Model("tiny-llama", "tiny-llama")
                .Local("ranker", SharedModels.Tiny("tiny-reranker.gguf"), Keys())
                .Local("ranker-windows", SharedModels.Tiny("tiny-reranker.gguf"), Keys("overlong: window"))
                .Local("tiny-llama", SharedModels.Tiny("tiny-llama.gguf"), Keys("context_length: 256"))
                .Tenant("acme", TestKeys.Acme, Chat, Embed, EmbedWindows, Remote, Rerank, RerankWindows, "tiny-llama");
        }
        else
        {
            file.Tenant("acme", TestKeys.Acme, Chat, Embed, EmbedWindows, Remote);
        }

        Gateway = await TestGateway.StartAsync(file);
        await AskAsync("/v1/embeddings", new { model = Embed, input = "a" });
    }

    /// <summary>Sends a request and reads its answer, which must be a 200. A model may compute for a while on a busy machine.</summary>
    internal async Task<JsonElement> AskAsync(string path, object body, string key = TestKeys.Acme)
    {
        using var client = new HttpClient { BaseAddress = Gateway.Api, Timeout = TimeSpan.FromMinutes(5) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
        using var response = await client.PostAsync(path, content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 200, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Sends a request that must be refused with a 400.</summary>
    internal async Task<OpenAIError> RefusedAsync(string path, string body, int status = 400, string key = TestKeys.Acme)
    {
        using var response = await Gateway.PostAsync(body, path, key);
        return await OpenAIError.ReadAsync(response, status);
    }

    private string Keys(string own = "") => string.Join(", ", new[] { own, More }.Where(k => k.Length > 0));

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Upstream.DisposeAsync();
    }
}

/// <summary>The same, with each model in a process of its own.</summary>
public sealed class IsolatedGateway : LocalGateway
{
    private protected override string More => "isolation: process";
}

/// <summary>Classes whose tests share one <see cref="IsolatedGateway"/>.</summary>
[CollectionDefinition(Name)]
public sealed class IsolatedGatewayClasses : ICollectionFixture<IsolatedGateway>
{
    public const string Name = "isolated";
}
