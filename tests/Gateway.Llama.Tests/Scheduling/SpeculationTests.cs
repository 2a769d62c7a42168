using Gateway.Llama.Grammars;
using Gateway.Llama.Tests.Grammars;
using Gateway.Llama.Tests.Speculation;

namespace Gateway.Llama.Tests.Scheduling;

/// <summary>Guesses save steps and change no answer. Where it matters they are tried whatever they cost, so that every run is the same.</summary>
public sealed class SpeculationTests
{
    [SharedTheory]
    [MemberData(nameof(SchedulingTests.TinyModels), MemberType = typeof(SchedulingTests))]
    public async Task Greedy_answers_are_the_references(string model)
    {
        await using var engine = await LoadAsync(model);

        // The second time the answers begin with what the cache has.
        foreach (var run in Reference.Runs(model).Concat(Reference.Runs(model)))
        {
            var answer = await engine.AskAsync(run.Prompt, maxTokens: 24);
            Assert.Equal(run.Ids[..run.SafeLength], answer.Tokens[..run.SafeLength]);
        }

        Assert.Equal(0, engine.Statistics.CellsUsed);
    }

    [SharedTheory]
    [InlineData("tiny-mamba")]
    [InlineData("tiny-lfm2")]
    [InlineData("tiny-gemma3")]
    public async Task Models_that_cannot_take_tokens_back_go_without(string model)
    {
        await using var engine = await LoadAsync(model);
        await engine.AskAsync(Among(40, 300));
        Assert.Equal((0, 0), (engine.Statistics.GuessedTokens, engine.Statistics.RightGuesses));
    }

    [SharedFact]
    public async Task An_answer_that_repeats_takes_fewer_steps()
    {
        await using var engine = await LoadAsync();

        var answer = await engine.AskAsync(Among(100, 300));

        Assert.Equal(Enumerable.Repeat(300, 100), answer.Tokens);
        Assert.Equal(FinishReason.Length, answer.Reason);
        Assert.InRange(engine.Statistics.RightGuesses, 70, 99);

        // The first step reads the prompt and gives the first token; each guess that was right saved one.
        Assert.Equal(100 - engine.Statistics.RightGuesses, engine.Statistics.DecodeSteps);
        Assert.Equal(100, engine.Statistics.GeneratedTokens);
    }

