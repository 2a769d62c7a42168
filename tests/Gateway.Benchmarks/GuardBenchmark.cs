using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Api;
using Gateway.Configuration;
using Gateway.Residency.Fields;
using Gateway.Residency.Guard;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>What it takes to hold a request against the table of fields, to judge an address, and to make a judged connection beside a bare one.</summary>
internal static class GuardBenchmark
{
    private const int Judgements = 2_000_000;
    private const int Connections = 2_000;

    /// <summary>Fails when the table of fields allocates for a request that it lets through.</summary>
    public static async Task<int> RunAsync()
    {
        var failed = Scan("1 KB", Conversation(1_000)) + Scan("30 KB", Conversation(30_000)) + Scan("30 KB of tools", Tools(30_000));
        foreach (var address in new[] { "10.1.2.3", "8.8.8.8", "fd12::1", "2001:4860::8888" })
        {
            Judge(IPAddress.Parse(address));
        }

        await ConnectAsync();
        return failed;
    }

    private static int Scan(string name, byte[] body)
    {
        var table = FieldTable.Of(ApiEndpoint.ChatCompletions);
        var runs = 50_000_000 / body.Length;
        var (failed, bare) = (0, TimeSpan.Zero);
        for (var round = 0; round < 3; round++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < runs; i++)
            {
                if (FieldScanner.Scan(body, table, FieldEffects.All).Path is { } path)
                {
                    throw new InvalidOperationException($"{path} was found in a request that asks for nothing.");
                }
            }

            var elapsed = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            failed = round > 0 && allocated > 0 ? 1 : failed;
            bare = ReadAlone(body, runs);
            if (round == 2)
            {
                Console.WriteLine(
                    $"fields: {name} ({body.Length} bytes): {elapsed.TotalMicroseconds / runs:F2} us, {(double)allocated / runs:F0} bytes allocated; {elapsed / bare:F2}x of reading the JSON alone");
            }
        }

        return failed;
    }

    private static TimeSpan ReadAlone(byte[] body, int runs)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < runs; i++)
        {
            var reader = new System.Text.Json.Utf8JsonReader(body);
            while (reader.Read())
            {
            }
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private static void Judge(IPAddress address)
    {
        var rule = new ConnectRule("h", 443, Reach.Any, IsClear: false, ["0.0.0.0/0", "::/0"]);
        var (elapsed, allocated) = (TimeSpan.Zero, 0L);
        for (var round = 0; round < 2; round++)
        {
            allocated = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Judgements; i++)
            {
                if (rule.Refuses(address) is not null)
                {
                    throw new InvalidOperationException($"{address} is refused.");
                }
            }

            elapsed = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        }

        Console.WriteLine($"connect: {address} is judged in {elapsed.TotalNanoseconds / Judgements:F0} ns, {allocated / Judgements} bytes allocated");
    }

    // The same loopback, in turns.
    private static async Task ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(512);
        var endPoint = (IPEndPoint)listener.LocalEndpoint;
        var deployment = new DeploymentConfig { Name = "d", Kind = DeploymentKind.OpenAICompatible, BaseUrl = $"http://127.0.0.1:{endPoint.Port}/v1" };
        var connector = new GuardedConnector(Dns.GetHostAddressesAsync, NullLogger<GuardedConnector>.Instance);
        ConnectRule[] rules = [ConnectRule.Of(deployment)];
        var ratios = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            var bare = await TimeAsync(listener, async () =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(endPoint);
                return new NetworkStream(socket, ownsSocket: true);
            });
            var guarded = await TimeAsync(listener, async () => await connector.ConnectAsync(rules, new DnsEndPoint("127.0.0.1", endPoint.Port), CancellationToken.None));
            ratios.Add(guarded / bare);
        }

        ratios.Sort();
        Console.WriteLine($"connect: a judged connection on the loopback / a bare one, median of {ratios.Count}: {ratios[ratios.Count / 2]:F2}x");
    }

    private static async Task<TimeSpan> TimeAsync(TcpListener listener, Func<Task<Stream>> connect)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Connections; i++)
        {
            await using var stream = await connect();
            (await listener.AcceptSocketAsync()).Close(0);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private static byte[] Conversation(int size)
    {
        var text = new StringBuilder("""{"model":"gpt-4o-mini","temperature":0.2,"max_tokens":256,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":"Answer in one sentence."}""");
        for (var i = 0; text.Length < size - 2; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $",{{\"role\":\"{(i % 2 == 0 ? "user" : "assistant")}\",\"content\":\"{string.Concat(Enumerable.Repeat("What is the capital of Peru, and why? ", 8))}\"}}");
        }

        return Encoding.UTF8.GetBytes(text.Append("]}").ToString());
    }

    private static byte[] Tools(int size)
    {
        var text = new StringBuilder("""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Which?"}],"tools":[{"type":"function","function":{"name":"first"}}""");
        for (var i = 0; text.Length < size - 2; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $",{{\"type\":\"function\",\"function\":{{\"name\":\"tool_{i}\",\"description\":\"Looks something up.\",\"parameters\":{{\"type\":\"object\",\"properties\":{{\"city\":{{\"type\":\"string\",\"description\":\"Name of a city.\"}},\"unit\":{{\"enum\":[\"celsius\",\"fahrenheit\"]}},\"days\":{{\"type\":\"integer\",\"minimum\":1}}}},\"required\":[\"city\"]}}}}}}");
        }

        return Encoding.UTF8.GetBytes(text.Append("]}").ToString());
    }
}
