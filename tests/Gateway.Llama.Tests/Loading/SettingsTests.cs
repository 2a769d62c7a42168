using Gateway.Llama.Gguf;
using Gateway.Llama.Loading;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Tests.Loading;

/// <summary>That libllama does what the options say, by its own words.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData(KVCacheType.F16, "f16")]
    [InlineData(KVCacheType.Q8, "q8_0")]
    [InlineData(KVCacheType.Q4, "q4_0")]
    public async Task The_cache_has_the_type_and_the_size_that_were_estimated_and_answers_come_out_of_it(KVCacheType type, string name)
    {
        var (engine, said, memory) = await LoadAsync(o => o with { KVCacheType = type });
        await using (engine)
        {
            Assert.Contains(said, l => l.Contains($"K ({name}):", StringComparison.Ordinal) && l.Contains($"V ({name}):", StringComparison.Ordinal));
            var size = said.Single(l => l.Contains("KV buffer size", StringComparison.Ordinal));
            var megabytes = double.Parse(size.Split('=')[1].Replace("MiB", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(memory.Cache / megabytes, 0.99 * (1 << 20), 1.01 * (1 << 20));

            // Greedy: "The capital of France is" Paris, however roughly it is remembered; and again out of what is remembered of the first time.
            var prompt = engine.Tokenize("The capital of France is", addSpecial: true, parseSpecial: false);
            foreach (var isAgain in (bool[])[false, true])
            {
                engine.TrySubmit(new GenerationRequest { Prompt = prompt, MaxTokens = 3, Sampling = new SamplingOptions { Temperature = 0 } }, CancellationToken.None, out var generation);
                var text = "";
                for (var isLast = false; !isLast;)
                {
                    var chunk = await generation!.ReadAsync(CancellationToken.None);
                    text += chunk.Text;
                    isLast = chunk.IsLast;
                }

                Assert.Contains("Paris", text, StringComparison.Ordinal);
                Assert.Equal(isAgain, generation!.CachedTokens > 0);
            }
        }
    }

    [Theory]
    [InlineData(FlashAttention.Auto, "auto")]
    [InlineData(FlashAttention.On, "enabled")]
    [InlineData(FlashAttention.Off, "disabled")]
    public async Task Flash_attention_is_as_asked_for_and_the_scores_that_there_are_without_it_are_counted(FlashAttention flash, string word)
    {
        var (engine, said, memory) = await LoadAsync(o => o with { FlashAttention = flash });
        await using (engine)
        {
            Assert.Contains(said, l => l.Contains("flash_attn ", StringComparison.Ordinal) && l.TrimEnd().EndsWith("= " + word, StringComparison.Ordinal));

            // 4 bytes for each of 9 heads, 2,048 cells and 512 tokens of a batch.
            Assert.Equal(flash == FlashAttention.Off, memory.Compute > 4L * 9 * 2048 * 512);
            var compute = said.Where(l => l.Contains("compute buffer size", StringComparison.Ordinal))
                .Sum(l => double.Parse(l.Split('=')[1].Split("MiB")[0], System.Globalization.CultureInfo.InvariantCulture));
            Assert.InRange(memory.Compute / compute, 0.4 * (1 << 20), 2.5 * (1 << 20));
        }
    }

    [Theory]
    [InlineData(null, false, "mmap")]
    [InlineData(true, false, "mmap")]
    [InlineData(false, false, "none")]
    [InlineData(false, true, "mlock")]
    [InlineData(true, true, "mmap+mlock")]
    [InlineData(null, true, "mmap+mlock")]
    public async Task The_file_comes_into_memory_as_asked_for(bool? map, bool hold, string mode)
    {
        var (engine, said, _) = await LoadAsync(o => o with { MemoryMap = map, MemoryLock = hold });
        await using (engine)
        {
            Assert.Contains(said, l => l.Contains($"load_mode = {mode})", StringComparison.Ordinal));
            if (hold && !said.Any(l => l.Contains("not all of it is held", StringComparison.Ordinal)))
            {
                Assert.InRange(LockedKilobytes(), 80_000, int.MaxValue);
            }
        }
    }

    [Fact]
    public async Task Layers_for_a_GPU_that_is_not_there_are_computed_by_the_processor_and_that_is_told()
    {
        var (engine, said, _) = await LoadAsync(o => o with { GpuLayers = 5 });
        await using (engine)
        {
            Assert.Contains(said, l => l.Contains("5 layers are to be computed on a GPU, and there is none", StringComparison.Ordinal));
        }

        (engine, said, _) = await LoadAsync(o => o with { GpuLayers = 0 });
        await using (engine)
        {
            Assert.DoesNotContain(said, l => l.Contains("GPU, and there is none", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_quantised_cache_without_flash_attention_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => LoadAsync(o => o with { KVCacheType = KVCacheType.Q8, FlashAttention = FlashAttention.Off }));
        Assert.Contains("GpuLayers", new LlamaEngineOptions { ModelPath = "m", GpuLayers = -1 }.FindError(), StringComparison.Ordinal);
    }

    [SharedTheory]
    [InlineData("tiny-llama.gguf")]
    [InlineData("tiny-lfm2.gguf")]
    public async Task Heads_that_cannot_be_cut_into_blocks_are_refused(string file)
    {
        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => TestModels.LoadAsync(TestModels.Tiny(file), o => o with { KVCacheType = KVCacheType.Q8 }));

        Assert.Contains("its heads have 16 numbers, and a cache of the type q8_0 holds multiples of 32", exception.Problem, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task Models_without_heads_and_those_without_a_cache_have_nothing_to_quantise()
    {
        await (await TestModels.LoadAsync(TestModels.Tiny("tiny-mamba.gguf"), o => o with { KVCacheType = KVCacheType.Q8 })).DisposeAsync();
        await (await TestModels.LoadAsync(TestModels.Embedding, o => o with { ContextLength = null, KVCacheType = KVCacheType.Q4 })).DisposeAsync();
    }

    private static long LockedKilobytes() =>
        long.Parse(File.ReadLines("/proc/self/status").Single(l => l.StartsWith("VmLck:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<(LlamaEngine Engine, IReadOnlyList<string> Said, MemoryEstimate Memory)> LoadAsync(Func<LlamaEngineOptions, LlamaEngineOptions> configure)
    {
        var options = configure(new LlamaEngineOptions { ModelPath = TestModels.Smol, ContextLength = 1024, Threads = 1 });
        using var loggers = new ListLoggers();
        var engine = await LlamaEngine.LoadAsync(options, loggers, null, CancellationToken.None);
        using var file = GgufFile.Open(TestModels.Smol);
        return (engine, [.. loggers.Lines], MemoryEstimate.Of(file, options));
    }

    private sealed class ListLoggers : ILoggerFactory, ILogger
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Lines { get; } = new();

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
