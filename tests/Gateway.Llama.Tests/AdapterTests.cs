namespace Gateway.Llama.Tests;

public sealed class AdapterTests
{
    private const string LoraA = "smollm2-135m-lora-a.gguf";
    private const string LoraB = "smollm2-135m-lora-b.gguf";
    private const string LoraTiny = "tiny-llama-lora.gguf";

    [SharedFact]
    public async Task Answers_with_an_adapter_and_without_are_those_of_llama_server_side_by_side()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"), options => options with { MaxSequences = 24, CacheCells = 8192 });
        using var lora = await engine.LoadAdapterAsync(TestModels.Tiny(LoraTiny));

        // All at once, a plain one beside one with the adapter: the steps change between the two.
        var compared = await Task.WhenAll(Reference.Runs("tiny-llama").Zip(Reference.Runs("tiny-llama+lora")).Select(async pair =>
        {
            var plain = engine.AskAsync(pair.First.Prompt, 24, []);
            var adapted = engine.AskAsync(pair.Second.Prompt, 24, [new(lora, 1)]);
            Assert.Equal(pair.First.Ids[..pair.First.SafeLength], (await plain).Tokens[..pair.First.SafeLength]);
            Assert.Equal(pair.Second.Ids[..pair.Second.SafeLength], (await adapted).Tokens[..pair.Second.SafeLength]);
            return pair.Second.SafeLength;
        }));

