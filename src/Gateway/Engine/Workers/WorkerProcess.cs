using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Hosting;
using Gateway.Llama;

namespace Gateway.Engine.Workers;

/// <summary>One process that hosts a model, from its start to its end.</summary>
internal sealed partial class WorkerProcess : IAsyncDisposable
{
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _socket;
    private readonly IProgress<float>? _progress;
    private readonly ILoggerFactory _loggers;
    private readonly TaskCompletionSource<LlamaModelInfo> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _calls = new();
    private Task<string> _exit = null!;
    private readonly Dictionary<string, LlamaTenantStatistics> _tenants = new(StringComparer.Ordinal);
    private LlamaEngineStatistics _statistics;
    private long _notes;
    private bool _isLoading;
    private string? _assertion;
    private int _disposed;

    private WorkerProcess(Process process, string socket, IProgress<float>? progress, ILoggerFactory loggers)
    {
        _process = process;
        _socket = socket;
        _progress = progress;
        _loggers = loggers;
    }

    public LlamaModelInfo Info { get; private set; } = null!;

    public int Id { get; private init; }

    /// <summary>Completes when the process has ended, or was given up, with the reason in words.</summary>
    public Task<string> Ended { get; private set; } = null!;

    /// <summary>Cancelled when the process was given up: nothing comes of what it was asked.</summary>
    public CancellationToken GivenUp => _calls.Token;

    /// <summary>As the worker told last.</summary>
    public LlamaEngineStatistics Statistics
    {
        get
        {
            lock (_process)
            {
                return _statistics;
            }
        }
    }

    /// <inheritdoc cref="Statistics"/>
    public IReadOnlyCollection<LlamaTenantStatistics> Tenants
    {
        get
        {
            lock (_process)
            {
                return [.. _tenants.Values];
            }
        }
    }

    /// <summary>What tells whether it still works.</summary>
    public WorkerPulse Pulse
    {
        get
        {
            lock (_process)
            {
                return new(_notes, _statistics.DecodeSteps + _statistics.FailedDecodes, _statistics.Waiting + _statistics.Running, _isLoading);
            }
        }
    }

    /// <summary>Starts a process, and waits until it has loaded the model and listens.</summary>
    /// <exception cref="LlamaLoadException">The model cannot be loaded, or no process for it can be had.</exception>
    /// <exception cref="OperationCanceledException">The load was cancelled.</exception>
    public static async Task<WorkerProcess> StartAsync(
        LlamaEngineOptions options, IProgress<float>? progress, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        if (ThisProgram.StartWith("worker") is not { } start)
        {
            throw new LlamaLoadException(options.ModelPath, "the process that it is to run in cannot be started, for what runs the gateway is not its own program", "Leave `isolation` out");
        }

        var data = DataFolder.Find(Environment.GetEnvironmentVariable(DataFolder.Variable));
        if (WorkerFolder.Create([Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), Path.GetTempPath(), data]) is not { } socket)
        {
            throw new LlamaLoadException(
                options.ModelPath,
                $"the process that it is to run in needs a folder for a socket, and neither {Path.GetTempPath()} nor {data} can be written to and has a path that is short enough",
                "Set TMPDIR to such a folder");
        }

        start.UseShellExecute = false;
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        WorkerEnvironment.Narrow(start.Environment);
        var process = new Process { StartInfo = start };
        try
        {
            await WorkerStarter.StartAsync(process);
        }
        catch (Win32Exception e)
        {
            WorkerFolder.Remove(socket);
            process.Dispose();
            throw new LlamaLoadException(options.ModelPath, $"the process that it is to run in cannot be started ({e.Message})", "Leave `isolation` out, or let the gateway start processes", e);
        }

