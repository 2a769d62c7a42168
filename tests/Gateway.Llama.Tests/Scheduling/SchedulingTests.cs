using Gateway.Llama.Tests.Gguf;

namespace Gateway.Llama.Tests.Scheduling;

public sealed class SchedulingTests
{
    public static TheoryData<string> TinyModels => ["tiny-llama", "tiny-gemma3", "tiny-mamba", "tiny-lfm2", "tiny-qwen3moe"];

    [SharedTheory]
    [MemberData(nameof(TinyModels))]
    public async Task Many_at_a_time_give_what_each_gives_alone(string model)
    {
        await using var engine = await LoadAsync(model);

        // 12 requests for 8 places: some wait, and prompts are read beside others that generate.
        await AssertAnswersAsync(engine, model);

        var statistics = engine.Statistics;
        Assert.Equal((0, 0, 0), (statistics.Waiting, statistics.Running, statistics.CellsUsed));
        Assert.Equal(Reference.Runs(model).Sum(run => run.PromptIds.Length), statistics.PromptTokens + statistics.CachedTokens);
        Assert.Equal(Reference.Runs(model).Sum(run => run.Ids.Length), statistics.GeneratedTokens);
        Assert.InRange(statistics.DecodeSteps, 24, statistics.GeneratedTokens);
    }

    [SharedTheory]
    [MemberData(nameof(TinyModels))]
    public async Task Prompts_read_in_small_pieces_give_the_same_answers(string model)
    {
        await using var engine = await LoadAsync(model, options => options with { BatchSize = 48 });

        await AssertAnswersAsync(engine, model);
    }

    [SharedTheory]
    [MemberData(nameof(TinyModels))]
    public async Task Decodes_that_fail_now_and_then_change_no_answer(string model)
    {
        await using var engine = await LoadAsync(model, options => options with { BatchSize = 48, MaxSequences = 13 });
        while (engine.Statistics.FailedDecodes < 10)
        {
            // One decode of prompts at least, and as many later ones as this loop is quick enough for.
            engine.Scheduler!.AbortDecode();
            using var cancellation = new CancellationTokenSource();
            var ticker = engine.Submit(Endless(engine), cancellation.Token);
            var answers = AssertAnswersAsync(engine, model);
            while (!answers.IsCompleted && !(await ticker.ReadAsync(CancellationToken.None)).IsLast)
            {
                engine.Scheduler.AbortDecode();
            }

            await cancellation.CancelAsync();
            await answers;
        }
    }

    [SharedFact]
    public async Task A_request_that_fails_again_and_again_ends_with_the_error_and_the_next_one_is_served()
    {
        await using var engine = await LoadAsync("tiny-llama");

        // The step, then three times the request alone.
        engine.Scheduler!.AbortDecode(4);
        var generation = await engine.Submit(Endless(engine)).ReadToEndFromHereAsync();

        Assert.Equal(FinishReason.Error, generation.FinishReason);
        Assert.Contains("llama_decode", generation.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(0, engine.Statistics.CellsUsed);
        await AssertAnswersAsync(engine, "tiny-llama");
    }

    [Fact]
    public async Task Damaged_weights_end_a_request_with_an_error()
    {
        // Each is a number, but not what comes of several of them.
        using var file = new TemporaryModel(builder => Array.Fill(builder.Find("output_norm.weight").Data, (byte)0x7e));
        await using var engine = await TestModels.LoadAsync(file.Path, options => options with { ContextLength = null });

        var generation = await engine.Submit(new GenerationRequest { Prompt = [1, 2], MaxTokens = 5 }).ReadToEndFromHereAsync();

        Assert.Equal((FinishReason.Error, 0), (generation.FinishReason, generation.CompletionTokens));
        Assert.Contains("weights are damaged", generation.Error!.Message, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task Cancelling_frees_the_cells_at_once()
    {
        // As many cells as one request may take: the second can only run once the first is gone, from the memory too.
        await using var engine = await LoadAsync("tiny-llama", options => options with { CacheCells = 1024 });
        using var cancellation = new CancellationTokenSource();
        var first = engine.Submit(Endless(engine), cancellation.Token);
        await first.ReadAsync(CancellationToken.None);
        Assert.Equal(1, engine.Statistics.Running);
        var second = engine.Submit(Request(engine, maxTokens: 1000));

        await cancellation.CancelAsync();

        Assert.Equal(FinishReason.Cancelled, (await first.ReadToEndFromHereAsync()).FinishReason);
        Assert.InRange(first.CompletionTokens, 1, 999);
        var answer = await second.ReadToEndAsync();
        Assert.Equal(Reference.Runs("tiny-llama").First().Ids, answer.Tokens[..24]);
        Assert.Equal(0, engine.Statistics.CellsUsed);
    }

    [SharedFact]
    public async Task Cancelling_takes_a_request_out_of_the_queue()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol, options => options with { MaxSequences = 1 });
        using var cancellation = new CancellationTokenSource();
        var running = engine.Submit(Endless(engine));
        var waiting = engine.Submit(Endless(engine), cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(FinishReason.Cancelled, (await waiting.ReadToEndFromHereAsync()).FinishReason);
        Assert.Equal(0, waiting.CompletionTokens);
        Assert.Null(running.FinishReason);
    }

    [SharedFact]
    public async Task A_full_queue_turns_requests_away_until_there_is_room()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol, options => options with { MaxSequences = 1, QueueCapacity = 2 });
        using var cancellation = new CancellationTokenSource();
        var accepted = Enumerable.Range(0, 3).Select(_ => engine.Submit(Endless(engine), cancellation.Token)).ToArray();
        Assert.Equal(3, engine.Statistics.Waiting + engine.Statistics.Running);

        Assert.False(engine.TrySubmit(Request(engine, maxTokens: 1), CancellationToken.None, out var refused));
        Assert.Null(refused);

        await cancellation.CancelAsync();
        foreach (var generation in accepted)
        {
            await generation.ReadToEndFromHereAsync();
        }

        Assert.Equal(FinishReason.Length, (await engine.AskAsync(Request(engine, maxTokens: 1))).Reason);
    }

