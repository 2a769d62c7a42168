using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Tests.Scheduling;

/// <summary>What is told of those who share an engine.</summary>
public sealed class TenantCountsTests
{
    [SharedFact]
    public async Task Each_has_its_own_requests_and_tokens_and_together_they_are_the_engines()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"), options => options with { MaxSequences = 2 });
        int[] prompt = [.. engine.Tokenize("Once upon a time there was a", addSpecial: true, parseSpecial: false)];
        await engine.AskAsync(Request(prompt, "a", 5));
        var again = await engine.AskAsync(Request(prompt, "a", 5));
        var other = await engine.AskAsync(Request(prompt, "b", 7));
        using var stop = new CancellationTokenSource();
        var endless = Answers.Greedy with { LogitBias = new Dictionary<int, float> { [2] = -100 } };
        var running = engine.SubmitAll([.. Enumerable.Range(0, 3).Select(_ => Request(prompt, "b", 900) with { Sampling = endless })], stop.Token);
        await running[1].ReadAsync(CancellationToken.None);

        Assert.Equal((0, 0), (engine.TenantStatistics("a").Waiting, engine.TenantStatistics("a").Running));
        Assert.Equal((1, 2), (engine.TenantStatistics("b").Waiting, engine.TenantStatistics("b").Running));
        Assert.Equal(new LlamaTenantStatistics("c"), engine.TenantStatistics("c"));
        await stop.CancelAsync();
        var left = await Task.WhenAll(running.Select(g => g.ReadToEndFromHereAsync()));

        var (a, b) = (engine.TenantStatistics("a"), engine.TenantStatistics("b"));
        Assert.Equal(["a", "b"], engine.Tenants.Select(t => t.Name));
        Assert.Equal((2, 3), (a.Started, b.Started));
        Assert.Equal((2 * prompt.Length) - again.Generation.CachedTokens, a.PromptTokens);
        Assert.Equal((prompt.Length - 1, again.Generation.CachedTokens), (again.Generation.CachedTokens, a.CachedTokens));
        Assert.Equal(10, a.GeneratedTokens);
        Assert.Equal(other.Tokens.Length + left.Sum(g => g.CompletionTokens), b.GeneratedTokens);
        Assert.InRange(b.StartDelay, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(1));
        var all = engine.Statistics;
        Assert.Equal((all.PromptTokens, all.CachedTokens, all.GeneratedTokens), (engine.Tenants.Sum(t => t.PromptTokens), engine.Tenants.Sum(t => t.CachedTokens), engine.Tenants.Sum(t => t.GeneratedTokens)));
        Assert.All(engine.Tenants, t => Assert.Equal((0, 0), (t.Waiting, t.Running)));
    }

    [Fact]
    public async Task Those_who_ask_for_vectors_are_counted_as_well()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Embedding, options => options with { ContextLength = null });
        var text = engine.Tokenize("query: a", addSpecial: true, parseSpecial: false);
        foreach (var owner in new[] { "a", "b", "a" })
        {
            Assert.True(engine.TryComputeVectors([text, text], CancellationToken.None, out var result, owner));
            Assert.Equal(FinishReason.Stop, (await result).Reason);
        }

        Assert.Equal([("a", 2, 4 * text.Length), ("b", 1, 2L * text.Length)], engine.Tenants.Select(t => (t.Name, (int)t.Started, t.PromptTokens)));
        Assert.Equal(engine.Statistics.PromptTokens, engine.Tenants.Sum(t => t.PromptTokens));
        Assert.All(engine.Tenants, t => Assert.Equal((0, 0), (t.Waiting, t.Running)));
    }

    [Fact]
    public void Those_beyond_a_number_are_counted_as_one()
    {
        var counts = new TenantCounts();
        for (var i = 0; i < TenantCounts.Most + 10; i++)
        {
            counts.Of($"t{i}").AddGenerated();
        }

        counts.Of("t7").AddGenerated();
        Assert.Equal(TenantCounts.Most + 1, counts.Read().Count);
        Assert.Equal((2, 10, 0), (counts.Read("t7").GeneratedTokens, counts.Read("").GeneratedTokens, counts.Read($"t{TenantCounts.Most}").GeneratedTokens));
    }

    private static GenerationRequest Request(int[] prompt, string owner, int maxTokens) => new()
    {
        Prompt = prompt,
        MaxTokens = maxTokens,
        Owner = owner,
        Sampling = Answers.Greedy,
    };
}
