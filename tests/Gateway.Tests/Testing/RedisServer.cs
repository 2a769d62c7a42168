using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Gateway.Tests.Testing;

/// <summary>A Redis server of its own, on a free port of the loopback, with its data in a temporary folder.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly Lock Sharing = new();
    private static readonly string? Program = FindProgram();
    private static Task<RedisServer>? SharedServer;
    private static int Prefixes;

    private readonly string _folder;
    private readonly string[] _arguments;
    private Process? _server;
    private ConnectionMultiplexer? _connection;

    private RedisServer(string folder, int port, string[] arguments) => (_folder, Port, _arguments) = (folder, port, arguments);

    /// <summary>Why there is none; null where there is.</summary>
    public static string? Missing => Program is null ? "Redis is not installed; Debian has it in the package redis-tools (redis-check-rdb is the same program)." : null;

    public int Port { get; }

    /// <summary>For StackExchange.Redis.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>A server for all tests of the process that leave it running.</summary>
    public static Task<RedisServer> SharedAsync()
    {
        lock (Sharing)
        {
            return SharedServer ??= StartSharedAsync();
        }
    }

    /// <summary>A prefix that no other test has.</summary>
    public static string NewPrefix() => string.Create(CultureInfo.InvariantCulture, $"test-{Interlocked.Increment(ref Prefixes)}");

    /// <param name="arguments">More settings, such as <c>--appendonly yes</c>.</param>
    public static async Task<RedisServer> StartAsync(params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-redis-").FullName;

        // Debian has one program of several names, which does what it is called.
        File.CreateSymbolicLink(Path.Combine(folder, "redis-server"), Program!);
        var server = new RedisServer(folder, FreePort(), arguments);
        await server.StartServerAsync();
        return server;
    }

    public async Task StartServerAsync()
    {
        string[] arguments = ["--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _folder, "--save", "", "--enable-debug-command", "yes", .. _arguments];
        var server = Process.Start(new ProcessStartInfo(Path.Combine(_folder, "redis-server"), arguments)
        {
            WorkingDirectory = _folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _server = server;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.ErrorDataReceived += (_, _) => { };
        server.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null || line.Data.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30));
        if (server.HasExited)
        {
            throw new InvalidOperationException("redis-server did not start.");
        }
    }

    /// <summary>Ends the server as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            server.Kill();
            await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            server.Dispose();
        }
    }

    /// <summary>Stops it where it stands, with its connections open, or lets it go on.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _server!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Runs a command, beside the gateway's connections.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        _connection ??= await ConnectionMultiplexer.ConnectAsync(ConnectionString + ",allowAdmin=true,abortConnect=false");
        var result = await _connection.GetDatabase().ExecuteAsync(command, arguments);

        // The client goes on with its caller on the thread that reads its socket, which a test must not keep.
        await Task.Yield();
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<RedisServer> StartSharedAsync()
    {
        var server = await StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            server._server?.Kill();
            server._server?.WaitForExit(TimeSpan.FromSeconds(10));
            Directory.Delete(server._folder, recursive: true);
        };
        return server;
    }

    private static string? FindProgram() =>
        (from name in new[] { "redis-server", "redis-check-rdb" }
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
