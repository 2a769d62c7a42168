namespace Gateway.Llama.Tests.Vectors;

/// <summary>Models with a memory that embed instead of generating, whatever the kind of the memory.</summary>
public sealed class CausalEmbeddingTests
{
    private const int Mean = 1;
    private const int Last = 3;

    [SharedTheory]
    [InlineData("tiny-llama", "llama", Last)]
    [InlineData("tiny-llama", "llama", Mean)]
    [InlineData("tiny-gemma3", "gemma3", Mean)]
    [InlineData("tiny-gemma3", "gemma3", Last)]
    [InlineData("tiny-mamba", "mamba", Last)]
    [InlineData("tiny-lfm2", "lfm2", Last)]
    [InlineData("tiny-qwen3moe", "qwen3moe", Last)]
    public async Task Texts_have_the_same_vector_alone_and_together(string file, string architecture, int pooling)
    {
        using var model = new PooledModel(file + ".gguf", architecture, pooling);
        await using var engine = await TestModels.LoadAsync(model.Path);
        Assert.Equal(ModelTask.Embed, engine.Info.Task);
        var texts = Enumerable.Range(0, 100).Select(i => engine.Tokenize(string.Join(' ', Enumerable.Repeat($"word {i}", 1 + (i % 9))), true, false)).ToList();

        var together = await engine.ComputeAsync(texts);

        for (var i = 0; i < texts.Count; i += 11)
        {
            VectorTesting.AssertNear((await engine.ComputeAsync([texts[i]]))[0], together[i], 0.02);
        }

        Assert.True(VectorTesting.Dot(together[0], together[50]) < 0.99, "Different texts have the same vector.");
        Assert.Equal(0, engine.Statistics.FailedDecodes);
    }

    [SharedFact]
    public async Task A_text_that_is_read_in_pieces_remembers_the_first()
    {
        using var model = new PooledModel("tiny-llama.gguf", "llama", Last);
        await using var engine = await TestModels.LoadAsync(model.Path);
        int[] rest = [.. Enumerable.Range(0, 600).Select(i => 100 + (i % 50))];

        var vectors = await engine.ComputeAsync([[500, .. rest], [501, .. rest], [500, .. rest], rest]);

        VectorTesting.AssertNear(vectors[0], vectors[2], 1e-4);
        Assert.NotEqual(vectors[0], vectors[1]);
        Assert.NotEqual(vectors[0], vectors[3]);
        Assert.True(engine.Statistics.DecodeSteps >= 8);
    }

    [SharedTheory]
    [InlineData(9)]
    [InlineData(-7)]
    public async Task A_pooling_that_there_is_not_is_refused(int pooling)
    {
        using var model = new PooledModel("tiny-llama.gguf", "llama", pooling);

        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => TestModels.LoadAsync(model.Path));

        Assert.Contains("pooling_type", exception.Message, StringComparison.Ordinal);
    }
}
