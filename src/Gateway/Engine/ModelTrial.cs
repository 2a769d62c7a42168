using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Gateway.Hosting;
using Gateway.Llama;
using Gateway.Llama.Gguf;

namespace Gateway.Engine;

/// <summary>
/// Loads a model in a process of its own before this one does, and lets it answer: libllama ends its process where an assertion fails, and not
/// all that a file can do to 140 architectures is known. A file that ends the other process is refused. Files that come with the gateway are
/// not tried, nor what passed before and has not changed since.
/// </summary>
internal sealed partial class ModelTrial
{
    // What is certainly enough to read a file from a slow disk and to answer with a few tokens.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private const double SlowestBytesPerSecond = 20e6;

    /// <summary>The time in which another process has certainly loaded a file of this size, in bytes.</summary>
    public static TimeSpan LimitOf(long length) => Patience + TimeSpan.FromSeconds(length / SlowestBytesPerSecond);

    private readonly ConcurrentDictionary<(string Path, long Length, DateTime Changed), bool> _passed = new();
    private readonly string _program;
    private readonly IReadOnlyList<string> _arguments;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    /// <param name="program">What to start; it is given the path of the model behind the other arguments.</param>
    /// <param name="arguments">What to give it first.</param>
    /// <param name="loggers">For messages.</param>
    /// <param name="time">For the limit of time.</param>
    internal ModelTrial(string program, IReadOnlyList<string> arguments, ILoggerFactory loggers, TimeProvider time)
    {
        _program = program;
        _arguments = arguments;
        _logger = loggers.CreateLogger<ModelTrial>();
        _time = time;
    }

    /// <summary>Trials by this very program; null where the process is another one that hosts the gateway, which cannot be started again.</summary>
    public static ModelTrial? ByThisProgram(ILoggerFactory loggers, TimeProvider time)
    {
        return ThisProgram.IsThisProcess && ThisProgram.StartWith("models", "try") is { } start ? new ModelTrial(start.FileName, start.ArgumentList, loggers, time) : null;
    }

    /// <summary>Tries a file, unless that is known to be needless.</summary>
    /// <exception cref="LlamaLoadException">It ended the process that tried it, or kept it busy beyond all measure.</exception>
    /// <exception cref="OperationCanceledException">The trial was cancelled.</exception>
    public async Task RunAsync(string modelPath, CancellationToken cancellationToken)
    {
        var file = new FileInfo(modelPath);
        if (!file.Exists || IsShipped(file.FullName))
        {
            return;
        }

        var key = (file.FullName, file.Length, file.LastWriteTimeUtc);
        if (_passed.ContainsKey(key))
        {
            return;
        }

        if (await FindFailureAsync(file, cancellationToken) is { } failure)
        {
            throw new LlamaLoadException(
                modelPath, failure, "Take another file; if this one is as its makers published it, libllama v0.5.0 cannot run it");
        }

        _passed.TryAdd(key, true);
    }

    private async Task<string?> FindFailureAsync(FileInfo file, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(_program, [.. _arguments, file.FullName])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                // A failed assertion is to say what it is, not to start a debugger.
                ["GGML_NO_BACKTRACE"] = "1",
            },
        };
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            LogNotStarted(e.Message);
            return null;
        }

        var limit = LimitOf(file.Length);
        using var timeout = new CancellationTokenSource(limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var words = new LastWords();
        var errors = words.ReadAsync(process.StandardError);
        try
        {
            await process.WaitForExitAsync(both.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return string.Create(CultureInfo.InvariantCulture, $"a process that tried it was not done after {limit.TotalSeconds:N0} seconds");
        }

        await Task.WhenAll(output, errors);

        // What the trial refuses with words is refused here too, with the same ones.
        return process.ExitCode is Cli.ExitCode.Ok or Cli.ExitCode.Failed
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"libllama ended a process that tried it (exit code {process.ExitCode}: {words.Cause})");
    }

    private static bool IsShipped(string path) => path.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal);

    [LoggerMessage(EventId = 2020, Level = LogLevel.Warning, Message = "No process could be started to try a model first ({Reason}); it is loaded untried")]
    private partial void LogNotStarted(string reason);

    /// <summary>What a process said before it ended, in bounded memory.</summary>
    private sealed class LastWords
    {
        private string? _assertion;
        private string? _last;

        public string Cause => GgufText.Show(_assertion ?? _last ?? "it said nothing", longest: 200);

        public async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                _last = line.Length > 0 ? line : _last;
                _assertion ??= line.Contains("GGML_ASSERT", StringComparison.Ordinal) || line.Contains("what():", StringComparison.Ordinal)
                    ? line[(line.LastIndexOf('/') + 1)..]
                    : null;
            }
        }
    }
}
