using System.Diagnostics;

namespace Gateway.Benchmarks.EngineVs;

/// <summary>What comes back: cells when a client leaves, memory when requests have ended.</summary>
internal static class ResourceParts
{
    private const int Clients = 8;
    private const int Samples = 10;

    public static async Task RunDisconnectAsync(Comparison comparison, EngineClient client, ColdText text)
    {
        const string Aim = "at most 100 ms";
        await comparison.RunAsync("time from a stream's disconnect to free cells, in ms", Aim, (server, _) => FreeAfterAsync(
            client, server, ended => client.StreamAsync(server, new EngineCall($"Tell a story. {text.Of(20)}", 2_000), cancellationToken: ended), TimeSpan.FromMilliseconds(500)));
        await comparison.RunAsync("the same within a prompt of 3,000 tokens, in ms", Aim, (server, _) => FreeAfterAsync(
            client, server, ended => client.StreamAsync(server, new EngineCall(text.Of(3_000), 10), cancellationToken: ended), TimeSpan.FromMilliseconds(500)));
        await comparison.RunAsync("the same of an answer of 1,000 tokens in one piece, in ms", Aim, (server, _) => FreeAfterAsync(
            client, server, ended => client.SendAsync(server, new EngineCall($"Tell a story. {text.Of(20)}", 1_000), ended), TimeSpan.FromMilliseconds(500)));
    }

    public static async Task RunMemoryAsync(Comparison comparison, EngineClient client, ColdText text)
    {
        var requests = comparison.Options.Requests;
        var sizes = comparison.Servers.ToDictionary(s => s, _ => new List<double>());
        for (var sample = 0; sample < Samples; sample++)
        {
            foreach (var server in comparison.Servers)
            {
                await SendManyAsync(client, server, text, requests / Samples);
                sizes[server].Add(server.ResidentBytes / 1e6);
            }
        }

        foreach (var (server, mb) in sizes)
        {
            Console.WriteLine(
                $"memory over {requests} requests of 20 to 400 tokens, in MB: {server.Name} {string.Join(' ', mb.Select(m => $"{m:F0}"))}; "
                + $"last half grew by {mb[^1] - mb[(Samples / 2) - 1]:F0}, {mb[^1] / mb[(Samples / 2) - 1]:F2}x (aim 1.00x)");
        }
    }

    private static Task SendManyAsync(EngineClient client, EngineServer server, ColdText text, int requests)
    {
        var left = requests;
        return Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            int number;
            while ((number = Interlocked.Decrement(ref left)) >= 0)
            {
                string content;
                lock (text)
                {
                    // Most are short; a tenth is long.
                    content = text.Of(number % 10 == 0 ? 400 : 20);
                }

                await client.StreamAsync(server, new EngineCall(content, 1 + (number % 8), Tenant: number % 2));
            }
        }));
    }

    private static async Task<double> FreeAfterAsync(EngineClient client, EngineServer server, Func<CancellationToken, Task> call, TimeSpan after)
    {
        using var ended = new CancellationTokenSource();
        var running = call(ended.Token);
        await Task.Delay(after);
        await ended.CancelAsync();
        var started = Stopwatch.GetTimestamp();
        await StreamParts.IgnoreCancelledAsync(running);
        while ((await server.CountAsync(client.Http)).Running > 0)
        {
            await Task.Delay(1);
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
