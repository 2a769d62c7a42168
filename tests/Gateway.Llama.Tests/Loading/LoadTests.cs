using Gateway.Llama.Loading;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Llama.Tests.Loading;

public sealed class LoadTests
{
    [Fact]
    public async Task A_model_tells_what_its_file_says()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol);

        var info = engine.Info;
        Assert.Equal(("llama", "Smollm2 135M 8k Lc100K Mix1 Ep2", 8192, 1024), (info.Architecture, info.Name, info.TrainedContextLength, info.ContextLength));
        Assert.Equal((49152, 576), (info.VocabularySize, info.EmbeddingSize));
        Assert.InRange(info.ParameterCount, 130_000_000, 140_000_000);
        Assert.InRange(info.SizeInBytes, 90_000_000, new FileInfo(TestModels.Smol).Length);
        Assert.Equal(ModelTask.Generate, info.Task);
        Assert.Contains("<|im_start|>", info.ChatTemplate, StringComparison.Ordinal);
        Assert.Equal(("<|im_start|>", "<|im_end|>"), (info.BosText, info.EosText));
        Assert.Equal("gpt2", engine.GetMetadata("tokenizer.ggml.model"));
        Assert.Equal(info.ChatTemplate, engine.GetMetadata("tokenizer.chat_template"));
        Assert.Null(engine.GetMetadata("no.such.key"));
        Assert.Equal(2048, engine.Statistics.CellsTotal);
    }

    [Fact]
    public async Task An_embedding_model_loads_and_tokenises_but_does_not_generate()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Embedding, options => options with { ContextLength = null });

        Assert.Equal((ModelTask.Embed, 384), (engine.Info.Task, engine.Info.EmbeddingSize));
        Assert.NotEmpty(engine.Tokenize("query: hello", addSpecial: true, parseSpecial: false));
        var request = new GenerationRequest { Prompt = [0, 5], MaxTokens = 5 };
        Assert.Throws<NotSupportedException>(() => engine.TrySubmit(request, CancellationToken.None, out _));
        Assert.Equal((0, 0L), (engine.Statistics.CellsTotal, engine.Statistics.DecodeSteps));
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "no-such-model.gguf");

        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => TestModels.LoadAsync(path));

        Assert.Equal(path, exception.ModelPath);
        Assert.Contains("does not exist", exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LlamaLoadException>(() => TestModels.LoadAsync(AppContext.BaseDirectory));
    }

    [SharedTheory]
    [InlineData("magic-67677566.gguf", "not a GGUF file")]
    [InlineData("trunc-header-3.gguf", "not a GGUF file")]
    [InlineData("trunc-header-4.gguf", "version: the file ends before it")]
    [InlineData("trunc-info.gguf", "tensor \"blk.0.attn_v.weight\" dimensions: the file ends before it")]
    [InlineData("trunc-data-half.gguf", "it is cut off")]
    public async Task A_broken_file_is_refused_with_the_reason(string file, string reason)
    {
        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => TestModels.LoadAsync(TestModels.Tiny("hostile/" + file)));

        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("no reason", exception.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_goes_from_nothing_to_all()
    {
        var reports = new Reports(_ => { });

        await using var engine = await LoadAsync(reports, CancellationToken.None);

        Assert.Equal(reports.Values.Order(), reports.Values);
        Assert.InRange(reports.Values[0], 0f, 0.5f);
        Assert.Equal(1f, reports.Values[^1]);
    }

    [Fact]
    public async Task A_load_can_be_cancelled_on_its_way()
    {
        using var cancellation = new CancellationTokenSource();
        var reports = new Reports(_ => cancellation.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LoadAsync(reports, cancellation.Token));

        Assert.Single(reports.Values);
    }

    [Fact]
    public async Task A_failure_of_the_progress_report_ends_the_load_and_comes_out() =>
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => LoadAsync(new Reports(_ => throw new TimeZoneNotFoundException()), CancellationToken.None));

    [Fact]
    public async Task A_context_longer_than_trained_is_refused()
    {
        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => TestModels.LoadAsync(TestModels.Smol, options => options with { ContextLength = 8193 }));

        Assert.Contains("8192", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_that_no_memory_holds_is_refused()
    {
        var exception = await Assert.ThrowsAsync<LlamaLoadException>(
            () => TestModels.LoadAsync(TestModels.Smol, options => options with { CacheCells = 1 << 24 }));

        Assert.Contains("386,547 MB", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_out_of_range_are_refused()
    {
        await AssertRefusedAsync(options => options with { MaxSequences = 257 }, "MaxSequences must be 1 to 256, not 257.");
        await AssertRefusedAsync(options => options with { MaxSequences = 0 }, "MaxSequences");
        await AssertRefusedAsync(options => options with { ContextLength = 0 }, "ContextLength");
        await AssertRefusedAsync(options => options with { ContextLength = 512, CacheCells = 511 }, "CacheCells");
        await AssertRefusedAsync(options => options with { BatchSize = 7, MaxSequences = 8 }, "BatchSize");
        await AssertRefusedAsync(options => options with { QueueCapacity = -1 }, "QueueCapacity");
        await AssertRefusedAsync(options => options with { Threads = 0 }, "Threads");
        await AssertRefusedAsync(options => options with { ModelPath = " " }, "ModelPath");
    }

    [Fact]
    public void Threads_of_one_core_count_once()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var (cpu, siblings) in new[] { ("cpu0", "0,2"), ("cpu1", "1,3"), ("cpu2", "0,2"), ("cpu3", "1,3"), ("cpufreq", "9") })
            {
                var topology = folder.CreateSubdirectory(Path.Combine(cpu, "topology"));
                File.WriteAllText(Path.Combine(topology.FullName, "thread_siblings_list"), siblings + "\n");
            }

            Assert.Equal(2, ProcessorTopology.CountCores(folder.FullName));
            Assert.Null(ProcessorTopology.CountCores(Path.Combine(folder.FullName, "missing")));
            Assert.InRange(ProcessorTopology.PhysicalCores, 1, Environment.ProcessorCount);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task AssertRefusedAsync(Func<LlamaEngineOptions, LlamaEngineOptions> change, string message)
    {
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => TestModels.LoadAsync(TestModels.Smol, change));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private static Task<LlamaEngine> LoadAsync(IProgress<float> progress, CancellationToken cancellationToken) =>
        LlamaEngine.LoadAsync(
            new LlamaEngineOptions { ModelPath = TestModels.Smol, ContextLength = 256, Threads = 1 }, NullLoggerFactory.Instance, progress, cancellationToken);

    private sealed class Reports(Action<float> onReport) : IProgress<float>
    {
        public List<float> Values { get; } = [];

        public void Report(float value)
        {
            Values.Add(value);
            onReport(value);
        }
    }
}
