namespace Gateway.Llama.Tests;

public sealed class GenerationTests
{
    private const string Fox = "The quick brown fox jumps over";

    public static TheoryData<string, string> Models => new()
    {
        { "tiny-llama", "tiny-llama.gguf" },
        { "tiny-gemma3", "tiny-gemma3.gguf" },
        { "tiny-mamba", "tiny-mamba.gguf" },
        { "tiny-lfm2", "tiny-lfm2.gguf" },
        { "tiny-qwen3moe", "tiny-qwen3moe.gguf" },
        { "smollm2", "../SmolLM2-135M-Instruct-Q4_1.gguf" },
    };

    [SharedTheory]
    [MemberData(nameof(Models))]
    public async Task Greedy_answers_are_those_of_llama_server(string name, string file)
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny(file));
        var compared = 0;
        foreach (var run in Reference.Runs(name))
        {
            Assert.Equal(run.PromptIds, engine.Tokenize(run.Prompt, addSpecial: true, parseSpecial: true));
            var answer = await engine.AskAsync(run.Prompt, maxTokens: 24);

            Assert.Equal(run.Ids[..run.SafeLength], answer.Tokens[..run.SafeLength]);
            compared += run.SafeLength;
            if (run.SafeLength == run.Ids.Length)
            {
                Assert.Equal(run.Text, answer.Text);
                Assert.Equal(run.StoppedByItself ? FinishReason.Stop : FinishReason.Length, answer.Reason);
                Assert.Equal(run.Ids.Length, answer.Generation.CompletionTokens);
            }
        }

        Assert.True(compared >= 15, $"Only {compared} tokens were compared.");
    }

    [SharedFact]
    public async Task A_seed_makes_an_answer_repeatable()
    {
        await using var engine = await LoadTinyAsync();
        var sampling = new SamplingOptions { Temperature = 1.5f, TopP = 0.9f, Seed = 11 };

        var first = await engine.AskAsync("Hello", 40, sampling);

        Assert.Equal(first.Tokens, (await engine.AskAsync("Hello", 40, sampling)).Tokens);
        Assert.NotEqual(first.Tokens, (await engine.AskAsync("Hello", 40, sampling with { Seed = 12 })).Tokens);
    }

    [SharedFact]
    public async Task A_stop_text_ends_the_answer_and_is_no_part_of_it()
    {
        // " goes Stud press therialci hous hous sens doing": each word a token or two.
        await using var engine = await LoadTinyAsync();
        var whole = await engine.AskAsync(Fox, 24);

        var answer = await engine.AskAsync(Fox, 24, null, "never", "ci hous h");

        Assert.Equal(FinishReason.Stop, answer.Reason);
        Assert.Equal(whole.Text[..whole.Text.IndexOf("ci hous h", StringComparison.Ordinal)], answer.Text);
        Assert.Equal(whole.Tokens[..answer.Tokens.Length], answer.Tokens);
        Assert.InRange(answer.Generation.CompletionTokens, 2, 23);
    }

    [SharedFact]
    public async Task An_answer_ends_at_the_tokens_asked_for()
    {
        await using var engine = await LoadTinyAsync();

        var answer = await engine.AskAsync(Fox, 7);

        Assert.Equal((FinishReason.Length, 7, 10), (answer.Reason, answer.Generation.CompletionTokens, answer.Generation.PromptTokens));
    }

    [SharedFact]
    public async Task An_answer_ends_where_the_context_does()
    {
        await using var engine = await LoadTinyAsync(options => options with { ContextLength = 40, CacheCells = 40 });

        var answer = await engine.AskAsync(Fox, int.MaxValue);

        Assert.Equal((FinishReason.Length, 30), (answer.Reason, answer.Generation.CompletionTokens));
    }

    [SharedFact]
    public async Task Penalties_keep_the_model_from_repeating_itself()
    {
        await using var engine = await LoadTinyAsync();
        const string List = "1. apples\n2. pears\n3.";
        var plain = await engine.AskAsync(List, 24);

        var penalised = await engine.AskAsync(List, 24, Answers.Greedy with { FrequencyPenalty = 2, PresencePenalty = 2 });

        Assert.InRange(MostRepeats(plain.Tokens), 8, 24);
        Assert.InRange(MostRepeats(penalised.Tokens), 1, 5);
    }

    [SharedFact]
    public async Task Requests_that_cannot_be_served_are_refused_with_the_reason()
    {
        await using var engine = await LoadTinyAsync(options => options with { ContextLength = 40 });
        var request = new GenerationRequest { Prompt = [1, 2], MaxTokens = 5 };

        AssertRefused(engine, request with { Prompt = [] }, "empty");
        AssertRefused(engine, request with { Prompt = [1, -1] }, "token -1");
        AssertRefused(engine, request with { Prompt = [1, engine.Info.VocabularySize] }, "ids of this model go from 0 to 4095");
        AssertRefused(engine, request with { Prompt = new int[40] }, "40 tokens");
        AssertRefused(engine, request with { MaxTokens = 0 }, "MaxTokens");
        AssertRefused(engine, request with { Stop = [""] }, "stop");
        AssertRefused(engine, request with { Sampling = new SamplingOptions { Temperature = float.NaN } }, "Temperature");
        AssertRefused(engine, request with { Sampling = new SamplingOptions { TopP = 1.5f } }, "TopP");
        AssertRefused(engine, request with { Sampling = new SamplingOptions { MinP = -1 } }, "MinP");
        AssertRefused(engine, request with { Sampling = new SamplingOptions { FrequencyPenalty = 3 } }, "FrequencyPenalty");
        AssertRefused(engine, request with { Sampling = new SamplingOptions { PresencePenalty = -3 } }, "PresencePenalty");
        AssertRefused(engine, request with { Sampling = Biased(4096, 1) }, "token 4096; token ids of this model go from 0 to 4095");
        AssertRefused(engine, request with { Sampling = Biased(5, float.NaN) }, "LogitBias of token 5");
        AssertRefused(engine, request with { Sampling = Biased(5, 100.5f) }, "LogitBias of token 5");
        AssertRefused(engine, request with { Sampling = new SamplingOptions { LogitBias = Enumerable.Range(0, 4096).ToDictionary(t => t, _ => -100f) } }, "every token");
        AssertRefused(engine, request with { TopLogprobs = 21 }, "TopLogprobs");
        AssertRefused(engine, request with { TopLogprobs = -1 }, "TopLogprobs");
    }

    [SharedFact]
    public async Task Reading_can_be_given_up_without_ending_the_generation()
    {
        await using var engine = await LoadTinyAsync(options => options with { MaxSequences = 1 });
        engine.Submit(new GenerationRequest { Prompt = [1], MaxTokens = 200 });
        var waiting = engine.Submit(new GenerationRequest { Prompt = [1], MaxTokens = 3, Sampling = Answers.Greedy });
        using var cancellation = new CancellationTokenSource();
        var givenUp = Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting.ReadAsync(cancellation.Token));

        await cancellation.CancelAsync();

        await givenUp;
        var answer = await waiting.ReadToEndAsync();
        Assert.Equal(3, answer.Generation.CompletionTokens);
        Assert.Equal(new GenerationChunk("", 0, true), await waiting.ReadAsync(CancellationToken.None));
    }

    private static Task<LlamaEngine> LoadTinyAsync(Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null) =>
        TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"), configure);

    private static SamplingOptions Biased(int token, float bias) => new() { LogitBias = new Dictionary<int, float> { [token] = bias } };

    private static int MostRepeats(int[] tokens) => tokens.GroupBy(token => token).Max(group => group.Count());

    private static void AssertRefused(LlamaEngine engine, GenerationRequest request, string reason)
    {
        var exception = Assert.Throws<ArgumentException>(() => engine.Submit(request));
        Assert.Contains(reason, exception.Message, StringComparison.OrdinalIgnoreCase);
    }
}
