using Gateway.Llama.Grammars;
using Gateway.Llama.Loading;
using Gateway.Llama.Speculation;
using Gateway.Llama.Tests.Grammars;
using Gateway.Llama.Tests.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Llama.Tests.Speculation;

/// <summary>
/// Guesses by a draft model save steps and change no answer. The model itself as its draft is always right; another one of the same vocabulary mostly
/// wrong. Guesses are tried whatever they cost, so that every run is the same.
/// </summary>
public sealed class DraftTests
{
    [SharedTheory]
    [InlineData("tiny-llama", "tiny-llama")]
    [InlineData("tiny-llama", "tiny-qwen3moe")]
    [InlineData("tiny-qwen3moe", "tiny-llama")]
    public async Task Greedy_answers_are_the_references(string model, string draft)
    {
        await using var engine = await LoadAsync(model, draft);

        // The second time the answers begin with what the cache has.
        foreach (var run in Reference.Runs(model).Concat(Reference.Runs(model)))
        {
            var answer = await engine.AskAsync(run.Prompt, maxTokens: 24);
            Assert.Equal(run.Ids[..run.SafeLength], answer.Tokens[..run.SafeLength]);
        }

        Assert.True(engine.Statistics.GuessedTokens > 100);
        AssertGivenBack(engine);
    }

    [SharedFact]
    public async Task A_draft_that_is_right_saves_steps()
    {
        await using var engine = await LoadAsync();

        var answers = await Task.WhenAll(engine.SubmitAll([.. Enumerable.Range(0, 4).Select(i => Greedy(i, 100))]).Select(g => g.ReadToEndAsync()));

        Assert.All(answers, answer => Assert.Equal(100, answer.Tokens.Length));
        var statistics = engine.Statistics;
        Assert.True(statistics.RightGuesses > 0.9 * statistics.GuessedTokens, $"{statistics.RightGuesses} of {statistics.GuessedTokens}");
        Assert.InRange(statistics.RightGuesses, 250, 400);
        Assert.InRange(statistics.DecodeSteps, 17, 45);
        Assert.Equal(400, statistics.GeneratedTokens);
        AssertGivenBack(engine);
    }

