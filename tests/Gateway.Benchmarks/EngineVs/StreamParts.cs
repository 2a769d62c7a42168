using System.Diagnostics;

namespace Gateway.Benchmarks.EngineVs;

/// <summary>How fast streams are, and how evenly they run while a long prompt comes in.</summary>
internal static class StreamParts
{
    private const int LongPrompt = 3_000;

    public static async Task RunThroughputAsync(Comparison comparison, EngineClient client, ColdText text)
    {
        foreach (var (streams, tokens, aim) in ((int, int, string)[])[(1, 192, "1.00x"), (8, 128, "1.10x"), (32, 64, "1.10x")])
        {
            await RunThroughputAsync(
                comparison, client, $"{streams} streams", $"at least {aim}", streams, () => new EngineCall($"Write a long story with these words: {text.Of(20)}.", tokens));
        }
    }

    /// <summary>Tokens per second of streams that begin together, and the processor time of a token.</summary>
    public static async Task RunThroughputAsync(Comparison comparison, EngineClient client, string what, string aim, int streams, Func<EngineCall> newCall)
    {
        var processor = comparison.Servers.ToDictionary(s => s, _ => new List<double>());
        await comparison.RunAsync($"throughput of {what} in tokens/s", aim, async (server, _) =>
        {
            var calls = Enumerable.Range(0, streams).Select(_ => newCall()).ToList();
            var (before, started) = (server.ProcessorTime, Stopwatch.GetTimestamp());
            var results = await Task.WhenAll(calls.Select(c => client.StreamAsync(server, c)));
            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            processor[server].Add((server.ProcessorTime - before).TotalMilliseconds / results.Sum(r => r.Tokens));
            return results.Sum(r => r.Tokens) / elapsed;
        });
        comparison.Write($"processor time of {what} in ms a token", "none", processor);
    }

    public static Task RunGapAsync(Comparison comparison, EngineClient client, ColdText text) =>
        comparison.RunAsync($"longest gap of a stream beside a prompt of {LongPrompt} tokens, in ms", "at most 0.10x", async (server, _) =>
        {
            using var ended = new CancellationTokenSource();
            var begun = new TaskCompletionSource();
            var arrivals = new List<long>();
            var running = client.StreamAsync(
                server,
                new EngineCall($"Write a long story with these words: {text.Of(20)}.", 1_000),
                count =>
                {
                    arrivals.Add(Stopwatch.GetTimestamp());
                    if (count == 30)
                    {
                        begun.SetResult();
                    }
                },
                ended.Token);
            await begun.Task;
            var from = Stopwatch.GetTimestamp();
            await client.StreamAsync(server, new EngineCall(text.Of(LongPrompt), 2));
            var until = Stopwatch.GetTimestamp();

            // The gap that lasts until now counts too.
            await Task.Delay(200);
            await ended.CancelAsync();
            await IgnoreCancelledAsync(running);
            return arrivals.Zip(arrivals.Skip(1)).Where(p => p.Second >= from && p.First <= until).Select(p => Stopwatch.GetElapsedTime(p.First, p.Second).TotalMilliseconds).Max();
        });

    public static async Task IgnoreCancelledAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
        }
    }
}
