using System.Diagnostics;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>Tokens per second and time to first token of the shipped model over HTTP, at 1, 4 and 8 streams.</summary>
internal static class EngineBenchmark
{
    private const int Tokens = 96;

    public static async Task<int> RunAsync(string? threads)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        if (threads is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
                models: [{ name: smollm2-135m-instruct, deployments: [local] }]
                deployments: [{ name: local, kind: local, path: models/SmolLM2-135M-Instruct-Q4_1.gguf, threads: {{threads}} }]
                tenants: [{ name: t, models: ["*"], keys: [{ name: k, sha256: {{Child.KeyHash}} }] }]
                """);
        }

        using var gateway = await Child.StartGatewayAsync(folder);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await StreamAsync(client, gateway);
        double single = 0;
        foreach (var streams in (int[])[1, 4, 8])
        {
            var started = Stopwatch.GetTimestamp();
            var results = await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => StreamAsync(client, gateway)));
            var rate = results.Sum(r => r.Tokens) / Stopwatch.GetElapsedTime(started).TotalSeconds;
            single = single == 0 ? rate : single;
            var first = results.Select(r => r.FirstToken).Order().ToList();
            Console.WriteLine(
                $"engine: {streams} streams: {rate:F0} tokens/s ({rate / single:F2}x of one stream), time to first token median {first[streams / 2]:F0} ms, longest {first[^1]:F0} ms");
        }

        return 0;
    }

    private static async Task<(int Tokens, double FirstToken)> StreamAsync(HttpClient client, Child gateway)
    {
        var started = Stopwatch.GetTimestamp();
        using var message = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/chat/completions")
        {
            Content = new StringContent(
                $$$"""{"model":"smollm2-135m-instruct","messages":[{"role":"user","content":"Write a long story about a river and the people who live beside it."}],"max_tokens":{{{Tokens}}},"stream":true,"stream_options":{"include_usage":true}}""",
                Encoding.UTF8,
                "application/json"),
        };
        message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Child.Key);
        using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var first = 0d;
        var tokens = 0;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (first == 0 && line.Length > 0)
            {
                first = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }

            const string Count = "\"completion_tokens\":";
            if (line.IndexOf(Count, StringComparison.Ordinal) is var at and >= 0)
            {
                tokens = int.Parse(line.AsSpan(at + Count.Length, line.IndexOf(',', at) - at - Count.Length), provider: System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return (tokens, first);
    }
}
