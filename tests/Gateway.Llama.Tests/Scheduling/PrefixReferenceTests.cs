namespace Gateway.Llama.Tests.Scheduling;

/// <summary>
/// The reference's answers, wherever a prompt is taken up: from its beginning, in the middle of another that is known, after the cache has lost it, and back
/// from the host's memory. Beside <see cref="PrefixCacheTests"/>, which has what is cached and when.
/// </summary>
public sealed class PrefixReferenceTests
{
    private const string WithAdapter = "+lora";

    // Long enough to be worth sharing, with a part of their own behind it.
    private const int LeastPrompt = 60;

    public static TheoryData<string> Models => [.. SchedulingTests.TinyModels, "tiny-llama" + WithAdapter];

    [SharedTheory]
    [MemberData(nameof(Models))]
    public async Task A_prompt_that_goes_on_from_the_middle_of_a_known_one_gives_the_references_tokens(string model)
    {
        await using var hosted = await HostedModel.LoadAsync(model);
        foreach (var run in LongRuns(model))
        {
            // The first two go other ways. Where states are kept, the second leaves one where their ways parted.
            var middle = run.PromptIds.Length / 2;
            await hosted.AskAsync([.. run.PromptIds[..middle], .. PrefixCacheTests.Numbers(10, 1)]);
            await hosted.AskAsync([.. run.PromptIds[..middle], .. PrefixCacheTests.Numbers(10, 2)]);

            var answer = await hosted.AskAsync(run.PromptIds);

            AssertReference(run, answer);
            Assert.Equal(middle, answer.Generation.CachedTokens);
        }
    }

    [SharedTheory]
    [MemberData(nameof(Models))]
    public async Task A_prompt_that_the_cache_has_lost_gives_the_references_tokens_again(string model)
    {
        await using var hosted = await HostedModel.LoadAsync(model, options => options with { CacheCells = 1024, HostCacheBytes = 0 });
        foreach (var run in LongRuns(model))
        {
            await hosted.AskAsync(run.PromptIds);
            await hosted.FillAsync();

            var answer = await hosted.AskAsync(run.PromptIds);

            AssertReference(run, answer);
            Assert.Equal(0, answer.Generation.CachedTokens);
        }
    }

    [SharedTheory]
    [MemberData(nameof(Models))]
    public async Task A_prompt_that_comes_back_from_the_hosts_memory_gives_the_references_tokens(string model)
    {
        await using var hosted = await HostedModel.LoadAsync(model, options => options with { CacheCells = 1024, HostCacheBytes = LlamaEngineOptions.DefaultHostCacheBytes });
        foreach (var run in LongRuns(model))
        {
            await hosted.AskAsync(run.PromptIds);
            await hosted.AskAsync(run.PromptIds);
            await hosted.FillAsync();
            var before = hosted.Engine.Statistics.Spills;

            var answer = await hosted.AskAsync(run.PromptIds);

            AssertReference(run, answer);
            Assert.NotEqual(0, before);
            Assert.InRange(answer.Generation.CachedTokens, 1, run.PromptIds.Length - 1);
        }
    }

    private static Reference.Run[] LongRuns(string model)
    {
        var runs = Reference.Runs(model).Where(run => run.PromptIds.Length >= LeastPrompt && run.SafeLength > 0).ToArray();
        Assert.InRange(runs.Sum(run => run.SafeLength), 20, 1000);
        return runs;
    }

    private static void AssertReference(Reference.Run run, Answer answer) => Assert.Equal(run.Ids[..run.SafeLength], answer.Tokens[..run.SafeLength]);

    private sealed record HostedModel(LlamaEngine Engine, LlamaAdapter? Adapter) : IAsyncDisposable
    {
        public static async Task<HostedModel> LoadAsync(string model, Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null)
        {
            var file = model.Replace(WithAdapter, "", StringComparison.Ordinal);
            var engine = await TestModels.LoadAsync(TestModels.Tiny(file + ".gguf"), configure);
            return new(engine, file == model ? null : await engine.LoadAdapterAsync(TestModels.Tiny(file + "-lora.gguf")));
        }

        public Task<Answer> AskAsync(int[] prompt) => Engine.AskAsync(new GenerationRequest
        {
            Prompt = prompt,
            MaxTokens = 24,
            Sampling = Answers.Greedy,
            Adapters = Adapter is null ? [] : [new(Adapter, 1)],
        });

        /// <summary>Asks so much else that no cell is left of what was known.</summary>
        public async Task FillAsync()
        {
            for (var i = 0; i < 3; i++)
            {
                await Engine.AskAsync(PrefixCacheTests.Request(PrefixCacheTests.Numbers(900, 100 + i), maxTokens: 100));
            }
        }

        public ValueTask DisposeAsync()
        {
            Adapter?.Dispose();
            return Engine.DisposeAsync();
        }
    }
}
