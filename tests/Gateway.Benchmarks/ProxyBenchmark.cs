using System.Diagnostics;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>
/// Processor time per request and latency of the gateway's whole path against YARP as it comes, before the same upstream, in turns. Ratios count;
/// the absolute figures are this machine's.
/// </summary>
internal static class ProxyBenchmark
{
    private const int Connections = 16;
    private const int RequestsPerRound = 30_000;
    private const int Rounds = 7;

    private static readonly byte[] Request = Encoding.UTF8.GetBytes(
        $$"""{"model":"gpt-4o-mini","messages":[{"role":"system","content":"{{new string('s', 400)}}"},{"role":"user","content":"{{new string('u', 400)}}"}],"temperature":0.2,"max_tokens":64}""");

    public static async Task<int> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        using var upstream = await Child.StartRoleAsync("upstream", "http://127.0.0.1:0");
        using var yarp = await Child.StartRoleAsync("yarp", "http://127.0.0.1:0", upstream.Url);
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            models: [{ name: gpt-4o-mini, deployments: [upstream] }]
            deployments: [{ name: upstream, kind: openai-compatible, base_url: "{{upstream.Url}}/v1" }]
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            tenants: [{ name: t, policy: open, models: ["*"], keys: [{ name: k, sha256: {{Child.KeyHash}} }] }]
            """);
        using var gateway = await Child.StartGatewayAsync(folder);

        // Until tiered compilation has settled.
        await LoadAsync(yarp, RequestsPerRound * 2);
        await LoadAsync(gateway, RequestsPerRound * 2);
        var ratios = new List<double>();
        for (var round = 1; round <= Rounds; round++)
        {
            var bare = await LoadAsync(yarp, RequestsPerRound);
            var whole = await LoadAsync(gateway, RequestsPerRound);
            ratios.Add(whole.Cpu / bare.Cpu);
            Console.WriteLine(
                $"round {round}: CPU per request: YARP {bare.Cpu:F1} us, gateway {whole.Cpu:F1} us, ratio {whole.Cpu / bare.Cpu:F2}; "
                + $"latency p50 {bare.P50:F0} / {whole.P50:F0} us, p99 {bare.P99:F0} / {whole.P99:F0} us");
        }

        ratios.Sort();
        Console.WriteLine($"proxy: gateway / bare YARP, CPU per request, median of {Rounds}: {ratios[Rounds / 2]:F2}x (aim at most 1.25x)");
        return 0;
    }

    internal static async Task<(double Cpu, double P50, double P99)> LoadAsync(Child proxy, int requests, string key = Child.Key, Func<int, string>? keyOf = null)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections, UseProxy = false });
        var url = new Uri(proxy.Url + "/v1/chat/completions");
        var latencies = new double[requests];
        var next = -1;
        var before = proxy.ProcessorTime;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < requests)
            {
                var started = Stopwatch.GetTimestamp();
                using var message = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(Request) };
                message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + (keyOf?.Invoke(index) ?? key));
                message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
                using var response = await client.SendAsync(message);
                var answer = await response.Content.ReadAsByteArrayAsync();
                if (!response.IsSuccessStatusCode)
                {
                    throw new InvalidOperationException($"Request {index} of {requests}: {(int)response.StatusCode} {Encoding.UTF8.GetString(answer)}");
                }

                latencies[index] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            }
        }));
        var cpu = (proxy.ProcessorTime - before).TotalMicroseconds / requests;
        Array.Sort(latencies);
        return (cpu, latencies[requests / 2], latencies[requests * 99 / 100]);
    }
}
