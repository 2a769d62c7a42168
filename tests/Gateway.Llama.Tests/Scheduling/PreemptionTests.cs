namespace Gateway.Llama.Tests.Scheduling;

/// <summary>Places and cells change hands, and nobody's answer shows it.</summary>
public sealed class PreemptionTests
{
    [SharedTheory]
    [InlineData("tiny-llama", true, 128)]
    [InlineData("tiny-llama", true, 0)]
    [InlineData("tiny-llama", false, 128)]
    [InlineData("tiny-gemma3", true, 128)]
    [InlineData("tiny-mamba", true, 128)]
    [InlineData("tiny-lfm2", true, 128)]
    [InlineData("tiny-qwen3moe", true, 128)]
    public async Task Answers_that_outgrow_the_cells_wait_for_each_other_and_all_come_to_their_end(string model, bool cache, int hostMegabytes)
    {
        // There is room for two of these answers, and three are let in for what most answers take.
        var requests = Enumerable.Range(0, 5).Select(i => PrefixCacheTests.Request(PrefixCacheTests.Numbers(40, i), maxTokens: 450)).ToArray();
        await using var roomy = await LoadAsync(model, options => options with { CacheCells = 8192 });
        var expected = await AskAsync(roomy, requests);

        await using var engine = await LoadAsync(
            model, options => options with { ContextLength = 512, CacheCells = 1024, PrefixCache = cache, HostCacheBytes = (long)hostMegabytes << 20 });
        var answers = await AskAsync(engine, requests);

        // The seed alone decides, so they are equal to the letter, drawn anew or not.
        Assert.Equal(expected.Select(a => a.Text), answers.Select(a => a.Text));
        Assert.Equal(expected.SelectMany(a => a.Tokens), answers.SelectMany(a => a.Tokens));
        Assert.NotEqual(0, engine.Statistics.Preemptions);
        Assert.Equal(cache && hostMegabytes > 0, engine.Statistics.Spills > 0);
        Assert.Equal((0, 0, 0L), (engine.Statistics.Running, engine.Statistics.CellsUsed, engine.Statistics.FailedDecodes));
        Assert.Equal(requests.Sum(r => r.Prompt.Count), engine.Statistics.PromptTokens + engine.Statistics.CachedTokens);
    }

    [SharedFact]
    public async Task A_request_of_a_higher_priority_takes_the_place_of_one_of_a_lower()
    {
        await using var engine = await LoadAsync("tiny-llama", options => options with { MaxSequences = 1 });
        using var cancellation = new CancellationTokenSource();
        var low = engine.Submit(PrefixCacheTests.Request(PrefixCacheTests.Numbers(40, 1), maxTokens: 900), cancellation.Token);
        await low.ReadAsync(CancellationToken.None);

        var high = await engine.AskAsync(PrefixCacheTests.Request(PrefixCacheTests.Numbers(40, 2), maxTokens: 5) with { Priority = 1 });

        Assert.Equal(FinishReason.Length, high.Reason);
        Assert.Null(low.FinishReason);
        Assert.Equal(1, engine.Statistics.Preemptions);
        Assert.Equal(900, (await low.ReadToEndFromHereAsync()).CompletionTokens);
    }

    [SharedFact]
    public async Task A_tenant_with_all_places_gives_some_to_one_that_has_none_and_no_more()
    {
        await using var engine = await LoadAsync("tiny-llama", options => options with { MaxSequences = 4, ContextLength = 1024, CacheCells = 16384, QueueCapacity = 100 });
        using var cancellation = new CancellationTokenSource();
        var busy = engine.SubmitAll([.. Enumerable.Range(0, 20).Select(i => PrefixCacheTests.Request(PrefixCacheTests.Numbers(100, i), maxTokens: 900) with { Owner = "busy" })], cancellation.Token);
        await busy[0].ReadAsync(CancellationToken.None);
        var others = engine.SubmitAll([.. Enumerable.Range(0, 4).Select(i => PrefixCacheTests.Request(PrefixCacheTests.Numbers(100, 50 + i), maxTokens: 900) with { Owner = "other" })], cancellation.Token);

        await others[1].ReadAsync(CancellationToken.None);

        Assert.Equal(4, engine.Statistics.Running);
        Assert.Equal(2, engine.Statistics.Preemptions);
        Assert.Equal([true, true, false, false], others.Select(g => g.HasStarted));
        await cancellation.CancelAsync();
        foreach (var generation in busy.Concat(others))
        {
            await generation.ReadToEndFromHereAsync();
        }

        Assert.Equal(0, engine.Statistics.CellsUsed);
    }

    [SharedFact]
    public async Task One_tenants_long_queue_is_not_anothers()
    {
        await using var engine = await LoadAsync("tiny-llama", options => options with { MaxSequences = 2, QueueCapacity = 100 });
        var busy = engine.SubmitAll([.. Enumerable.Range(0, 60).Select(i => PrefixCacheTests.Request(PrefixCacheTests.Numbers(200, i), maxTokens: 20) with { Owner = "busy" })]);
        await busy[0].ReadAsync(CancellationToken.None);

        for (var i = 0; i < 5; i++)
        {
            // Counted in the other's requests that came to an end meanwhile: it has one place, so one or two.
            var before = busy.Count(g => g.FinishReason is not null);
            await engine.AskAsync(PrefixCacheTests.Request(PrefixCacheTests.Numbers(200, 100 + i), maxTokens: 20) with { Owner = "modest" });
            Assert.InRange(busy.Count(g => g.FinishReason is not null) - before, 0, 4);
        }

        foreach (var generation in busy)
        {
            await generation.ReadToEndFromHereAsync();
        }
    }

    [SharedFact]
    public async Task A_tenants_full_queue_turns_away_its_own_requests_only()
    {
        await using var engine = await LoadAsync("tiny-llama", options => options with { MaxSequences = 1, QueueCapacity = 2 });
        using var cancellation = new CancellationTokenSource();
        var request = PrefixCacheTests.Request(PrefixCacheTests.Numbers(100, 1), maxTokens: 900);
        var running = engine.Submit(request with { Owner = "busy" }, cancellation.Token);
        await running.ReadAsync(CancellationToken.None);
        Generation[] waiting = [.. Enumerable.Range(0, 2).Select(_ => engine.Submit(request with { Owner = "busy" }, cancellation.Token))];

        Assert.False(engine.TrySubmit(request with { Owner = "busy" }, cancellation.Token, out _));
        Assert.True(engine.TrySubmit(request with { Owner = "other" }, cancellation.Token, out var other));

        await cancellation.CancelAsync();
        foreach (var generation in waiting.Append(running).Append(other))
        {
            await generation.ReadToEndFromHereAsync();
        }

        // All together are bounded too.
        using var again = new CancellationTokenSource();
        var taken = new List<Generation>();
        for (var owner = 0; owner < 100; owner++)
        {
            if (engine.TrySubmit(request with { Owner = "owner " + owner }, again.Token, out var generation))
            {
                taken.Add(generation);
            }
        }

        Assert.Equal(1 + (LlamaEngineOptions.FullQueues * 2), taken.Count);
        await again.CancelAsync();
        foreach (var generation in taken)
        {
            await generation.ReadToEndFromHereAsync();
        }
    }

    private static async Task<Answer[]> AskAsync(LlamaEngine engine, GenerationRequest[] requests) =>
        await Task.WhenAll(engine.SubmitAll(requests).Select(g => g.ReadToEndAsync()));

    private static Task<LlamaEngine> LoadAsync(string model, Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null) =>
        TestModels.LoadAsync(TestModels.Tiny(model + ".gguf"), configure);
}
