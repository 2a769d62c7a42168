using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Tests;

/// <summary>The gateway as a user starts it: a process of its own, in an empty folder.</summary>
public sealed partial class GatewayProcess : IAsyncDisposable
{
    private static readonly string Program = typeof(GatewayProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "GatewayProgram").Value!;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly List<(string Words, TaskCompletionSource Seen)> _awaited = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatewayProcess(string folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        Folder = folder;
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["GATEWAY_DATA_DIR"] = folder, ["GATEWAY_ADMIN_URL"] = "http://127.0.0.1:0" },
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) => Take(e.Data);
        _process.Exited += (_, _) => _ready.TrySetResult();
    }

    /// <summary>Its working directory and data folder.</summary>
    public string Folder { get; }

    /// <summary>All that it printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Base URL as the banner tells it.</summary>
    public Uri Api => new(ApiLine().Match(Output).Groups["value"].Value);

    /// <summary>URL of the metrics as the banner tells it.</summary>
    public Uri Metrics => new(AdminLine().Match(Output).Groups["value"].Value);

    /// <summary>Key as the banner tells it.</summary>
    public string Key => KeyLine().Match(Output).Groups["value"].Value;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts it, and waits until its banner is complete or it has ended.</summary>
    public static async Task<GatewayProcess> StartAsync(
        string? folder = null, IReadOnlyList<string>? arguments = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var gateway = new GatewayProcess(
            folder ?? Directory.CreateTempSubdirectory("gateway-e2e-").FullName,
            arguments ?? ["--urls", "http://127.0.0.1:0"],
            environment ?? new Dictionary<string, string>(StringComparer.Ordinal));
        gateway._process.Start();
        gateway._process.BeginOutputReadLine();
        gateway._process.BeginErrorReadLine();
        await gateway._ready.Task.WaitAsync(TimeSpan.FromMinutes(2));
        if (gateway._process.HasExited)
        {
            // All output is in when this returns.
            await gateway._process.WaitForExitAsync();
        }

        return gateway;
    }

    /// <summary>Waits until it has printed a line with these words.</summary>
    public Task WaitForAsync(string words)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            if (_output.ToString().Contains(words, StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }

            _awaited.Add((words, seen));
        }

        return seen.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Asks it to end, as a service manager does, and waits for it.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>Ends it with no chance to say anything (SIGKILL).</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
            foreach (var (_, seen) in _awaited.Where(a => line.Contains(a.Words, StringComparison.Ordinal)))
            {
                seen.TrySetResult();
            }
        }

        // The last line of the banner.
        if (line.TrimStart().StartsWith("-d '{", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }

    [GeneratedRegex(@"^  API +(?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex ApiLine();

    [GeneratedRegex(@"^  Admin +(?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex AdminLine();

    [GeneratedRegex(@"^  Key +(?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex KeyLine();
}
