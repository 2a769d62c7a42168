using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>A process that a benchmark starts, on a port of its own choice, and ends.</summary>
internal sealed class Child : IDisposable
{
    public const string Key = "benchmark-key";

    public static readonly string KeyHash = HashOf(Key);

    private readonly Process _process;

    private Child(Process process, string url)
    {
        _process = process;
        Url = url;
    }

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    /// <summary>Where a gateway's admin endpoints are; empty for others.</summary>
    public string AdminUrl { get; private set; } = "";

    /// <summary>Bytes of its memory that are in RAM.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Processor time of all its threads so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>A key as the configuration has it.</summary>
    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    public static Task<Child> StartRoleAsync(params string[] role) => StartAsync(
        [typeof(Child).Assembly.Location, "role", .. role], Path.GetTempPath(), line => line.StartsWith("listening ", StringComparison.Ordinal) ? line[10..] : null);

    /// <summary>Starts the gateway in a folder; with a <c>gateway.yaml</c> there it goes by that.</summary>
    /// <param name="folder">Its working directory and data folder.</param>
    /// <param name="program">The gateway.dll of another build; null takes the one built with this.</param>
    public static async Task<Child> StartGatewayAsync(string folder, string? program = null)
    {
        program ??= typeof(Child).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "GatewayProgram").Value!;
        string? url = null;
        var admin = "";
        var gateway = await StartAsync([program, "--urls", "http://127.0.0.1:0"], folder, line =>
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            url ??= line.StartsWith("  API ", StringComparison.Ordinal) ? words[1][..^"/v1".Length] : null;
            admin = line.StartsWith("  Admin ", StringComparison.Ordinal) && words[1].EndsWith("/metrics", StringComparison.Ordinal) ? words[1][..^"/metrics".Length] : admin;
            return line.TrimStart().StartsWith("-d '{", StringComparison.Ordinal) ? url : null;
        });
        gateway.AdminUrl = admin;
        return gateway;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task<Child> StartAsync(string[] arguments, string folder, Func<string, string?> urlOf)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            Environment = { ["GATEWAY_DATA_DIR"] = folder, ["GATEWAY_DEMO_KEY"] = Key, ["GATEWAY_ADMIN_URL"] = "http://127.0.0.1:0" },
        })!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (urlOf(line) is { } url)
            {
                // Nobody reads on; a full pipe must not stop it.
                _ = process.StandardOutput.ReadToEndAsync();
                return new Child(process, url);
            }
        }

        throw new InvalidOperationException($"{arguments[0]} ended without listening.");
    }
}
