using Gateway.Engine;
using Gateway.Llama;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Engine;

/// <summary>The process that tries a model first, played by a shell.</summary>
public sealed class ModelTrialTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly string _model;

    public ModelTrialTests()
    {
        _model = Path.Combine(_folder.FullName, "model.gguf");
        File.WriteAllText(_model, "GGUF");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_file_that_ends_the_process_is_refused_with_what_libllama_said()
    {
        var trial = Trial("echo before >&2; echo '/build/ggml/src/ops.cpp:12: GGML_ASSERT(eps >= 0.0f) failed' >&2; echo after >&2; kill -ABRT $$");

        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => trial.RunAsync(_model, CancellationToken.None));

        Assert.Equal("libllama ended a process that tried it (exit code 134: ops.cpp:12: GGML_ASSERT(eps >= 0.0f) failed)", exception.Problem);
        Assert.Equal(_model, exception.ModelPath);
    }

    [Fact]
    public async Task What_passed_is_not_tried_again_before_the_file_changes()
    {
        var log = Path.Combine(_folder.FullName, "log");
        var trial = Trial($"echo \"$1\" >> {log}");

        await trial.RunAsync(_model, CancellationToken.None);
        await trial.RunAsync(_model, CancellationToken.None);
        await File.AppendAllTextAsync(_model, "more");
        await trial.RunAsync(_model, CancellationToken.None);

        Assert.Equal([_model, _model], await File.ReadAllLinesAsync(log));
    }

    [Fact]
    public async Task What_the_process_refuses_with_words_is_left_to_this_one()
    {
        await Trial("exit 1").RunAsync(_model, CancellationToken.None);
        await Trial("kill -KILL $$").RunAsync(Path.Combine(_folder.FullName, "missing.gguf"), CancellationToken.None);
        await Trial("kill -KILL $$").RunAsync(Path.Combine(AppContext.BaseDirectory, "gateway.deps.json"), CancellationToken.None);
    }

    [Fact]
    public async Task A_process_that_does_not_end_is_ended_by_time_or_by_the_caller()
    {
        var time = new ManualTimeProvider();
        var started = Path.Combine(_folder.FullName, "started");
        var running = Trial($"touch {started}; exec sleep 600", time).RunAsync(_model, CancellationToken.None);
        await WaitForAsync(started);
        time.Advance(TimeSpan.FromSeconds(61));
        var exception = await Assert.ThrowsAsync<LlamaLoadException>(() => running);
        Assert.Equal("a process that tried it was not done after 60 seconds", exception.Problem);

        File.Delete(started);
        using var cancellation = new CancellationTokenSource();
        running = Trial($"touch {started}; exec sleep 600", time).RunAsync(_model, cancellation.Token);
        await WaitForAsync(started);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Where_no_process_can_be_started_the_model_is_loaded_untried() =>
        await new ModelTrial(Path.Combine(_folder.FullName, "no-such-program"), [], NullLoggerFactory.Instance, TimeProvider.System).RunAsync(_model, CancellationToken.None);

    private static ModelTrial Trial(string script, TimeProvider? time = null) =>
        new("/bin/sh", ["-c", script, "try"], NullLoggerFactory.Instance, time ?? TimeProvider.System);

    private static async Task WaitForAsync(string path)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!);
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, e) =>
        {
            if (e.FullPath == path)
            {
                seen.TrySetResult();
            }
        };
        watcher.EnableRaisingEvents = true;
        if (!File.Exists(path))
        {
            await seen.Task.WaitAsync(TimeSpan.FromMinutes(1));
        }
    }
}
