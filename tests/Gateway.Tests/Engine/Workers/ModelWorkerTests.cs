using Gateway.Configuration;
using Gateway.Engine;
using Gateway.Engine.Workers;
using Gateway.Llama;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine.Workers;

/// <summary>When a worker is started again, and what ends it.</summary>
public sealed class ModelWorkerTests : EngineHostTest
{
    [SharedFact]
    public async Task The_pause_before_another_start_doubles_and_is_short_again_after_a_time_without_an_end()
    {
        var handle = Acquire(SharedModels.Tiny("tiny-llama.gguf"));
        var engine = await handle.LoadAsync();
        var starts = 1;
        foreach (var (lived, pause) in new[] { (TimeSpan.Zero, 1), (TimeSpan.Zero, 2), (TimeSpan.Zero, 4), (ModelWorker.Healthy, 1), (TimeSpan.Zero, 2) })
        {
            var process = await WorkerLine.UpAsync(Logs, "d", starts);
            Time.Advance(lived);
            await WorkerLine.EndAsync(process, "KILL");
            await Eventually.TrueAsync(() => handle.State == LoadState.Failed, "its end is seen");
            Assert.Equal(TimeSpan.FromSeconds(pause), engine.RetryIn);

            Time.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromTicks(1));
            Assert.Equal(LoadState.Failed, handle.State);
            await Eventually.TrueAsync(
                () =>
                {
                    // The timer may be made only now.
                    Time.Advance(TimeSpan.FromTicks(1));
                    return handle.State != LoadState.Failed;
                },
                "another one is started");
            await WorkerLine.UpAsync(Logs, "d", ++starts);
            await Eventually.TrueAsync(() => handle.State == LoadState.Ready, "it is up");
        }
    }

    [SharedFact]
    public async Task Signals_that_a_terminal_or_a_service_manager_sends_to_all_processes_do_not_end_it_and_letting_go_does()
    {
        var handle = Acquire(SharedModels.Tiny("tiny-llama.gguf"));
        var engine = (WorkerEngine)await handle.LoadAsync();
        var process = await WorkerLine.UpAsync(Logs, "d");
        foreach (var signal in new[] { "INT", "TERM", "HUP", "QUIT" })
        {
            WorkerLine.Signal(process, signal);
        }

        // Answers only after the signals were taken.
        var adapted = await engine.WithAdaptersAsync([new AdapterFile(SharedModels.Tiny("tiny-llama-lora.gguf"), 1)]);
        await adapted.ReleaseAdaptersAsync();
        Assert.Equal(LoadState.Ready, handle.State);
        Assert.Equal("tiny-llama.gguf", Path.GetFileName(handle.Hosted.Options.ModelPath));

        handle.Release();
        await WorkerLine.GoneAsync(process);
        await Logs.WaitForAsync(l => l.Text.Contains("d: unloaded", StringComparison.Ordinal));
        Assert.Equal(0, Logs.Lines.Count(l => l.Id.Id == 2200));
    }

    [SharedFact]
    public async Task A_model_or_an_adapter_that_cannot_be_loaded_is_told_as_it_is_in_this_process()
    {
        var path = Path.Combine(Folder, "model.gguf");
        await File.WriteAllBytesAsync(path, [.. "GGUF"u8, 3, 0, 0, 0, 1, 2, 3]);
        var here = await Assert.ThrowsAsync<LlamaLoadException>(Host.Acquire("h", Options(path), atFirstUse: true).LoadAsync);
        var apart = await Assert.ThrowsAsync<LlamaLoadException>(Acquire(path, atFirstUse: true).LoadAsync);
        Assert.Equal(here.Message, apart.Message);

        AdapterFile[] wrong = [new(SharedModels.Tiny("smollm2-135m-lora-a.gguf"), 1)];
        var tiny = SharedModels.Tiny("tiny-llama.gguf");
        here = await Assert.ThrowsAsync<LlamaLoadException>(Host.Acquire("h", Options(tiny), wrong, atFirstUse: true).LoadAsync);
        apart = await Assert.ThrowsAsync<LlamaLoadException>(Host.Acquire("d", Options(tiny), wrong, atFirstUse: true, isolation: Isolation.Process).LoadAsync);
        Assert.Equal(here.Message, apart.Message);
    }

    private static LlamaEngineOptions Options(string path) => new() { ModelPath = path, ContextLength = 512, Threads = 1 };

    private EngineHandle Acquire(string path, bool atFirstUse = false) => Host.Acquire("d", Options(path), atFirstUse: atFirstUse, isolation: Isolation.Process);
}