        Assert.InRange(compared.Sum(), 100, 12 * 24);
    }

    [SharedFact]
    public async Task Several_adapters_alone_together_and_by_half_are_as_likely_as_llama_server_says()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol);
        using var a = await engine.LoadAdapterAsync(TestModels.Tiny(LoraA));
        using var b = await engine.LoadAdapterAsync(TestModels.Tiny(LoraB));
        var choices = new Dictionary<string, AppliedAdapter[]>(StringComparer.Ordinal)
        {
            ["none"] = [],
            ["a"] = [new(a, 1)],
            ["b"] = [new(b, 1), new(a, 0)],
            ["a half"] = [new(a, 0.5f)],
            ["a+b"] = [new(b, 1), new(a, 1)],
        };

        var noise = Reference.Logprobs("smollm2+lora-a").Noise;
        await Task.WhenAll(Reference.RunsByChoice("smollm2 per-request lora").Select(async choice =>
        {
            var answer = await engine.AskAsync(choice.Prompt, 1, choices[choice.Choice]);
            var told = Assert.Single(answer.Logprobs).Top;
            foreach (var top in choice.FirstTop)
            {
                Assert.Equal(top.Logprob, told.Single(t => t.Token == top.Token).Logprob, noise);
            }
        }));
    }

    [SharedTheory]
    [InlineData("smollm2+lora-a", LoraA)]
    [InlineData("smollm2+lora-b", LoraB)]
    public async Task An_adapter_for_quantised_weights_gives_the_answers_of_llama_server(string name, string file)
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol);
        using var adapter = await engine.LoadAdapterAsync(TestModels.Tiny(file));
        var (first, noise) = Reference.Logprobs(name);
        foreach (var run in Reference.Runs(name))
        {
            var answer = await engine.AskAsync(run.Prompt, Math.Max(1, run.SafeLength), [new(adapter, 1)]);

            Assert.Equal(run.Ids[..run.SafeLength], answer.Tokens[..run.SafeLength]);
            foreach (var top in answer.Logprobs.Count > 0 ? first[run.Name] : [])
            {
                Assert.Equal(top.Logprob, answer.Logprobs[0].Top.Single(t => t.Token == top.Token).Logprob, noise);
            }
        }
    }

    [SharedFact]
    public async Task An_adapter_is_gone_when_its_last_owner_and_its_last_answer_are()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));
        var run = Reference.Runs("tiny-llama+lora").Single(r => r.Name == "question");
        var first = await engine.LoadAdapterAsync(TestModels.Tiny(LoraTiny));
        var second = await engine.LoadAdapterAsync(TestModels.Tiny(LoraTiny));
        var running = engine.Submit(Request(engine, run.Prompt, 24, first));

        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.Submit(Request(engine, run.Prompt, 1, first)));
        second.Dispose();
        second.Dispose();

        Assert.Equal(run.Ids, (await running.ReadToEndAsync()).Tokens);
        var plain = Reference.Runs("tiny-llama").Single(r => r.Name == "question");
        Assert.Equal(plain.Ids[..plain.SafeLength], (await engine.AskAsync(plain.Prompt, 24)).Tokens[..plain.SafeLength]);

        // Another one in its place, most likely at its address.
        using var again = await engine.LoadAdapterAsync(TestModels.Tiny(LoraTiny));
        Assert.Equal(run.Ids, (await engine.AskAsync(Request(engine, run.Prompt, 24, again))).Tokens);
        Assert.Equal(1, engine.Scheduler!.AdapterCount);
    }

    [SharedFact]
    public async Task Adapters_that_come_and_go_while_others_answer_disturb_nobody()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));
        var run = Reference.Runs("tiny-llama+lora").Single(r => r.Name == "json");
        var plain = Reference.Runs("tiny-llama").Single(r => r.Name == "json");
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(async () =>
        {
            if (i % 3 == 0)
            {
                var answer = await engine.AskAsync(plain.Prompt, 24);
                Assert.Equal(plain.Ids[..plain.SafeLength], answer.Tokens[..plain.SafeLength]);
                return;
            }

            using var adapter = await engine.LoadAdapterAsync(TestModels.Tiny(LoraTiny));
            Assert.Equal(run.Ids, (await engine.AskAsync(Request(engine, run.Prompt, 24, adapter))).Tokens);
        })));

        // What nobody uses is unloaded before the next request is let in.
        await engine.AskAsync(plain.Prompt, 1);
        Assert.Equal(0, engine.Scheduler!.AdapterCount);
    }

    [SharedTheory]
    [InlineData("tiny-llama.gguf", LoraA, "token_embd|blk|shape|does not exist")]
    [InlineData("tiny-mamba.gguf", LoraTiny, "architecture mamba")]
    [InlineData("tiny-llama.gguf", "tiny-llama.gguf", "adapter")]
    [InlineData("tiny-llama.gguf", "no-such-file.gguf", "does not exist")]
    [InlineData("tiny-llama.gguf", "reference.json", "not a GGUF file")]
    [InlineData("hostile/valid.gguf", "hostile/lora-trunc.gguf", "lora_b")]
    [InlineData("hostile/valid.gguf", "hostile/lora-rank.gguf", "lora")]
    [InlineData("hostile/valid.gguf", "hostile/lora-rank-0.gguf", "lora")]
    [InlineData("hostile/valid.gguf", "hostile/lora-alora-out.gguf", "alora")]
    public async Task An_adapter_that_does_not_fit_is_refused_with_its_name_and_the_engine_goes_on(string model, string adapter, string reason)
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny(model), options => options with { ContextLength = null });

        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => engine.LoadAdapterAsync(TestModels.Tiny(adapter)));

        Assert.Equal(TestModels.Tiny(adapter), exception.ModelPath);
        Assert.StartsWith("Adapter file '" + TestModels.Tiny(adapter), exception.Message, StringComparison.Ordinal);
        Assert.Matches(reason, exception.Problem);
        Assert.Equal(2, (await engine.AskAsync(new GenerationRequest { Prompt = [1, 2], MaxTokens = 2, Sampling = Answers.Greedy with { LogitBias = NoEnd(engine) } })).Tokens.Length);
    }

    [SharedFact]
    public async Task Adapters_of_other_engines_twice_or_of_no_scale_are_refused()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));
        await using var other = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));
        using var own = await engine.LoadAdapterAsync(TestModels.Tiny(LoraTiny));
        using var foreign = await other.LoadAdapterAsync(TestModels.Tiny(LoraTiny));
        var request = Request(engine, "Hello", 1, own);

        Assert.Throws<ArgumentException>(() => engine.Submit(request with { Adapters = [new(foreign, 1)] }));
        Assert.Throws<ArgumentException>(() => engine.Submit(request with { Adapters = [new(own, 1), new(own, 0.5f)] }));
        Assert.Throws<ArgumentException>(() => engine.Submit(request with { Adapters = [new(own, float.NaN)] }));
    }

    [SharedFact]
    public async Task Disposing_the_engine_ends_adapters_too()
    {
        var engine = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"));
        var adapter = await engine.LoadAdapterAsync(TestModels.Tiny(LoraTiny));
        var running = engine.Submit(Request(engine, "Hello", 500, adapter));

        await engine.DisposeAsync();

        Assert.NotNull(running.FinishReason);
        adapter.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.LoadAdapterAsync(TestModels.Tiny(LoraTiny)));
    }

    [Fact]
    public async Task A_model_that_does_not_generate_takes_no_adapter()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Embedding, options => options with { ContextLength = null });

        await Assert.ThrowsAsync<LlamaLoadException>(() => engine.LoadAdapterAsync(TestModels.Embedding));
    }

    private static GenerationRequest Request(LlamaEngine engine, string prompt, int maxTokens, LlamaAdapter adapter) => new()
    {
        Prompt = engine.Tokenize(prompt, addSpecial: true, parseSpecial: true),
        MaxTokens = maxTokens,
        Sampling = Answers.Greedy,
        Adapters = [new(adapter, 1)],
    };

    // So that two tokens come whatever the random weights say.
    private static Dictionary<int, float> NoEnd(LlamaEngine engine) => new() { [engine.Info.VocabularySize - 1] = 100 };
}
