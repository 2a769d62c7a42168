namespace Gateway.Llama.Tests.Scheduling;

/// <summary>What is computed once is not computed again, and no answer changes by it.</summary>
public sealed class PrefixCacheTests
{
    public static TheoryData<string, bool> TinyModels
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var row in SchedulingTests.TinyModels)
            {
                data.Add(row, true);
                data.Add(row, false);
            }

            return data;
        }
    }

    [SharedTheory]
    [MemberData(nameof(TinyModels))]
    public async Task Answers_are_the_references_with_the_cache_and_without(string model, bool cache)
    {
        await using var engine = await LoadAsync(model, options => options with { PrefixCache = cache });

        // The second time the prompts are known, the third time a model with states has one where it is of use.
        for (var time = 0; time < 3; time++)
        {
            foreach (var run in Reference.Runs(model))
            {
                var answer = await engine.AskAsync(run.Prompt, maxTokens: 24);
                Assert.Equal(run.Ids[..run.SafeLength], answer.Tokens[..run.SafeLength]);
                if (!cache)
                {
                    Assert.Equal(0, answer.Generation.CachedTokens);
                }
                else if (time == 2 && run.PromptIds.Length > 40 && model != "tiny-gemma3")
                {
                    Assert.InRange(answer.Generation.CachedTokens, run.PromptIds.Length - 32, run.PromptIds.Length - 1);
                }
            }
        }

        Assert.Equal(0, engine.Statistics.CellsUsed);
        Assert.Equal(cache, engine.Statistics.CellsCached > 0);
    }

    [SharedTheory]
    [MemberData(nameof(SchedulingTests.TinyModels), MemberType = typeof(SchedulingTests))]
    public async Task A_conversation_goes_on_from_where_it_was(string model)
    {
        await using var engine = await LoadAsync(model);
        var prompt = Numbers(200, 1);
        var first = await engine.AskAsync(Request(prompt, maxTokens: 20));

        // The last token that was drawn is not in the context.
        int[] next = [.. prompt, .. first.Tokens, .. Numbers(30, 2)];
        var second = await engine.AskAsync(Request(next, maxTokens: 20));

        Assert.Equal(prompt.Length + first.Tokens.Length - 1, second.Generation.CachedTokens);
    }

    [SharedTheory]
    [MemberData(nameof(SchedulingTests.TinyModels), MemberType = typeof(SchedulingTests))]
    public async Task Eight_at_the_same_time_read_what_they_share_once(string model)
    {
        await using var engine = await LoadAsync(model);
        var shared = Numbers(700, 1);

        var answers = await Task.WhenAll(engine.SubmitAll([.. Enumerable.Range(0, 8).Select(i => Request([.. shared, .. Numbers(10, 100 + i)], maxTokens: 5))])
            .Select(g => g.ReadToEndAsync()));

        Assert.All(answers, answer => Assert.Equal(5, answer.Tokens.Length));
        Assert.Equal(700 + (8 * 10), engine.Statistics.PromptTokens);
        Assert.Equal(7 * 700, engine.Statistics.CachedTokens);
        Assert.Equal(7, answers.Count(a => a.Generation.CachedTokens == 700));
    }

    [SharedTheory]
    [MemberData(nameof(SchedulingTests.TinyModels), MemberType = typeof(SchedulingTests))]
    public async Task When_the_one_that_reads_is_cancelled_the_next_goes_on(string model)
    {
        await using var engine = await LoadAsync(model, options => options with { BatchSize = 64 });
        var shared = Numbers(900, 1);
        for (var time = 0; time < 5; time++)
        {
            // Whose prompts nobody has read yet.
            shared[0] = 10 + time;
            using var cancellation = new CancellationTokenSource();
            var before = engine.Statistics.PromptTokens;
            var leader = engine.Submit(Request([.. shared, 1], maxTokens: 5), cancellation.Token);
            var followers = engine.SubmitAll([.. Enumerable.Range(0, 4).Select(i => Request([.. shared, .. Numbers(10, 100 + i)], maxTokens: 5))]);
            while (engine.Statistics.PromptTokens < before + (time * 64))
            {
                await Task.Yield();
            }

            await cancellation.CancelAsync();

            Assert.All(await Task.WhenAll(followers.Select(g => g.ReadToEndAsync())), answer => Assert.Equal(5, answer.Tokens.Length));
            await leader.ReadToEndFromHereAsync();
            Assert.InRange(engine.Statistics.PromptTokens - before, 900 + 40, 900 + 40 + 1);
        }
    }

    [SharedTheory]
    [MemberData(nameof(SchedulingTests.TinyModels), MemberType = typeof(SchedulingTests))]
    public async Task No_tenant_finds_what_another_has_asked(string model)
    {
        await using var engine = await LoadAsync(model);
        var request = Request(Numbers(300, 1), maxTokens: 5);
        foreach (var owner in new[] { "a", "b", "" })
        {
            await engine.AskAsync(request with { Owner = owner });
            await engine.AskAsync(request with { Owner = owner });
        }

        Assert.Equal(0, (await engine.AskAsync(request with { Owner = "c" })).Generation.CachedTokens);
        Assert.Equal(299, (await engine.AskAsync(request with { Owner = "a" })).Generation.CachedTokens);

        // Nor while it is being read: neither waits for the other.
        var both = await Task.WhenAll(engine.SubmitAll([request with { Owner = "d" }, request with { Owner = "e" }]).Select(g => g.ReadToEndAsync()));
        Assert.All(both, answer => Assert.Equal(0, answer.Generation.CachedTokens));
    }

    [SharedFact]
    public async Task What_was_computed_with_an_adapter_is_for_that_adapter()
    {
        await using var engine = await LoadAsync("tiny-llama");
        var request = Request(Numbers(300, 1), maxTokens: 5);
        using (var adapter = await engine.LoadAdapterAsync(TestModels.Tiny("tiny-llama-lora.gguf")))
        {
            await engine.AskAsync(request);
            var adapted = request with { Adapters = [new(adapter, 1)] };

            Assert.Equal(0, (await engine.AskAsync(adapted)).Generation.CachedTokens);
            Assert.Equal(299, (await engine.AskAsync(adapted)).Generation.CachedTokens);
            Assert.Equal(0, (await engine.AskAsync(request with { Adapters = [new(adapter, 0.5f)] })).Generation.CachedTokens);
        }

        // It goes with the adapter: what is loaded later may be another file of the same name.
        using var again = await engine.LoadAdapterAsync(TestModels.Tiny("tiny-llama-lora.gguf"));
        Assert.Equal(0, (await engine.AskAsync(request with { Adapters = [new(again, 1)] })).Generation.CachedTokens);
        Assert.Equal(299, (await engine.AskAsync(request)).Generation.CachedTokens);
    }

    [SharedTheory]
    [MemberData(nameof(SchedulingTests.TinyModels), MemberType = typeof(SchedulingTests))]
    public async Task What_does_not_fit_goes_to_the_hosts_memory_and_comes_back_as_it_was(string model)
    {
        // Cells for one at a time, and room for all that leaves them.
        await using var engine = await LoadAsync(model, options => options with { CacheCells = 1024, HostCacheBytes = LlamaEngineOptions.DefaultHostCacheBytes });
        var runs = Reference.Runs(model).Where(run => run.PromptIds.Length > 40).ToArray();
        foreach (var run in runs)
        {
            await engine.AskAsync(run.Prompt, maxTokens: 24);
            await engine.AskAsync(run.Prompt, maxTokens: 24);
        }

        for (var i = 0; i < 3; i++)
        {
            await engine.AskAsync(Request(Numbers(900, i), maxTokens: 100));
        }

        Assert.NotEqual(0, engine.Statistics.Spills);
        foreach (var run in runs)
        {
            var answer = await engine.AskAsync(run.Prompt, maxTokens: 24);
            Assert.Equal(run.Ids[..run.SafeLength], answer.Tokens[..run.SafeLength]);
            if (model != "tiny-gemma3")
            {
                // Of a node that was cut the upper part may have lost its window.
                Assert.InRange(answer.Generation.CachedTokens, run.PromptIds.Length - 32, run.PromptIds.Length - 1);
            }
        }

        Assert.InRange(engine.Statistics.HostCacheBytes, 1, LlamaEngineOptions.DefaultHostCacheBytes);
    }

    [SharedFact]
    public async Task The_hosts_memory_is_used_within_its_bound_only()
    {
        const long Bound = 300_000;
        await using var engine = await LoadAsync("tiny-llama", options => options with { CacheCells = 1024, HostCacheBytes = Bound });
        for (var i = 0; i < 20; i++)
        {
            await engine.AskAsync(Request(Numbers(50 + (30 * i), i), maxTokens: 10));
            Assert.InRange(engine.Statistics.HostCacheBytes, 0, Bound);
        }

        await using var none = await LoadAsync("tiny-llama", options => options with { CacheCells = 1024, HostCacheBytes = 0 });
        for (var i = 0; i < 5; i++)
        {
            await none.AskAsync(Request(Numbers(600, i), maxTokens: 10));
        }

        Assert.Equal((0, 0), (none.Statistics.HostCacheBytes, none.Statistics.Spills));
    }

    [SharedFact]
    public async Task One_tenant_with_many_prompts_does_not_empty_anothers_cache()
    {
        await using var engine = await LoadAsync("tiny-llama", options => options with { CacheCells = 2048, HostCacheBytes = 0 });
        var modest = Request(Numbers(200, 1), maxTokens: 5) with { Owner = "modest" };
        await engine.AskAsync(modest);
        for (var i = 0; i < 10; i++)
        {
            await engine.AskAsync(Request(Numbers(300, 10 + i), maxTokens: 5) with { Owner = "greedy" });
        }

        Assert.Equal(199, (await engine.AskAsync(modest)).Generation.CachedTokens);
    }

    private static Task<LlamaEngine> LoadAsync(string model, Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null) =>
        TestModels.LoadAsync(TestModels.Tiny(model + ".gguf"), configure);

    /// <summary>Tokens without a meaning, none of them special.</summary>
    internal static int[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(300, 4000))];
    }

    /// <summary>All tokens equally likely: the seed alone decides, and the answer has all its tokens.</summary>
    internal static GenerationRequest Request(int[] prompt, int maxTokens) => new()
    {
        Prompt = prompt,
        MaxTokens = maxTokens,
        Sampling = new SamplingOptions { Temperature = 1e6f, TopK = 0, Seed = 1, LogitBias = new Dictionary<int, float> { [0] = -100, [1] = -100, [2] = -100 } },
    };
}
