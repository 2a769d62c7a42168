using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Gateway.Tests.Testing;

/// <summary>
/// A PostgreSQL server of its own, on a free port of the loopback, with its data in a temporary folder. Runs as the user <c>postgres</c> when the
/// tests run as root, whom it refuses.
/// </summary>
internal sealed class PostgreSqlCluster : IAsyncDisposable
{
    private const string User = "postgres";

    private static readonly Lock Sharing = new();
    private static readonly string? Programs = FindPrograms();
    private static Task<PostgreSqlCluster>? SharedCluster;
    private static int Databases;

    private readonly string _folder;
    private readonly int _port;
    private Process? _server;

    private PostgreSqlCluster(string folder, int port) => (_folder, _port) = (folder, port);

    /// <summary>Why there is none; null where there is.</summary>
    public static string? Missing => Programs is null ? "PostgreSQL is not installed; Debian has it in the package postgresql-15." : null;

    /// <summary>A server for all tests of the process, which nobody stops.</summary>
    public static Task<PostgreSqlCluster> SharedAsync()
    {
        lock (Sharing)
        {
            return SharedCluster ??= StartSharedAsync();
        }
    }

    public static async Task<PostgreSqlCluster> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-postgresql-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", User, folder);
        }

        await RunAsUserAsync(folder, Path.Combine(Programs!, "initdb"), "-D", Path.Combine(folder, "data"), "-U", User, "-A", "trust", "-E", "UTF8", "--no-locale", "-N");
        var cluster = new PostgreSqlCluster(folder, FreePort());
        await cluster.StartServerAsync();
        return cluster;
    }

    /// <summary>An empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref Databases)}");
        await using var connection = new NpgsqlConnection(ConnectionString(User));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    public async Task StartServerAsync()
    {
        var server = Start(
            _folder, Path.Combine(Programs!, "postgres"), "-D", Path.Combine(_folder, "data"), "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-k", _folder);
        _server = server;

        // It says so when it is ready. Nobody reads on, and a full pipe must not stop it.
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.OutputDataReceived += (_, _) => { };
        server.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null || line.Data.Contains("ready to accept connections", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Ends the server at once, as a crash does: connections break, what was committed stays.</summary>
    public async Task StopServerAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await SignalAsync(server, "QUIT");
            await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            server.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopServerAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // The process of the tests is ending: no time to wait for anything but the server's own end.
    private void Kill()
    {
        if (_server is { } server)
        {
            using (Process.Start("kill", ["-QUIT", server.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                server.WaitForExit(TimeSpan.FromSeconds(10));
            }
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<PostgreSqlCluster> StartSharedAsync()
    {
        var cluster = await StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.Kill();
        return cluster;
    }

    private string ConnectionString(string database) => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username={User};Database={database};Maximum Pool Size=20");

    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        var folders = Directory.Exists(Debian) ? Directory.GetDirectories(Debian).Order(StringComparer.Ordinal).Reverse().Select(v => Path.Combine(v, "bin")) : [];
        return folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)).FirstOrDefault(f => File.Exists(Path.Combine(f, "initdb")));
    }

    // The server is the child of the program that changes the user, and has its process id: setpriv becomes it.
    private static Process Start(string folder, string program, params IEnumerable<string> arguments)
    {
        string[] line = Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", program, .. arguments] : [program, .. arguments];
        return Process.Start(new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private static async Task RunAsUserAsync(string folder, string program, params IEnumerable<string> arguments)
    {
        using var process = Start(folder, program, arguments);
        await EndAsync(process, program);
    }

    private static async Task RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await EndAsync(process, program);
    }

    private static async Task EndAsync(Process process, string program)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        Assert.True(process.ExitCode == 0, $"{program} failed: {await output}{await errors}");
    }

    private static Task SignalAsync(Process process, string signal) => RunAsync("kill", $"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A test that needs PostgreSQL; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgreSqlFactAttribute : FactAttribute
{
    public PostgreSqlFactAttribute() => Skip = PostgreSqlCluster.Missing;
}
