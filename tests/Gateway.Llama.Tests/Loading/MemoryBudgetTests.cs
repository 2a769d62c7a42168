using Gateway.Llama.Loading;

namespace Gateway.Llama.Tests.Loading;

public sealed class MemoryBudgetTests
{
    private readonly MemoryBudget _budget = new(() => 1_000_000_000);

    [Fact]
    public void Models_that_fit_alone_but_not_together_are_refused_until_one_is_gone()
    {
        using var first = _budget.Begin();
        using var second = _budget.Begin();
        first.Take(Need(600), "first.gguf");

        var exception = Assert.Throws<LlamaLoadException>(() => second.Take(Need(500), "second.gguf"));

        Assert.Equal("second.gguf", exception.ModelPath);
        Assert.Contains("500 MB", exception.Problem, StringComparison.Ordinal);
        Assert.Contains("may use 1,000 MB, of which the models that are loaded hold 600 MB", exception.Problem, StringComparison.Ordinal);
        Assert.Contains("fewer models", exception.Remedy, StringComparison.Ordinal);
        second.Take(Need(400), "second.gguf");
        second.Dispose();
        second.Dispose();
        first.Dispose();
        second.Take(Need(1_000), "second.gguf");
    }

    [Fact]
    public void One_that_never_fits_is_told_what_would()
    {
        using var lease = _budget.Begin();

        Assert.Contains("smaller model", Assert.Throws<LlamaLoadException>(() => lease.Take(Need(1_001), "m")).Remedy, StringComparison.Ordinal);
        Assert.Contains("CacheCells", Assert.Throws<LlamaLoadException>(() => lease.Take(Need(10) with { Cache = 1_000_000_000 }, "m")).Remedy, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task A_model_that_is_unloaded_or_was_not_loaded_holds_nothing()
    {
        using var rest = MemoryBudget.OfProcess.Begin();
        await (await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf"))).DisposeAsync();
        await Assert.ThrowsAsync<LlamaLoadException>(() => TestModels.LoadAsync(TestModels.Smol, options => options with { ContextLength = 8193 }));

        rest.Take(Need(0) with { Weights = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes }, "everything");
    }

    private static MemoryEstimate Need(long megabytes) => new(megabytes * 1_000_000, 0, 0, 0, 1, 1, 1);
}