    [SharedFact]
    public async Task A_draft_that_is_wrong_changes_nothing()
    {
        await using var with = await LoadAsync("tiny-llama", "tiny-qwen3moe");
        await using var without = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));
        var requests = Enumerable.Range(0, 8)
            .Select(i => PrefixCacheTests.Request(PrefixCacheTests.Numbers(10 + i, i), maxTokens: 60) with { TopLogprobs = i % 3 == 0 ? null : i % 3 })
            .ToList();

        var answers = await Task.WhenAll(with.SubmitAll(requests).Select(g => g.ReadToEndAsync()));

        await Guessed.AssertSameAsync(without, requests, answers);

        var statistics = with.Statistics;
        Assert.True(statistics.GuessedTokens > 1000 && statistics.RightGuesses < statistics.GuessedTokens / 20, $"{statistics.RightGuesses} of {statistics.GuessedTokens}");
        AssertGivenBack(with);
    }

    [SharedFact]
    public async Task What_follows_an_answer_sees_nothing_of_wrong_guesses()
    {
        await using var with = await LoadAsync("tiny-llama", "tiny-qwen3moe");
        await using var without = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));
        var first = PrefixCacheTests.Request(PrefixCacheTests.Numbers(30, 1), maxTokens: 60);

        await Guessed.AssertNothingLeftAsync(with, without, first);
    }

    [SharedFact]
    public async Task A_stop_text_ends_the_answer_within_what_was_guessed()
    {
        await using var engine = await LoadAsync();
        var whole = await engine.AskAsync(Greedy(1, 60));
        var stop = whole.Text[(whole.Text.Length / 2)..][..6];

        var answer = await engine.AskAsync(Greedy(1, 60) with { Stop = [stop] });

        Assert.Equal(FinishReason.Stop, answer.Reason);
        Assert.Equal(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)], answer.Text);
        AssertGivenBack(engine);
    }

    [SharedFact]
    public async Task A_grammar_binds_what_is_guessed_too()
    {
        await using var engine = await LoadAsync();
        var constraint = new GrammarConstraint(TestGrammars.OfSchema("""{"type":"array","items":{"const":"again and again"},"minItems":6,"maxItems":6}"""));

        var answer = await engine.AskAsync(Greedy(1, 400) with { Grammar = constraint });

        Assert.Equal(FinishReason.Stop, answer.Reason);
        Assert.Equal(Enumerable.Repeat("again and again", 6), System.Text.Json.JsonSerializer.Deserialize<string[]>(answer.Text));
        AssertGivenBack(engine);
    }

    [SharedFact]
    public async Task Answers_that_outgrow_the_cells_wait_for_each_other_and_all_come_to_their_end()
    {
        // There is room for two of these answers, and three are let in for what most answers take.
        var requests = Enumerable.Range(0, 3).Select(i => PrefixCacheTests.Request(PrefixCacheTests.Numbers(40, i), maxTokens: 400)).ToArray();
        await using var roomy = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"), options => options with { CacheCells = 8192 });
        var expected = await Task.WhenAll(roomy.SubmitAll(requests).Select(g => g.ReadToEndAsync()));

        await using var engine = await LoadAsync(configure: options => options with { ContextLength = 512, CacheCells = 1024, FixedGuesses = 2 });
        var answers = await Task.WhenAll(engine.SubmitAll(requests).Select(g => g.ReadToEndAsync()));

        Assert.Equal(expected.Select(a => a.Text), answers.Select(a => a.Text));
        Assert.True(engine.Statistics.Preemptions > 0 && engine.Statistics.GuessedTokens > 100);
        AssertGivenBack(engine);
    }

    [SharedFact]
    public async Task A_decode_that_is_broken_off_is_made_again()
    {
        await using var engine = await LoadAsync();
        var generation = engine.Submit(PrefixCacheTests.Request(PrefixCacheTests.Numbers(40, 1), maxTokens: 300));
        await using var without = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));
        for (var i = 0; i < 20; i++)
        {
            var before = generation.CompletionTokens;
            engine.Scheduler!.AbortDecode();
            while (generation.FinishReason is null && generation.CompletionTokens < before + 5)
            {
                await Task.Yield();
            }
        }

        var answer = await generation.ReadToEndAsync();
        Assert.Equal((await without.AskAsync(PrefixCacheTests.Request(PrefixCacheTests.Numbers(40, 1), maxTokens: 300))).Tokens, answer.Tokens);
        AssertGivenBack(engine);
    }

    [SharedFact]
    public async Task An_engine_that_is_disposed_amid_guesses_ends_its_answers_and_gives_all_memory_back()
    {
        var budget = new MemoryBudget(() => 1_000_000_000);
        for (var i = 0; i < 5; i++)
        {
            var engine = await LlamaEngine.LoadAsync(Options("tiny-llama", "tiny-llama"), NullLoggerFactory.Instance, null, budget.Begin(), CancellationToken.None);
            var generations = engine.SubmitAll([.. Enumerable.Range(0, 4).Select(n => Greedy(n, 900))]);
            while (generations[3].CompletionTokens < 10 * i)
            {
                await Task.Yield();
            }

            await engine.DisposeAsync();
            Assert.All(await Task.WhenAll(generations.Select(g => g.ReadToEndFromHereAsync())), g => Assert.Equal(FinishReason.Cancelled, g.FinishReason));
            Assert.Equal(0, budget.Taken);
        }
    }

    [SharedFact]
    public async Task After_three_hundred_requests_of_all_sorts_everything_is_given_back()
    {
        await using var engine = await LoadAsync(configure: options => options with { CacheCells = 2048, QueueCapacity = 400, FixedGuesses = 2 });
        using var adapter = await engine.LoadAdapterAsync(TestModels.Tiny("tiny-llama-lora.gguf"));
        var random = new Random(3);
        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (i, _) =>
        {
            GenerationRequest request;
            int? cancelAfter;
            lock (random)
            {
                var tokens = random.Next(30) == 0 ? 200 : random.Next(1, 12);
                request = (random.Next(2) == 0 ? Greedy(i % 7, tokens) : PrefixCacheTests.Request(PrefixCacheTests.Numbers(random.Next(1, 200), i), tokens)) with
                {
                    Owner = "owner " + random.Next(3),
                    Priority = random.Next(8) == 0 ? 1 : 0,
                    Adapters = random.Next(8) == 0 ? [new(adapter, 1)] : [],
                };
                cancelAfter = random.Next(4) == 0 ? random.Next(3) : null;
            }

            await engine.AskAndLeaveAsync(request, cancelAfter);
        });

        var statistics = engine.Statistics;
        Assert.True(statistics.GuessedTokens > statistics.RightGuesses && statistics.RightGuesses > 100, $"{statistics.RightGuesses} of {statistics.GuessedTokens}");
        Assert.Equal(0, statistics.FailedDecodes);
        AssertGivenBack(engine);
        await engine.RestAsync();
        var (free, cached, all) = engine.Scheduler!.Ids;
        Assert.Equal(all, free + cached);
    }

    [SharedFact]
    public async Task With_measured_costs_a_draft_that_does_not_pay_is_left_alone()
    {
        await using var engine = await LoadAsync(configure: options => options with { FixedGuesses = null });

        var answer = await engine.AskAsync(Greedy(1, 400));

        Assert.Equal(400, answer.Tokens.Length);
        Assert.InRange(engine.Statistics.GuessedTokens, 0, 15);
    }

    private static void AssertGivenBack(LlamaEngine engine)
    {
        Assert.Equal((0, 0, 0), (engine.Statistics.Waiting, engine.Statistics.Running, engine.Statistics.CellsUsed));
        Assert.Equal((4, 0), ((DraftModel)engine.Scheduler!.GuessSource!).Memory);
    }

    private static Task<LlamaEngine> LoadAsync(string model = "tiny-llama", string draft = "tiny-llama", Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null) =>
        LlamaEngine.LoadAsync((configure ?? (options => options))(Options(model, draft)), NullLoggerFactory.Instance, null, CancellationToken.None);

    private static LlamaEngineOptions Options(string model, string draft) => new()
    {
        ModelPath = TestModels.Tiny(model + ".gguf"),
        DraftModelPath = TestModels.Tiny(draft + ".gguf"),
        Speculation = Speculate.Draft,
        FixedGuesses = 5,
        ContextLength = 1024,
        MaxSequences = 4,
        Threads = 1,
    };

    /// <summary>The likeliest tokens but those that end an answer.</summary>
    private static GenerationRequest Greedy(int seed, int maxTokens) => new()
    {
        Prompt = PrefixCacheTests.Numbers(30, seed),
        MaxTokens = maxTokens,
        Sampling = Answers.Greedy with { LogitBias = Enumerable.Range(0, 17).ToDictionary(special => special, _ => -100f) },
    };
}
