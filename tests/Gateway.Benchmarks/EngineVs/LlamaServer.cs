using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Benchmarks.EngineVs;

/// <summary>
/// llama-server as an operator who knows it would run it: a slot for each stream, continuous batching, prompts cached in the slots and in host
/// memory, flash attention as it chooses (on). It knows no tenants.
/// </summary>
internal sealed class LlamaServer : EngineServer
{
    private readonly Process _process;

    private LlamaServer(Process process, string url)
    {
        _process = process;
        Url = url;
    }

    public override string Name => "llama-server";

    public override string Url { get; }

    public override long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public override TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    protected override string MetricsUrl => Url + "/metrics";

    protected override string PromptTokensMetric => "llamacpp:prompt_tokens_total";

    protected override string RunningMetric => "llamacpp:requests_processing";

    public static async Task<LlamaServer> StartAsync(string program, EngineVsOptions options, HttpClient client)
    {
        var port = FreePort();
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in Arguments(options, port))
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new LlamaServer(process, $"http://127.0.0.1:{port}");
        while (!await IsReadyAsync(client, server.Url))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {string.Join(' ', start.ArgumentList)}");
            }

            await Task.Delay(100);
        }

        return server;
    }

    public static string Describe(EngineVsOptions options) => string.Join(' ', Arguments(options, port: 0).Skip(2).SkipLast(4));

    public override string? KeyOf(int tenant) => null;

    public override void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string[] Arguments(EngineVsOptions options, int port)
    {
        var threads = options.Threads.ToString(CultureInfo.InvariantCulture);
        return
        [
            "-m", options.ModelPath,
            "-t", threads, "-tb", threads,
            "-np", options.Parallel.ToString(CultureInfo.InvariantCulture),
            .. options.LlamaServerArguments,
            "--cont-batching", "--cache-reuse", "256", "--cache-ram", "1024", "--jinja", "--no-webui", "--metrics",
            "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture),
        ];
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, string url)
    {
        try
        {
            using var response = await client.GetAsync(new Uri(url + "/health"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
