using Gateway.Llama.Grammars;
using Gateway.Llama.Tests.Grammars;

namespace Gateway.Llama.Tests.Scheduling;

/// <summary>Thousands of requests of all sorts, and at the end nothing is left of them.</summary>
public sealed class SoakTests
{
    private const string Schema = """{"type":"object","properties":{"name":{"type":"string","maxLength":10},"n":{"type":"integer"}},"required":["name","n"],"additionalProperties":false}""";

    [SharedFact]
    public async Task After_two_thousand_requests_of_all_sorts_everything_is_given_back()
    {
        await using var engine = await TestModels.LoadAsync(
            TestModels.Tiny("tiny-llama.gguf"), options => options with { CacheCells = 2048, MaxSequences = 6, QueueCapacity = 3000, HostCacheBytes = 2 << 20 });
        using var adapter = await engine.LoadAdapterAsync(TestModels.Tiny("tiny-llama-lora.gguf"));
        var constraint = new GrammarConstraint(TestGrammars.OfSchema(Schema));
        var random = new Random(7);
        var prefixes = Enumerable.Range(0, 6).Select(i => PrefixCacheTests.Numbers(100, i)).ToArray();
        var requests = Enumerable.Range(0, 2000).Select(i =>
        {
            var prefix = prefixes[random.Next(prefixes.Length)];
            int[] prompt = [.. prefix[..random.Next(1, prefix.Length)], .. PrefixCacheTests.Numbers(random.Next(1, random.Next(40) == 0 ? 500 : 12), i)];
            var request = PrefixCacheTests.Request(prompt, maxTokens: random.Next(40) == 0 ? 300 : random.Next(1, 8)) with
            {
                Owner = "owner " + random.Next(4),
                Weight = random.Next(1, 4),
                Priority = random.Next(10) == 0 ? 1 : 0,
                Grammar = random.Next(20) == 0 ? constraint : null,
                Adapters = random.Next(10) == 0 ? [new(adapter, 1)] : [],
                TopLogprobs = random.Next(20) == 0 ? 2 : null,
            };
            return (Request: request, CancelAfter: random.Next(5) == 0 ? random.Next(3) : (int?)null);
        }).ToArray();

        var ends = await Task.WhenAll(Enumerable.Range(0, 8).Select(part => Task.Run(async () =>
        {
            var reasons = new List<(FinishReason?, bool)>();
            for (var i = part; i < requests.Length; i += 8)
            {
                using var cancellation = new CancellationTokenSource();
                var generation = engine.Submit(requests[i].Request, cancellation.Token);
                for (var read = 0; read < requests[i].CancelAfter && !(await generation.ReadAsync(CancellationToken.None)).IsLast; read++)
                {
                }

                if (requests[i].CancelAfter is not null)
                {
                    await cancellation.CancelAsync();
                }

                await generation.ReadToEndFromHereAsync();
                Assert.Null(generation.Error);
                reasons.Add((generation.FinishReason, requests[i].CancelAfter is not null));
            }

            return reasons;
        })));

        Assert.All(ends.SelectMany(e => e), end => Assert.True(end.Item1 is FinishReason.Stop or FinishReason.Length || (end is (FinishReason.Cancelled, true))));
        var statistics = engine.Statistics;
        Assert.Equal((0, 0, 0, 0L), (statistics.Waiting, statistics.Running, statistics.CellsUsed, statistics.FailedDecodes));
        Assert.InRange(statistics.CellsCached, 1, statistics.CellsTotal);
        Assert.NotEqual(0, statistics.CachedTokens);
        Assert.NotEqual(0, statistics.Spills);

        // All cells can be had, and all ids.
        var large = await engine.AskAsync(PrefixCacheTests.Request(PrefixCacheTests.Numbers(900, 1), maxTokens: 124));
        Assert.Equal(124, large.Tokens.Length);
        var (free, cached, all) = engine.Scheduler!.Ids;
        Assert.Equal(all, free + cached);
    }
}
