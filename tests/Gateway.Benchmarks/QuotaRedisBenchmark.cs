using System.Diagnostics;
using System.Globalization;
using Gateway.Quotas;
using Gateway.Quotas.Redis;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>What limits in Redis add to a request beside limits in memory: processor time, latency and round trips, by the number of tenants.</summary>
internal static class QuotaRedisBenchmark
{
    private const int Exchanges = 200_000;

    // As many requests are under way at a time.
    private const int Parallel = 64;

    public static async Task<int> RunAsync()
    {
        if (RedisServer.Missing is { } missing)
        {
            Console.WriteLine($"quotas redis: {missing}");
            return 0;
        }

        await using var server = await RedisServer.StartAsync();
        Console.WriteLine($"quotas redis: {Exchanges:N0} exchanges, {Parallel} at a time, each with limits of requests and tokens per minute and of concurrency");
        await MeasureAsync("memory, warm-up", 100, new MemoryQuotaStore(TimeProvider.System), metrics: null);
        foreach (var tenants in new[] { 1, 100, 10_000 })
        {
            await MeasureAsync("memory", tenants, new MemoryQuotaStore(TimeProvider.System), metrics: null);
            var (metrics, options) = (new RedisMetrics(null), new RedisOptions(server.ConnectionString, $"bench-{tenants}"));
            await using var store = new RedisQuotaStore(options, new RedisLink(options, metrics), metrics, TimeProvider.System, NullLogger<RedisQuotaStore>.Instance);
            await store.StartAsync(CancellationToken.None);
            await MeasureAsync("Redis", tenants, store, metrics);
        }

        return 0;
    }

    private static async Task MeasureAsync(string name, int tenants, QuotaStore store, RedisMetrics? metrics)
    {
        var limits = Enumerable.Range(0, tenants).Select(t => (LimitModel[])
        [
            LimitOf(t, QuotaMeasure.Requests, QuotaWindow.Minute, 10_000_000), LimitOf(t, QuotaMeasure.Tokens, QuotaWindow.Minute, 1_000_000_000), LimitOf(t, QuotaMeasure.Concurrent, QuotaWindow.None, 100_000),
        ]).ToArray();
        var (before, processor, startedAt, next, waited) = (metrics?.RoundTrips ?? 0, Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp(), 0, 0L);
        await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= Exchanges;)
            {
                var some = limits[i % tenants];
                var lease = new Lease("", [new Charge { Limit = some[0], Reserved = 1 }, new Charge { Limit = some[1], Reserved = 1000 }, new Charge { Limit = some[2], Reserved = 1 }], TimeSpan.FromMinutes(1));
                var askedAt = Stopwatch.GetTimestamp();
                var answer = await store.ReserveAsync(lease, CancellationToken.None);
                Interlocked.Add(ref waited, Stopwatch.GetTimestamp() - askedAt);
                if (!answer.IsAdmitted)
                {
                    throw new InvalidOperationException($"not admitted: {answer}");
                }

                // The answer is made meanwhile.
                await Task.Yield();
                (lease.Charges[0].Used, lease.Charges[1].Used) = (1, 300);
                store.Settle(lease);
            }
        })));
        await store.DrainAsync(CancellationToken.None);
        var used = Process.GetCurrentProcess().TotalProcessorTime - processor;
        var trips = metrics is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)(metrics.RoundTrips - before) / Exchanges:0.0000} round trips");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name}, {tenants} tenants: per exchange {used.TotalMicroseconds / Exchanges:0.00} us of processor, {Stopwatch.GetElapsedTime(0, waited).TotalMicroseconds / Exchanges:0.0} us until admitted{trips}, {Exchanges / Stopwatch.GetElapsedTime(startedAt).TotalSeconds:0} a second"));
    }

    private static LimitModel LimitOf(int tenant, QuotaMeasure measure, QuotaWindow window, long amount) => new(
        new LimitKey(QuotaOwner.Tenant, string.Create(CultureInfo.InvariantCulture, $"t{tenant}"), "", measure, window), amount, TimeZoneInfo.Utc, "tenant", SharesWithoutStore: true);
}
