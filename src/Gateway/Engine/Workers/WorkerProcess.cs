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
    private LlamaEngineStatistics _statistics;
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

    /// <summary>Completes when the process has ended, with the reason in words.</summary>
    public Task<string> Ended { get; private set; } = null!;

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

        set
        {
            lock (_process)
            {
                _statistics = value;
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
        worker.Ended = worker.RunAsync();
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
        await Ended;
        _process.Dispose();
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

        Statistics = note.Statistics ?? Statistics;
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
