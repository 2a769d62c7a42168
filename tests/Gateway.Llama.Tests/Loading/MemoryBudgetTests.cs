using Gateway.Llama.Gguf;
using Gateway.Llama.Loading;
using Microsoft.Extensions.Logging.Abstractions;

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

    [Fact]
    public void Adapters_have_what_was_taken_for_them_and_whatever_else_there_is()
    {
        using var other = _budget.Begin();
        using var model = _budget.Begin();
        other.Take(Need(700), "other.gguf");
        Assert.True(model.TryTake(Need(100) with { Adapters = 50_000_000 }));
        model.Take(Need(100), "model.gguf");
        Assert.Equal(850_000_000, _budget.Taken);
        Assert.False(other.TryAdd(151_000_000));

        model.Add(50_000_000, "first.gguf");
        Assert.Equal(850_000_000, _budget.Taken);
        model.Add(150_000_000, "second.gguf");
        var exception = Assert.Throws<LlamaLoadException>(() => model.Add(1_000_000, "third.gguf"));
        Assert.Equal("Adapter file 'third.gguf' cannot be loaded: it takes 1.0 MB of memory, and of the 1,000 MB that this process may use for models 1,000 MB are taken. Serve fewer models or adapters at a time.", exception.Message);

        model.GiveBack(50_000_000);
        model.Add(50_000_000, "third.gguf");
        model.GiveBack(50_000_000);
        model.GiveBack(150_000_000);
        Assert.Equal(800_000_000, _budget.Taken);
        model.Dispose();
        model.GiveBack(1);
        Assert.Equal(700_000_000, _budget.Taken);
    }

    [SharedFact]
    public async Task An_adapter_takes_what_its_weights_do_for_as_long_as_it_is_loaded_and_is_refused_where_that_is_not_there()
    {
        var (one, other) = (TestModels.Tiny("smollm2-135m-lora-a.gguf"), TestModels.Tiny("smollm2-135m-lora-b.gguf"));
        var options = new LlamaEngineOptions { ModelPath = TestModels.Smol, ContextLength = 256, Threads = 1 };
        var (need, size) = (Estimate(options), new FileInfo(one).Length);
        var budget = new MemoryBudget(() => need.Total + size);
        using var rest = budget.Begin();
        Assert.True(rest.TryAdd(need.Outputs));
        var memory = budget.Begin();
        await using var engine = await LlamaEngine.LoadAsync(options, NullLoggerFactory.Instance, null, memory, CancellationToken.None);
        Assert.Equal(need.Used, memory.Taken);

        var first = await engine.LoadAdapterAsync(one);
        var again = await engine.LoadAdapterAsync(one);
        Assert.InRange(memory.Taken - need.Used, size * 9 / 10, size);
        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => engine.LoadAdapterAsync(other));
        Assert.Equal((other, true), (exception.ModelPath, exception.IsAdapter));
        Assert.Contains("MB are taken", exception.Problem, StringComparison.Ordinal);

        first.Dispose();
        again.Dispose();
        using var instead = await engine.LoadAdapterAsync(other);
        Assert.InRange(memory.Taken - need.Used, 1, new FileInfo(other).Length);
        await engine.DisposeAsync();
        Assert.Equal(0, memory.Taken);
    }

    [Fact]
    public void What_leaves_the_cache_is_counted_where_it_is_kept()
    {
        var smol = new LlamaEngineOptions { ModelPath = TestModels.Smol };

        Assert.Equal(LlamaEngineOptions.DefaultHostCacheBytes, Estimate(smol).HostCache);
        Assert.Equal(Estimate(smol with { ContextLength = 256 }).Cache, Estimate(smol with { ContextLength = 256 }).HostCache);
        Assert.Equal((1L << 30, 0L), (Estimate(smol with { HostCacheBytes = 1 << 30 }).HostCache, Estimate(smol with { HostCacheBytes = 0 }).HostCache));
        Assert.Equal(Estimate(smol with { HostCacheBytes = 0 }).Used + (1 << 30), Estimate(smol with { HostCacheBytes = 1 << 30 }).Used);
        Assert.Equal(0, Estimate(smol with { PrefixCache = false, HostCacheBytes = 1 << 30 }).HostCache);
        Assert.Equal(0, Estimate(new LlamaEngineOptions { ModelPath = TestModels.Embedding }).HostCache);
    }

    private static MemoryEstimate Estimate(LlamaEngineOptions options)
    {
        using var file = GgufFile.Open(options.ModelPath);
        return MemoryEstimate.Of(file, options);
    }

    private static MemoryEstimate Need(long megabytes) => new(megabytes * 1_000_000, 0, 0, 0, 1, 1, 1);
}
