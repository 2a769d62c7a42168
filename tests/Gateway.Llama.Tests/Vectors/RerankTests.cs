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

    [SharedFact]
    public async Task A_template_of_the_file_puts_query_and_document_together_and_their_text_stays_text()
    {
        using var model = new AlteredModel("tiny-reranker.gguf", ("tokenizer.chat_template.rerank", "[CLS]{query}[SEP]{document}"));
        await using var templated = await TestModels.LoadAsync(model.Path, options => options with { ContextLength = null });
        await using var engine = await LoadAsync();

        foreach (var (query, document) in new[] { ("how to boil an egg", "Chickens lay eggs."), ("a {document} b", "[SEP] {query} [CLS]"), ("a", "") })
        {
            var expected = engine.TokenizePair(query, document);
            var pair = templated.TokenizePair(query, document);

            Assert.Equal(expected.Tokens, pair.Tokens);
            Assert.Equal((expected.Head, expected.Document, expected.Tail), (pair.Head, pair.Document, pair.Tail), Same);
        }
    }

    private static bool Same((int[] Head, int[] Document, int[] Tail) first, (int[] Head, int[] Document, int[] Tail) second) =>
        first.Head.SequenceEqual(second.Head) && first.Document.SequenceEqual(second.Document) && first.Tail.SequenceEqual(second.Tail);

    private static Task<LlamaEngine> LoadAsync() => TestModels.LoadAsync(TestModels.Tiny("tiny-reranker.gguf"), options => options with { ContextLength = null });
}
