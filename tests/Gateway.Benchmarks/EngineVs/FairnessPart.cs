namespace Gateway.Benchmarks.EngineVs;

/// <summary>One tenant has a queue of long prompts; another asks for something short once a second.</summary>
internal static class FairnessPart
{
    private const int Queued = 200;
    private const int Words = 1_000;
    private const int Alone = 20;
    private const int Beside = 30;

    // Who has waited that long counts with it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Comparison comparison, EngineClient client, ColdText text)
    {
        foreach (var server in comparison.Servers)
        {
            var alone = await AskEverySecondAsync(client, server, text, Alone);
            using var ended = new CancellationTokenSource();
            var served = 0;
            var queue = Enumerable.Range(0, Queued).Select(async _ =>
            {
                await client.StreamAsync(server, new EngineCall(text.Of(Words), 32), cancellationToken: ended.Token);
                Interlocked.Increment(ref served);
            }).ToList();

            // Until all are queued.
            await Task.Delay(2_000);
            var beside = await AskEverySecondAsync(client, server, text, Beside);
            var servedBeside = Volatile.Read(ref served);
            await ended.CancelAsync();
            await Task.WhenAll(queue.Select(StreamParts.IgnoreCancelledAsync));
            Console.WriteLine(
                $"time to first token of one short request a second, 95 of 100: {server.Name} alone {P95(alone):F0} ms, beside {Queued} queued prompts of {Words} tokens of another tenant "
                + $"{P95(beside):F0} ms{(P95(beside) >= Patience.TotalMilliseconds ? " or more" : "")}, {P95(beside) / P95(alone):F1}x (aim at most 2.0x); the other had {servedBeside} answers meanwhile");
        }
    }

    private static async Task<List<double>> AskEverySecondAsync(EngineClient client, EngineServer server, ColdText text, int requests)
    {
        var asked = new List<Task<double>>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var i = 0; i < requests; i++)
        {
            asked.Add(AskAsync(client, server, text.Of(20)));
            await timer.WaitForNextTickAsync();
        }

        return [.. await Task.WhenAll(asked)];
    }

    private static async Task<double> AskAsync(EngineClient client, EngineServer server, string content)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return (await client.StreamAsync(server, new EngineCall(content, 8, Tenant: 1), cancellationToken: patience.Token)).FirstToken;
        }
        catch (OperationCanceledException)
        {
            return Patience.TotalMilliseconds;
        }
    }

    private static double P95(List<double> values) => values.Order().ElementAt((int)Math.Ceiling(values.Count * 0.95) - 1);
}
