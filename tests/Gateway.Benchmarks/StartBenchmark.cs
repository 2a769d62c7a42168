using System.Diagnostics;

namespace Gateway.Benchmarks;

/// <summary>Time from the start of the process to its banner: it listens and the shipped model is loaded.</summary>
internal static class StartBenchmark
{
    public static async Task<int> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        var times = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var started = Stopwatch.GetTimestamp();
            using var gateway = await Child.StartGatewayAsync(folder);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine($"start: ready after {times[times.Count / 2]:F0} ms (median of {times.Count})");
        return 0;
    }
}
