namespace Gateway.Llama.Tests.Vectors;

public sealed class VectorSchedulerTests
{
    [SharedFact]
    public async Task A_decode_that_fails_is_tried_again_for_each_text_alone()
    {
        await using var engine = await LoadAsync();
        var texts = Texts(engine, 8);
        var expected = await engine.ComputeAsync(texts);

        engine.Vectors!.AbortDecode(3);
        var vectors = await engine.ComputeAsync(texts);

        for (var i = 0; i < texts.Count; i++)
        {
            Assert.Equal(expected[i][0], vectors[i][0], tolerance: 0.02f);
        }

        Assert.Equal(3, engine.Statistics.FailedDecodes);
    }

    [SharedFact]
    public async Task A_text_that_fails_again_and_again_hurts_its_own_request_only()
    {
        await using var engine = await LoadAsync();

        // The batch of one, then three times that text alone.
        engine.Vectors!.AbortDecode(4);
        var failed = await engine.SubmitVectors(Texts(engine, 1));

        Assert.Equal((FinishReason.Error, 0), (failed.Reason, failed.Vectors.Count));
        Assert.Contains("llama_decode", failed.Error!.Message, StringComparison.Ordinal);
        Assert.Single(await engine.ComputeAsync(Texts(engine, 1)));
    }

    [SharedFact]
    public async Task A_cancelled_request_ends_and_the_next_one_is_served()
    {
        await using var engine = await LoadAsync();
        using var cancellation = new CancellationTokenSource();
        var many = engine.SubmitVectors(Texts(engine, 5000), cancellation.Token);
        await Until(() => engine.Statistics.DecodeSteps > 1);

        await cancellation.CancelAsync();

        Assert.Equal((FinishReason.Cancelled, 0), ((await many).Reason, (await many).Vectors.Count));
        Assert.Single(await engine.ComputeAsync(Texts(engine, 1)));
        Assert.InRange(engine.Statistics.PromptTokens, 1, 5000L * 8);
        await Until(() => engine.Statistics is { Waiting: 0, Running: 0 });
    }

    [SharedFact]
    public async Task A_small_request_does_not_wait_for_a_large_one_that_came_first()
    {
        await using var engine = await LoadAsync();
        using var cancellation = new CancellationTokenSource();
        var large = engine.SubmitVectors(Texts(engine, 20_000), cancellation.Token);

        var small = await Task.WhenAll(engine.SubmitVectors(Texts(engine, 1)), engine.SubmitVectors(Texts(engine, 3)));

        Assert.All(small, result => Assert.Equal(FinishReason.Stop, result.Reason));
        Assert.False(large.IsCompleted);
        await cancellation.CancelAsync();
        await large;
    }

    [SharedFact]
    public async Task More_requests_than_may_wait_are_turned_away()
    {
        await using var engine = await LoadAsync(options => options with { MaxSequences = 1, QueueCapacity = 0 });
        using var cancellation = new CancellationTokenSource();
        var large = engine.SubmitVectors(Texts(engine, 20_000), cancellation.Token);

        Assert.False(engine.TryComputeVectors(Texts(engine, 1), CancellationToken.None, out _));

        await cancellation.CancelAsync();
        await large;
        Assert.Single(await engine.ComputeAsync(Texts(engine, 1)));
    }

    [SharedFact]
    public async Task Disposing_ends_what_is_computed_as_cancelled()
    {
        var engine = await LoadAsync();
        var running = Enumerable.Range(0, 3).Select(_ => engine.SubmitVectors(Texts(engine, 5000))).ToList();
        await Until(() => engine.Statistics.DecodeSteps > 1);

        await engine.DisposeAsync();

        Assert.All(await Task.WhenAll(running), result => Assert.Equal(FinishReason.Cancelled, result.Reason));
        Assert.Throws<ObjectDisposedException>(() => engine.TryComputeVectors([[1]], CancellationToken.None, out _));
    }

    private static Task<LlamaEngine> LoadAsync(Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null) =>
        TestModels.LoadAsync(TestModels.Tiny("tiny-reranker.gguf"), options => (configure ?? (o => o))(options with { ContextLength = null }));

    private static List<int[]> Texts(LlamaEngine engine, int count) => [.. Enumerable.Range(0, count).Select(i => engine.TokenizePair("a", $"{i % 100}").Tokens)];

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
