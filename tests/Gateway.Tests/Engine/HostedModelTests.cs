using Gateway.Engine;
using Gateway.Llama;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary>Models and adapters that deployments share, load at their first use, and let go of.</summary>
public sealed class HostedModelTests : EngineHostTest
{
    private static readonly AdapterFile Lora = new(SharedModels.Tiny("tiny-llama-lora.gguf"), 1);

    [SharedFact]
    public async Task A_model_for_its_first_use_is_loaded_once_by_all_who_ask_first()
    {
        var handle = Host.Acquire("d", Options(), atFirstUse: true);
        await Host.AllLoadedAsync();
        Assert.Equal((LoadState.NotLoaded, 0), (handle.State, Lines("loading")));

        var loaded = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(handle.LoadAsync)));

        Assert.Single(loaded.Distinct());
        Assert.Equal((LoadState.Ready, 1), (handle.State, Lines("loading")));
        handle.Release();
        await Logs.WaitForAsync(l => l.Text.Contains("d: unloaded", StringComparison.Ordinal));
    }

    [SharedFact]
    public async Task Deployments_of_one_file_share_it_with_and_without_adapters()
    {
        var plain = Host.Acquire("plain", Options());
        var adapted = Host.Acquire("adapted", Options(), [Lora]);
        var half = Host.Acquire("half", Options(), [Lora with { Scale = 0.5f }], atFirstUse: true);
        await Host.AllLoadedAsync();

        Assert.Equal((LoadState.Ready, LoadState.Ready, LoadState.NotLoaded), (plain.State, adapted.State, half.State));
        Assert.Same(plain.Loaded.Here().Engine, adapted.Loaded.Here().Engine);
        Assert.Same(plain.Loaded.Here().Engine, (await half.LoadAsync()).Here().Engine);
        Assert.Equal((0, 1f, 0.5f), (plain.Loaded.Here().Adapters.Count, adapted.Loaded.Here().Adapters.Single().Scale, half.Loaded.Here().Adapters.Single().Scale));
        Assert.Equal(1, Lines(": loading /"));

        // The one that asked first may go first.
        var adapter = half.Loaded.Here().Adapters.Single();
        plain.Release();
        half.Release();
        Assert.Throws<ObjectDisposedException>(() => Submit(adapted.Loaded.Here(), [adapter]));
        var answer = Submit(adapted.Loaded.Here(), adapted.Loaded.Here().Adapters);
        while (!(await answer.ReadAsync(CancellationToken.None)).IsLast)
        {
        }

        Assert.Equal(FinishReason.Length, answer.FinishReason);
        Assert.Equal(0, Lines("unloaded"));
        adapted.Release();
        await Logs.WaitForAsync(l => l.Text.Contains("plain: unloaded", StringComparison.Ordinal));
    }

    [SharedFact]
    public async Task A_model_with_a_draft_is_another_one_than_without_and_takes_its_memory_too()
    {
        var draft = Options() with { DraftModelPath = SharedModels.Tiny("tiny-qwen3moe.gguf"), Speculation = Speculate.Draft };
        var (plain, drafted, again) = (Host.Acquire("plain", Options()), Host.Acquire("drafted", draft), Host.Acquire("again", draft));
        await Host.AllLoadedAsync();

        Assert.NotSame(plain.Loaded.Here().Engine, drafted.Loaded.Here().Engine);
        Assert.Same(drafted.Loaded.Here().Engine, again.Loaded.Here().Engine);
        Assert.InRange(drafted.Hosted.Memory!.Taken - plain.Hosted.Memory!.Taken, new FileInfo(draft.DraftModelPath).Length / 2, 20_000_000);
        Assert.Equal(plain.Loaded!.Info.SizeInBytes, drafted.Loaded!.Info.SizeInBytes);
        Assert.Null(HostedEngine.Measure(draft with { DraftModelPath = Path.Combine(Folder, "none.gguf") }, []));
        foreach (var handle in (EngineHandle[])[plain, drafted, again])
        {
            handle.Release();
        }

        await Logs.WaitForAsync(l => l.Text.Contains("drafted: unloaded", StringComparison.Ordinal));
    }

    [SharedFact]
    public async Task A_model_that_cannot_be_loaded_at_its_first_use_is_told_once_in_the_log_and_tried_again_after_a_pause()
    {
        var path = Path.Combine(Folder, "model.gguf");
        await File.WriteAllBytesAsync(path, [.. "GGUF"u8, 3, 0, 0, 0, 1, 2, 3]);
        var handle = Host.Acquire("d", Options(path), atFirstUse: true);
        for (var i = 0; i < 10; i++)
        {
            Assert.Contains("model.gguf", (await Assert.ThrowsAsync<LlamaLoadException>(handle.LoadAsync)).Message, StringComparison.Ordinal);
        }

        Assert.Equal((LoadState.Failed, 1, 1), (handle.State, Lines("loading"), Lines("503")));
        File.Copy(SharedModels.Tiny("tiny-llama.gguf"), path, overwrite: true);
        await Assert.ThrowsAsync<LlamaLoadException>(handle.LoadAsync);
        Time.Advance(handle.RetryIn);

        Assert.NotNull(await handle.LoadAsync());
        Assert.Equal((LoadState.Ready, 2), (handle.State, Lines("loading")));
    }

    [SharedFact]
    public async Task A_new_configuration_tries_again_at_once_what_failed_before()
    {
        var path = Path.Combine(Folder, "model.gguf");
        await File.WriteAllBytesAsync(path, [.. "GGUF"u8, 3, 0, 0, 0, 1, 2, 3]);
        var before = Host.Acquire("d", Options(path), atFirstUse: true);
        await Assert.ThrowsAsync<LlamaLoadException>(before.LoadAsync);
        File.Copy(SharedModels.Tiny("tiny-llama.gguf"), path, overwrite: true);

        var after = Host.Acquire("d", Options(path));

        Assert.NotNull(await after.LoadAsync());
        Assert.Equal(LoadState.Ready, before.State);
    }

    [SharedFact]
    public async Task An_adapter_that_does_not_fit_fails_its_own_deployment_only()
    {
        var plain = Host.Acquire("plain", Options());
        var adapted = Host.Acquire("adapted", Options(), [Lora, new(SharedModels.Tiny("smollm2-135m-lora-a.gguf"), 1)], atFirstUse: true);

        var exception = await Assert.ThrowsAsync<LlamaLoadException>(adapted.LoadAsync);

        Assert.Contains("smollm2-135m-lora-a.gguf", exception.Message, StringComparison.Ordinal);
        Assert.Equal((LoadState.Failed, 1), (adapted.State, Lines("503")));
        Assert.NotNull(await plain.LoadAsync());
    }

    [SharedFact]
    public async Task What_is_let_go_of_while_it_loads_is_freed()
    {
        var handles = Enumerable.Range(0, 20).Select(i => Host.Acquire("d", Options(), [Lora], atFirstUse: i % 2 == 0)).ToList();
        var loads = handles.Select(h => h.LoadAsync()).ToList();

        handles.ForEach(h => h.Release());

        foreach (var load in loads)
        {
            // However far each had got.
            await Task.WhenAny(load);
            Assert.True(load.IsCompletedSuccessfully || load.IsCanceled || load.Exception!.InnerException is ObjectDisposedException, load.Exception?.ToString());
        }

        Assert.Empty(Host.Handles);
        Assert.Empty(Host.Engines);
    }

    private static LlamaEngineOptions Options(string? path = null) =>
        new() { ModelPath = path ?? SharedModels.Tiny("tiny-llama.gguf"), ContextLength = 512, Threads = 1 };

    private static Generation Submit(InProcessEngine engine, IReadOnlyList<AppliedAdapter> adapters) =>
        engine.Engine.TrySubmit(new GenerationRequest { Prompt = [1, 2], MaxTokens = 4, Adapters = adapters, Sampling = new SamplingOptions { LogitBias = new Dictionary<int, float> { [100] = 100 } } }, CancellationToken.None, out var generation)
            ? generation
            : throw new InvalidOperationException("The queue is full.");

    private int Lines(string text) => Logs.Lines.Count(l => l.Category.EndsWith(nameof(EngineHost), StringComparison.Ordinal) && l.Text.Contains(text, StringComparison.Ordinal));
}
