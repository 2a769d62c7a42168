using Gateway.Llama.Gguf;
using Gateway.Llama.Loading;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Llama.Tests.Loading;

/// <summary>A draft model guesses for a model of the same vocabulary, and any other is refused with the reason.</summary>
public sealed class DraftLoadTests
{
    private readonly MemoryBudget _budget = new(() => 4_000_000_000);

    [SharedTheory]
    [InlineData("tiny-mamba", "tiny-llama", "the model that it is to guess for (mamba) has a memory that tokens cannot be taken back from")]
    [InlineData("tiny-lfm2", "tiny-llama", "the model that it is to guess for (lfm2) has a memory that tokens cannot be taken back from")]
    [InlineData("tiny-gemma3", "tiny-llama", "the model that it is to guess for (gemma3) has a memory that tokens cannot be taken back from")]
    [InlineData("tiny-reranker", "tiny-llama", "the model that it is to guess for (bert) does not continue texts")]
    [InlineData("tiny-llama", "tiny-mamba", "it has a memory that tokens cannot be taken back from")]
    [InlineData("tiny-llama", "tiny-gemma3", "it has a memory that tokens cannot be taken back from")]
    [InlineData("tiny-llama", "tiny-reranker", "it does not continue texts, so it cannot guess any")]
    [InlineData("tiny-llama", "tiny-llama-lora", "general.type")]
    [InlineData("tiny-llama", "no-such-model", "it does not exist")]
    [InlineData("tiny-llama", "hostile/trunc-data-half", "it is cut off")]
    public async Task What_cannot_guess_is_refused_with_the_reason(string model, string draft, string reason)
    {
        var path = TestModels.Tiny(draft + ".gguf");

        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => LoadAsync(TestModels.Tiny(model + ".gguf"), path));

        Assert.Equal(path, exception.ModelPath);
        Assert.Contains(reason, exception.Problem, StringComparison.Ordinal);
        Assert.Equal(0, _budget.Taken);
    }

    [SharedFact]
    public async Task A_draft_of_another_vocabulary_is_refused()
    {
        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => LoadAsync(TestModels.Smol, TestModels.Tiny("tiny-llama.gguf")));

        Assert.Equal(
            $"Model file '{TestModels.Tiny("tiny-llama.gguf")}' cannot be loaded: it cannot guess for '{TestModels.Smol}', for their vocabularies are not the same: "
            + "4096 tokens are not 49152. Take a small model of the same family, or leave the draft model out.",
            exception.Message);
        Assert.Equal(0, _budget.Taken);
    }

    [SharedFact]
    public async Task What_the_draft_takes_of_memory_counts()
    {
        var (model, draft) = (TestModels.Tiny("tiny-llama.gguf"), TestModels.Tiny("tiny-qwen3moe.gguf"));
        var options = Options(model, draft);
        using var file = GgufFile.Open(model);
        using var draftFile = GgufFile.Open(draft);
        var (alone, both) = (MemoryEstimate.Of(file, options), MemoryEstimate.Of(file, options).WithDraft(options));
        Assert.InRange(both.Beside, draftFile.Tensors.Sum(t => t.Size ?? 0), both.Used - alone.Used);

        await using (await LoadAsync(model, draft))
        {
            Assert.Equal(both.Used, _budget.Taken);
        }

        Assert.Equal(0, _budget.Taken);
        var small = new MemoryBudget(() => both.Used - 1);
        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => LlamaEngine.LoadAsync(options, NullLoggerFactory.Instance, null, small.Begin(), CancellationToken.None));
        Assert.Contains("for the model that is loaded beside it", exception.Problem, StringComparison.Ordinal);
        Assert.Equal(0, small.Taken);
    }

    [Theory]
    [InlineData(null, Speculate.Draft)]
    [InlineData(" ", Speculate.Draft)]
    [InlineData("draft.gguf", Speculate.Lookup)]
    [InlineData("draft.gguf", Speculate.Off)]
    public async Task A_draft_is_named_where_one_is_to_guess_and_nowhere_else(string? draft, Speculate speculation) =>
        await Assert.ThrowsAsync<ArgumentException>(() => TestModels.LoadAsync("model.gguf", options => options with { DraftModelPath = draft, Speculation = speculation }));

    private static LlamaEngineOptions Options(string model, string draft) =>
        new() { ModelPath = model, DraftModelPath = draft, Speculation = Speculate.Draft, Threads = 1, MaxSequences = 2 };

    private Task<LlamaEngine> LoadAsync(string model, string draft) =>
        LlamaEngine.LoadAsync(Options(model, draft), NullLoggerFactory.Instance, null, _budget.Begin(), CancellationToken.None);
}
