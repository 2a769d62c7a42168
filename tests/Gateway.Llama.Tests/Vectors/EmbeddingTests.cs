namespace Gateway.Llama.Tests.Vectors;

/// <summary>30 texts in 10 languages with the shipped model, against llama-server.</summary>
public sealed class EmbeddingTests(EmbeddingTests.Model model) : IClassFixture<EmbeddingTests.Model>
{
    [SharedFact]
    public async Task Embeddings_are_those_of_llama_server_alone_and_together()
    {
        var texts = Reference.Embeddings().ToList();
        var together = await model.Engine.EmbedAsync([.. texts.Select(text => text.Input)]);
        for (var i = 0; i < texts.Count; i++)
        {
            var alone = (await model.Engine.EmbedAsync(texts[i].Input))[0];

            // The numbers of the reference have six digits behind the point.
            AssertNear(texts[i].Vector, alone, 5e-3);
            AssertNear(alone, together[i], 5e-3);
        }
    }

    [SharedFact]
    public async Task Each_text_finds_its_translations_before_any_other()
    {
        var texts = Reference.Embeddings().ToList();
        var vectors = await model.Engine.EmbedAsync([.. texts.Select(text => text.Input)]);
        for (var i = 0; i < texts.Count; i++)
        {
            var nearest = Enumerable.Range(0, texts.Count).Where(other => other != i).MaxBy(other => VectorTesting.Dot(vectors[i], vectors[other]));

            Assert.Equal(texts[i].Meaning, texts[nearest].Meaning);
        }
    }

    [Fact]
    public async Task As_many_short_texts_as_a_request_may_have_come_back_in_order()
    {
        var texts = Enumerable.Range(0, 2048).Select(i => $"query: {i % 64}").ToArray();

        var vectors = await model.Engine.EmbedAsync(texts);

        Assert.Equal(2048, vectors.Count);
        for (var i = 64; i < vectors.Count; i++)
        {
            AssertNear(vectors[i % 64], vectors[i], 5e-3);
        }

        Assert.True(VectorTesting.Dot(vectors[0], vectors[1]) < 0.999, "Different texts have the same vector.");
    }

    [Fact]
    public async Task Requests_at_the_same_time_get_what_each_gets_alone()
    {
        string[][] requests = [.. Enumerable.Range(0, 24).Select(r => Enumerable.Range(0, 1 + (r % 5)).Select(i => $"query: number {r} and {i}").ToArray())];
        var alone = new List<IReadOnlyList<float[]>>();
        foreach (var request in requests)
        {
            alone.Add(await model.Engine.EmbedAsync(request));
        }

        var together = await Task.WhenAll(requests.Select(request => model.Engine.EmbedAsync(request)));

        for (var r = 0; r < requests.Length; r++)
        {
            for (var i = 0; i < requests[r].Length; i++)
            {
                AssertNear(alone[r][i], together[r][i], 5e-3);
            }
        }
    }

    [Fact]
    public async Task A_text_as_long_as_the_model_takes_is_embedded_and_a_longer_one_refused_with_both_numbers()
    {
        var words = model.Engine.Tokenize(string.Join(' ', Enumerable.Repeat("word", 600)), addSpecial: false, parseSpecial: false);

        var vector = (await model.Engine.ComputeAsync([words[..512]]))[0];

        Assert.Equal(1, VectorTesting.Dot(vector, vector), 3);
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => model.Engine.ComputeAsync([words[..513]]));
        Assert.Contains("513", refused.Message, StringComparison.Ordinal);
        Assert.Contains("512", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_that_cannot_be_embedded_are_refused_with_the_reason()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => model.Engine.ComputeAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(() => model.Engine.ComputeAsync([[]]));
        var unknown = await Assert.ThrowsAsync<ArgumentException>(() => model.Engine.ComputeAsync([[1, model.Engine.Info.VocabularySize]]));
        Assert.Contains("ids of this model go from 0 to", unknown.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => model.Engine.ComputeAsync([[-1]]));
        await using var chat = await TestModels.LoadAsync(TestModels.Smol);
        await Assert.ThrowsAsync<NotSupportedException>(() => chat.ComputeAsync([[1]]));
    }

    [Fact]
    public async Task The_room_for_logits_that_nobody_asks_for_is_given_back()
    {
        // 512 tokens have a row of 250,037 logits each: 512 MB.
        await model.Engine.ComputeAsync([[.. Enumerable.Repeat(1000, 512)]]);

        var resident = File.ReadLines("/proc/self/smaps").Where(line => line.StartsWith("Rss:", StringComparison.Ordinal))
            .Max(line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(resident, 1, 300_000);
    }

    private static void AssertNear(float[] expected, float[] actual, double bound) => VectorTesting.AssertNear(expected, actual, bound);

    public sealed class Model : IAsyncLifetime
    {
        internal LlamaEngine Engine { get; private set; } = null!;

        public async Task InitializeAsync() => Engine = await TestModels.LoadAsync(TestModels.Embedding, options => options with { ContextLength = null });

        public Task DisposeAsync() => Engine.DisposeAsync().AsTask();
    }
}
