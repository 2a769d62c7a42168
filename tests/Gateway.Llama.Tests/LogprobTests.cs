using System.Text;

namespace Gateway.Llama.Tests;

public sealed class LogprobTests
{
    private const string Fox = "The quick brown fox jumps over";

    [SharedTheory]
    [MemberData(nameof(GenerationTests.Models), MemberType = typeof(GenerationTests))]
    public async Task The_first_tokens_are_as_likely_as_llama_server_says(string name, string file)
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny(file));
        var (expected, noise) = Reference.Logprobs(name);
        foreach (var run in Reference.Runs(name))
        {
            var answer = await engine.AskAsync(Request(engine, run.Prompt, 1) with { TopLogprobs = 20 });

            // The one that ends a turn has no text, so it is not told.
            if (answer.Reason == FinishReason.Length)
            {
                var token = Assert.Single(answer.Logprobs);
                Assert.Equal(answer.Tokens[0], token.Chosen.Token);
                Assert.Equal(20, token.Top.Count);
                Assert.Equal(token.Top.OrderByDescending(top => top.Logprob), token.Top);
                foreach (var top in expected[run.Name])
                {
                    Assert.Equal(top.Logprob, token.Top.Single(t => t.Token == top.Token).Logprob, noise + 1e-3);
                }
            }
        }
    }

    [SharedFact]
    public async Task Log_probabilities_are_those_of_the_model_whatever_the_sampling_makes_of_them()
    {
        await using var engine = await LoadTinyAsync();
        var request = Request(engine, Fox, 1) with { TopLogprobs = 3 };
        var plain = Assert.Single((await engine.AskAsync(request)).Logprobs);
        var forced = plain.Top[2].Token;

        var biased = Assert.Single((await engine.AskAsync(request with
        {
            Sampling = new SamplingOptions { Temperature = 2, Seed = 1, LogitBias = new Dictionary<int, float> { [forced] = 100, [plain.Chosen.Token] = -100 } },
        })).Logprobs);

        Assert.Equal(plain.Top, biased.Top);
        Assert.Equal(plain.Top[2], biased.Chosen);
    }

    [SharedFact]
    public async Task A_request_that_does_not_ask_gets_none_beside_one_that_does()
    {
        await using var engine = await LoadTinyAsync();
        var asking = engine.Submit(Request(engine, Fox, 24) with { TopLogprobs = 0 });

        var plain = await engine.AskAsync(Request(engine, Fox, 24));

        Assert.Empty(plain.Logprobs);
        var told = await asking.ReadToEndAsync();
        Assert.Equal(told.Tokens, told.Logprobs.Select(token => token.Chosen.Token));
        Assert.All(told.Logprobs, token => Assert.Empty(token.Top));
    }

    [SharedFact]
    public async Task The_tokens_of_each_piece_make_up_its_text()
    {
        // Characters of several tokens each.
        await using var engine = await TestModels.LoadAsync(TestModels.Smol);
        var wanted = engine.Tokenize("漢字🙂 and more 👩‍👩‍👧", addSpecial: false, parseSpecial: false);
        var generation = engine.Submit(Request(engine, "x", 60) with
        {
            TopLogprobs = 0,
            Sampling = new SamplingOptions { Temperature = 1, Seed = 4, LogitBias = wanted.Distinct().ToDictionary(token => token, _ => 100f) },
        });
        var all = new List<byte>();
        GenerationChunk chunk;
        do
        {
            chunk = await generation.ReadAsync(CancellationToken.None);
            byte[] bytes = [.. chunk.Logprobs.SelectMany(token => engine.TokenToBytes(token.Chosen.Token))];
            all.AddRange(bytes);
            Assert.Equal(chunk.Text, Encoding.UTF8.GetString(bytes));
        }
        while (!chunk.IsLast);

        Assert.Equal(60, generation.CompletionTokens);
        Assert.Equal(engine.Detokenize(generation.TokenIds), Encoding.UTF8.GetString([.. all]));
    }

    [SharedFact]
    public async Task Tokens_of_a_stop_text_never_show()
    {
        await using var engine = await LoadTinyAsync();
        var whole = await engine.AskAsync(Request(engine, Fox, 24));
        const string Stop = "ci hous h";

        var answer = await engine.AskAsync(Request(engine, Fox, 24) with { Stop = [Stop], TopLogprobs = 1 });

        // " goes Stud press therialci hous hous": "ci" is a token of its own here.
        Assert.Equal(whole.Text[..whole.Text.IndexOf(Stop, StringComparison.Ordinal)], answer.Text);
        Assert.Equal(answer.Text, engine.Detokenize([.. answer.Logprobs.Select(token => token.Chosen.Token)]));
        Assert.True(answer.Logprobs.Count < answer.Tokens.Length);
    }

    [SharedFact]
    public async Task Text_held_back_for_a_stop_that_does_not_come_brings_its_tokens_along()
    {
        await using var engine = await LoadTinyAsync();

        var answer = await engine.AskAsync(Request(engine, Fox, 24) with { Stop = ["ci hous houses", "be never"], TopLogprobs = 1 });

        Assert.Equal(FinishReason.Length, answer.Reason);
        Assert.Equal(answer.Tokens, answer.Logprobs.Select(token => token.Chosen.Token));
    }

    [SharedFact]
    public async Task Every_token_has_its_bytes()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol);

        Assert.Equal("<|im_end|>"u8.ToArray(), engine.TokenToBytes(engine.Tokenize("<|im_end|>", addSpecial: false, parseSpecial: true).Single()));
        byte[] pieces = [.. engine.Tokenize("ꙮ 漢字", addSpecial: false, parseSpecial: false).SelectMany(token => engine.TokenToBytes(token))];
        Assert.Equal("ꙮ 漢字"u8.ToArray(), pieces);
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.TokenToBytes(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.TokenToBytes(engine.Info.VocabularySize));
    }

    private static Task<LlamaEngine> LoadTinyAsync() => TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));

    private static GenerationRequest Request(LlamaEngine engine, string prompt, int maxTokens) => new()
    {
        Prompt = engine.Tokenize(prompt, addSpecial: true, parseSpecial: true),
        MaxTokens = maxTokens,
        Sampling = Answers.Greedy,
    };
}