        var worker = new WorkerProcess(process, socket, progress, loggers) { Id = process.Id };
        worker._exit = worker.RunAsync();
        worker.Ended = worker.EndAsync();
        try
        {
            await worker.TellAsync(new WorkerSettings(options, socket, Environment.ProcessId, LevelOf("Gateway", loggers), LevelOf("Gateway.Llama.Native", loggers)));
            var limit = ModelTrial.LimitOf(LengthOf(options.ModelPath) + LengthOf(options.DraftModelPath));
            await worker.WaitAsync(options.ModelPath, limit, time, cancellationToken);
            return worker;
        }
        catch
        {
            await worker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes what the worker told of its work. It comes by two ways: what was overtaken must not make a count go back.</summary>
    public void Take(LlamaEngineStatistics? statistics, IReadOnlyList<LlamaTenantStatistics> tenants)
    {
        lock (_process)
        {
            if (statistics is { } told && told.DecodeSteps >= _statistics.DecodeSteps
                && told.PromptTokens >= _statistics.PromptTokens && told.GeneratedTokens >= _statistics.GeneratedTokens)
            {
                _statistics = told;
            }

            foreach (var tenant in tenants)
            {
                var before = _tenants.GetValueOrDefault(tenant.Name);
                if (tenant.PromptTokens >= before.PromptTokens && tenant.GeneratedTokens >= before.GeneratedTokens && tenant.Started >= before.Started)
                {
                    _tenants[tenant.Name] = tenant;
                }
            }
        }
    }

    /// <summary>A connection for one call.</summary>
    /// <exception cref="SocketException">The process has ended, or is too busy to take it.</exception>
    public async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Ends a process that hangs. Its calls end with it, even where the kernel cannot end it now: one that waits for a driver holds out until that answers.
    /// </summary>
    /// <param name="reason">In words.</param>
    public void GiveUp(string reason)
    {
        if (Volatile.Read(ref _disposed) == 0 && _givenUp.TrySetResult(reason))
        {
            _process.Kill();
            _calls.Cancel();
        }
    }

    /// <summary>Ends the process and whatever it is doing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            _process.StandardInput.Close();
            await Ended.WaitAsync(PatienceAtEnd, TimeProvider.System);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // It has ended already; or it hangs, for else it would have ended itself at once.
        }

        _process.Kill();
        try
        {
            await _exit.WaitAsync(PatienceAtEnd, TimeProvider.System);
            _process.Dispose();
        }
        catch (TimeoutException)
        {
            // The kernel does not let go of it, and will end it when it does.
        }
    }

    private static long LengthOf(string? path) => path is not null && new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static LogLevel LevelOf(string category, ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger(category);
        return Enum.GetValues<LogLevel>().First(level => level == LogLevel.None || logger.IsEnabled(level));
    }

    private async Task TellAsync(WorkerSettings settings)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(settings, WorkerJson.Options));
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It has ended, which is told below.
        }
    }

    private async Task WaitAsync(string modelPath, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var first = await Task.WhenAny(_ready.Task, Ended).WaitAsync(limit, time, cancellationToken);
            if (first == Ended && !_ready.Task.IsCompleted)
            {
                throw new LlamaLoadException(
                    modelPath, $"the process that was to host it ended while it loaded ({await Ended})", "Take another file; if this one is as its makers published it, libllama v0.5.0 cannot run it");
            }

            Info = await _ready.Task;
        }
        catch (TimeoutException)
        {
            throw new LlamaLoadException(
                modelPath,
                string.Create(CultureInfo.InvariantCulture, $"the process that was to host it was not done after {limit.TotalSeconds:N0} seconds"),
                "Take a smaller model, or a faster disk");
        }
    }

    private async Task<string> EndAsync() => await await Task.WhenAny(_givenUp.Task, _exit);

    private async Task<string> RunAsync()
    {
        var errors = ReadErrorsAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            Take(line);
        }

        await errors;
        await _process.WaitForExitAsync();
        WorkerFolder.Remove(_socket);
        return string.Create(CultureInfo.InvariantCulture, $"exit code {_process.ExitCode}{(_assertion is null ? "" : ": " + _assertion)}");
    }

    // Of what stands there only failed assertions are known to quote nothing of a request.
    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.Contains("GGML_ASSERT(", StringComparison.Ordinal))
            {
                _assertion ??= Gateway.Llama.Gguf.GgufText.Show(line[(line.LastIndexOf('/') + 1)..], longest: 200);
            }
        }
    }

    private void Take(string line)
    {
        WorkerNote note;
        try
        {
            note = JsonSerializer.Deserialize<WorkerNote>(line, WorkerJson.Options)!;
        }
        catch (JsonException)
        {
            // What a library prints is no note, and may be anything.
            return;
        }

        if (note.Log is { } entry)
        {
            _loggers.CreateLogger(entry.Category).Log(entry.Level, new EventId(entry.Id, entry.Name), entry.Message, exception: null, static (message, _) => message);
        }

        if (note.Progress is { } share)
        {
            _progress?.Report(share);
        }

        lock (_process)
        {
            _notes++;
            _isLoading = note.IsLoading ?? _isLoading;
        }

        Take(note.Statistics, note.Tenants ?? []);

        if (note.Refusal is { } refusal)
        {
            _ready.TrySetException(refusal.ToException());
        }

        if (note.Ready is { } info)
        {
            _ready.TrySetResult(info);
        }
    }
}
