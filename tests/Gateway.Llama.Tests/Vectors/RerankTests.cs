namespace Gateway.Llama.Tests.Vectors;

public sealed class RerankTests
{
    [SharedFact]
    public async Task Scores_are_those_of_llama_server_alone_and_together()
    {
        await using var engine = await LoadAsync();
        Assert.Equal((ModelTask.Rerank, false), (engine.Info.Task, engine.ScoresAreProbabilities));
        foreach (var ranking in Reference.Rankings())
        {
            var pairs = ranking.Documents.Select(document => engine.TokenizePair(ranking.Query, document).Tokens).ToList();
            var together = await engine.ComputeAsync(pairs);
            for (var i = 0; i < pairs.Count; i++)
            {
                var alone = (await engine.ComputeAsync([pairs[i]]))[0];

                // Scores of random weights move by some thousandths with what else is in the batch.
                Assert.Equal(ranking.Scores[i], Assert.Single(alone), tolerance: 0.005f);
                Assert.Equal(ranking.Scores[i], Assert.Single(together[i]), tolerance: 0.02f);
            }
        }
    }

    [SharedFact]
    public async Task A_document_that_is_too_long_is_cut_into_windows_that_each_have_the_query()
    {
        await using var engine = await LoadAsync();
        var pair = engine.TokenizePair("a short query", string.Concat(Enumerable.Repeat("many words in a row ", 300)));
        var limit = engine.Info.ContextLength;

        var windows = pair.CutIntoWindows(limit);

        Assert.True(windows.Count > 1);
        Assert.All(windows, window =>
        {
            Assert.Equal(limit, window.Length);
            Assert.Equal(pair.Head, window[..pair.Head.Length]);
            Assert.Equal(pair.Tail, window[^pair.Tail.Length..]);
        });
        Assert.Equal(windows.Count, (await engine.ComputeAsync([.. windows])).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.CutIntoWindows(pair.Head.Length));
    }

    private static Task<LlamaEngine> LoadAsync() => TestModels.LoadAsync(TestModels.Tiny("tiny-reranker.gguf"), options => options with { ContextLength = null });
}
