using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using Gateway.Quotas;
using Gateway.Quotas.Redis;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>Three processes race on one Redis for a limit that is too small for all: how much is admitted beyond it (nothing may be), and how much is left.</summary>
internal static class QuotaRaceBenchmark
{
    private const int Nodes = 3;

    // What a reservation takes, and what is used of it.
    private const long Reserved = 10;
    private const long Used = 7;

    public static async Task<int> RunAsync(long reservations)
    {
        if (RedisServer.Missing is { } missing)
        {
            Console.WriteLine($"quotas race: {missing}");
            return 0;
        }

        Console.WriteLine($"quotas race: {Nodes} processes, {reservations:N0} reservations in all, the limit is enough for 7 of 10");
        return await RaceAsync("undisturbed", reservations, (_, _) => Task.CompletedTask)
            + await RaceAsync("Redis killed and started again, empty", reservations, async (server, _) =>
            {
                await server.KillAsync();
                await Task.Delay(TimeSpan.FromSeconds(1));
                await server.StartServerAsync();
            })
            + await RaceAsync("one process killed (-9)", reservations, (_, children) =>
            {
                children[0].Kill();
                return Task.CompletedTask;
            });
    }

    /// <summary>One of the processes.</summary>
    /// <param name="connection">Of Redis.</param>
    /// <param name="file">Where it counts: 8 bytes of what it used, 8 of round trips, 8 of attempts; there also when it is killed.</param>
    /// <param name="attempts">Reservations that it tries.</param>
    /// <param name="limit">The limit.</param>
    public static async Task<int> RunNodeAsync(string connection, string file, long attempts, long limit)
    {
        var metrics = new RedisMetrics(null);
        var options = new RedisOptions(connection, "race") { Nodes = Nodes };
        await using var store = new RedisQuotaStore(options, new RedisLink(options, metrics), metrics, TimeProvider.System, NullLogger<RedisQuotaStore>.Instance);
        await store.StartAsync(CancellationToken.None);
        using var map = MemoryMappedFile.CreateFromFile(file);
        using var view = map.CreateViewAccessor(0, 24);
        var tokens = LimitOf(limit);
        var (tried, used, writing) = (0L, 0L, new Lock());
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref tried) <= attempts)
            {
                var lease = new Lease("", [new Charge { Limit = tokens, Reserved = Reserved }], TimeSpan.FromMinutes(1));
                var answer = await store.ReserveAsync(lease, CancellationToken.None);
                while (answer.Verdict == QuotaVerdict.Unavailable)
                {
                    // Redis is away: as a client that tries again later.
                    await Task.Delay(50);
                    answer = await store.ReserveAsync(lease, CancellationToken.None);
                }

                if (answer.IsAdmitted)
                {
                    lock (writing)
                    {
                        view.Write(0, used += Used);
                    }

                    await Task.Yield();
                    lease.Charges[0].Used = Used;
                    store.Settle(lease);
                }

                view.Write(16, tried);
            }
        })));
        await store.DrainAsync(CancellationToken.None);
        view.Write(8, metrics.RoundTrips);
        return 0;
    }

    private static async Task<int> RaceAsync(string name, long reservations, Func<RedisServer, Process[], Task> disturb)
    {
        await using var server = await RedisServer.StartAsync();
        var folder = Directory.CreateTempSubdirectory("gateway-race-").FullName;
        var limit = reservations * Used * 7 / 10;
        var files = Enumerable.Range(0, Nodes).Select(i => Path.Combine(folder, $"node{i}")).ToArray();
        Array.ForEach(files, f => File.WriteAllBytes(f, new byte[24]));
        var startedAt = Stopwatch.GetTimestamp();
        var children = files.Select(f => Process.Start(new ProcessStartInfo(
            "dotnet",
            [typeof(QuotaRaceBenchmark).Assembly.Location, "role", "quota-node", server.ConnectionString, f, Text(reservations / Nodes), Text(limit)]))!).ToArray();
        while (files.Sum(f => Read(f, 16)) < reservations / 4 && !children.All(c => c.HasExited))
        {
            await Task.Delay(20);
        }

        await disturb(server, children);
        await Task.WhenAll(children.Select(c => c.WaitForExitAsync()));
        var (used, roundTrips, elapsed) = (files.Sum(f => Read(f, 0)), files.Sum(f => Read(f, 8)), Stopwatch.GetElapsedTime(startedAt));
        var (beyond, left) = (Math.Max(0, used - limit), Math.Max(0, limit - used));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name}: limit {limit}, used {used}, beyond the limit {beyond}, left {left} ({100.0 * left / limit:0.000} %), {(double)roundTrips / reservations:0.0000} round trips per reservation, {elapsed.TotalSeconds:0.0} s"));
        Array.ForEach(children, c => c.Dispose());
        Directory.Delete(folder, recursive: true);
        return beyond == 0 ? 0 : 1;
    }

    private static LimitModel LimitOf(long amount) => new(
        new LimitKey(QuotaOwner.Tenant, "race", "", QuotaMeasure.Tokens, QuotaWindow.Day, Zone: "UTC"), amount, TimeZoneInfo.Utc, "tenant `race`", SharesWithoutStore: false);

    private static long Read(string file, long place)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = place;
        Span<byte> bytes = stackalloc byte[8];
        stream.ReadExactly(bytes);
        return BitConverter.ToInt64(bytes);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