    [SharedFact]
    public async Task Requests_that_belong_together_are_taken_whole_or_not_at_all()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol, options => options with { MaxSequences = 1, QueueCapacity = 1 });
        using var cancellation = new CancellationTokenSource();
        var running = engine.Submit(Endless(engine), cancellation.Token);
        GenerationRequest[] more = [.. Enumerable.Repeat(Request(engine, maxTokens: 1), 5)];

        Assert.True(engine.TrySubmit(more, CancellationToken.None, out var taken));
        Assert.False(engine.TrySubmit(more, CancellationToken.None, out var refused));
        Assert.Null(refused);
        Assert.Equal(6, engine.Statistics.Waiting + engine.Statistics.Running);

        await cancellation.CancelAsync();
        await running.ReadToEndFromHereAsync();
        Assert.Equal(5, taken.Count);
        foreach (var generation in taken)
        {
            Assert.Equal(FinishReason.Length, (await generation.ReadToEndAsync()).Reason);
        }
    }

    [SharedFact]
    public async Task Requests_come_in_the_order_in_which_they_were_sent()
    {
        // The large one does not fit beside the first, the small one would: it must not pass.
        await using var engine = await LoadAsync("tiny-llama", options => options with { CacheCells = 1024 });
        engine.Submit(Request(engine, maxTokens: 600));
        var large = engine.Submit(Request(engine, maxTokens: 900));
        var small = await engine.AskAsync(Request(engine, maxTokens: 1));

        Assert.Equal(1, small.Generation.CompletionTokens);
        Assert.NotEqual(0, large.CompletionTokens);
    }

    [SharedFact]
    public async Task Disposing_ends_what_runs_and_what_waits()
    {
        var engine = await LoadAsync("tiny-llama", options => options with { MaxSequences = 2 });
        var generations = Enumerable.Range(0, 5).Select(_ => engine.Submit(Endless(engine))).ToArray();
        await generations[0].ReadAsync(CancellationToken.None);

        await engine.DisposeAsync();

        Assert.All(generations, generation => Assert.Equal(FinishReason.Cancelled, generation.FinishReason));
        Assert.Throws<ObjectDisposedException>(() => engine.Submit(new GenerationRequest { Prompt = [1], MaxTokens = 1 }));
        Assert.Throws<ObjectDisposedException>(() => engine.Tokenize("text", addSpecial: false, parseSpecial: false));
        await engine.DisposeAsync();
    }

    [SharedFact]
    public async Task Requests_from_many_threads_while_others_are_cancelled_all_end()
    {
        await using var engine = await LoadAsync("tiny-llama", options => options with { MaxSequences = 4, QueueCapacity = 1000 });
        var ends = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
        {
            using var cancellation = new CancellationTokenSource();
            var generation = engine.Submit(Request(engine, maxTokens: 1 + i), cancellation.Token);
            if (i % 3 == 0)
            {
                await generation.ReadAsync(CancellationToken.None);
                await cancellation.CancelAsync();
            }

            return (i, await generation.ReadToEndFromHereAsync());
        })));

        Assert.All(ends, end => Assert.True(
            end.Item2.FinishReason == FinishReason.Length ? end.Item2.CompletionTokens == 1 + end.i : end is { i: var i, Item2.FinishReason: FinishReason.Cancelled } && i % 3 == 0));
        Assert.Equal((0, 0, 0), (engine.Statistics.Waiting, engine.Statistics.Running, engine.Statistics.CellsUsed));
    }

    private static Task<LlamaEngine> LoadAsync(string model, Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null) =>
        TestModels.LoadAsync(TestModels.Tiny(model + ".gguf"), configure);

    private static GenerationRequest Request(LlamaEngine engine, int maxTokens) => new()
    {
        Prompt = engine.Tokenize("The quick brown fox jumps over", addSpecial: true, parseSpecial: true),
        MaxTokens = maxTokens,
        Sampling = Answers.Greedy,
    };

    /// <summary>So hot that all tokens are equally likely: the seed alone decides, and this one does not meet an end-of-turn token.</summary>
    private static GenerationRequest Endless(LlamaEngine engine) => Request(engine, maxTokens: 1000) with
    {
        Sampling = new SamplingOptions { Temperature = 1e6f, TopK = 0, Seed = 1 },
    };

    private static async Task AssertAnswersAsync(LlamaEngine engine, string model)
    {
        var runs = Reference.Runs(model).ToArray();
        var answers = await Task.WhenAll(runs.Select(run => engine.AskAsync(run.Prompt, maxTokens: 24)));
        Assert.All(runs.Zip(answers), pair => Assert.Equal(pair.First.Ids[..pair.First.SafeLength], pair.Second.Tokens[..pair.First.SafeLength]));
    }
}