    [SharedTheory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Wrong_guesses_and_right_ones_give_what_is_drawn_without(int tokens)
    {
        // One of a few tokens each time, all equally likely: about every second or third guess is right.
        await using var with = await LoadAsync();
        await using var without = await LoadAsync(configure: options => options with { Speculation = Speculate.Off });
        var requests = Enumerable.Range(0, 8).Select(i => Among(60 + i, [.. Enumerable.Range(300, tokens)]) with { TopLogprobs = i % 3 }).ToList();

        var answers = await Task.WhenAll(with.SubmitAll(requests).Select(g => g.ReadToEndAsync()));

        await Guessed.AssertSameAsync(without, requests, answers);

        Assert.True(with.Statistics.GuessedTokens > with.Statistics.RightGuesses && with.Statistics.RightGuesses > 50);
        Assert.Equal(0, without.Statistics.GuessedTokens);
        Assert.Equal(0, with.Statistics.CellsUsed);
    }

    [SharedFact]
    public async Task What_follows_an_answer_sees_nothing_of_wrong_guesses()
    {
        await using var with = await LoadAsync();
        await using var without = await LoadAsync(configure: options => options with { Speculation = Speculate.Off });
        var first = Among(80, 300, 301);

        await Guessed.AssertNothingLeftAsync(with, without, first);

        Assert.True(with.Statistics.GuessedTokens > with.Statistics.RightGuesses);
    }

    [SharedFact]
    public async Task A_stop_text_ends_the_answer_within_what_was_guessed()
    {
        await using var engine = await LoadAsync();
        var whole = await engine.AskAsync(Among(60, 300, 301));
        var stop = whole.Text[20..26];

        var answer = await engine.AskAsync(Among(60, 300, 301) with { Stop = [stop] });

        Assert.Equal(FinishReason.Stop, answer.Reason);
        Assert.Equal(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)], answer.Text);
        Assert.Equal(whole.Tokens[..answer.Tokens.Length], answer.Tokens);
        Assert.Equal(0, engine.Statistics.CellsUsed);
    }

    [SharedFact]
    public async Task A_grammar_binds_what_is_guessed_too()
    {
        await using var engine = await LoadAsync();
        var constraint = new GrammarConstraint(TestGrammars.OfSchema("""{"type":"array","items":{"const":"again and again"},"minItems":12,"maxItems":12}"""));

        var answer = await engine.AskAsync(new GenerationRequest
        {
            Prompt = PrefixCacheTests.Numbers(10, 1),
            MaxTokens = 600,
            Sampling = new SamplingOptions { Temperature = 0.5f, Seed = 3 },
            Grammar = constraint,
        });

        Assert.Equal(FinishReason.Stop, answer.Reason);
        Assert.Equal(Enumerable.Repeat("again and again", 12), System.Text.Json.JsonSerializer.Deserialize<string[]>(answer.Text));
        Assert.True(engine.Statistics.RightGuesses > 10, $"{engine.Statistics.RightGuesses} of {engine.Statistics.GuessedTokens}");
    }

    [SharedFact]
    public async Task Those_that_leave_amid_guesses_free_their_cells()
    {
        await using var engine = await LoadAsync();
        for (var i = 0; i < 20; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var generations = engine.SubmitAll([.. Enumerable.Range(0, 4).Select(_ => Among(900, 300, 301))], cancellation.Token);
            while (generations[0].CompletionTokens < 5 + i)
            {
                await Task.Yield();
            }

            await cancellation.CancelAsync();
            foreach (var generation in generations)
            {
                await generation.ReadToEndFromHereAsync();
            }
        }

        Assert.Equal((0, 0), (engine.Statistics.Running, engine.Statistics.CellsUsed));
        Assert.Equal(Enumerable.Repeat(300, 30), (await engine.AskAsync(Among(30, 300))).Tokens);
    }

    [SharedFact]
    public async Task Guesses_take_no_place_from_anybody()
    {
        // Room for the two answers and next to none for guesses; all places taken, so that there is a row of logits for each and no more.
        await using var engine = await LoadAsync(configure: options => options with { ContextLength = 256, CacheCells = 256, MaxSequences = 2, PrefixCache = false });

        var answers = await Task.WhenAll(engine.SubmitAll([Among(110, 300), Among(110, 301)]).Select(g => g.ReadToEndAsync()));

        Assert.Equal(Enumerable.Repeat(300, 110), answers[0].Tokens);
        Assert.Equal(Enumerable.Repeat(301, 110), answers[1].Tokens);
        Assert.Equal((0L, 0L), (engine.Statistics.Preemptions, engine.Statistics.FailedDecodes));
    }

    [SharedFact]
    public async Task With_measured_costs_a_text_that_does_not_repeat_is_left_alone()
    {
        await using var engine = await LoadAsync(configure: options => options with { FixedGuesses = null });
        var request = PrefixCacheTests.Request(PrefixCacheTests.Numbers(100, 1), maxTokens: 300);

        // No seed: those who ask for one go without anyhow.
        await engine.AskAsync(request with { Sampling = request.Sampling with { Seed = null } });

        Assert.InRange(engine.Statistics.GuessedTokens, 0, 15);
    }

    [SharedFact]
    public async Task Who_asks_with_a_seed_gets_no_guesses()
    {
        await using var engine = await LoadAsync(configure: options => options with { FixedGuesses = null });
        await engine.AskAsync(Among(100, 300));
        Assert.Equal(0, engine.Statistics.GuessedTokens);
    }

    private static Task<LlamaEngine> LoadAsync(string model = "tiny-llama", Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null) =>
        TestModels.LoadAsync(TestModels.Tiny(model + ".gguf"), options =>
        {
            options = options with { Speculation = Speculate.Lookup, FixedGuesses = 6 };
            return configure is null ? options : configure(options);
        });

    /// <summary>An answer of these tokens alone, each as likely as the others.</summary>
    private static GenerationRequest Among(int maxTokens, params int[] tokens) => new()
    {
        Prompt = PrefixCacheTests.Numbers(10, 1),
        MaxTokens = maxTokens,
        Sampling = new SamplingOptions { Temperature = 50, TopK = 0, Seed = 1, LogitBias = tokens.ToDictionary(t => t, _ => 100f) },
    };
}
