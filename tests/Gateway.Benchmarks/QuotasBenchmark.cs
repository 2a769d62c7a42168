using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Benchmarks.EngineVs;
using Gateway.Quotas;

namespace Gateway.Benchmarks;

/// <summary>What limits cost: a reservation with its settlement, and the whole path with and without them, against bare YARP.</summary>
internal static class QuotasBenchmark
{
    private const int Iterations = 1_000_000;
    private const int RequestsPerRound = 20_000;
    private const int Rounds = 5;

    private static readonly int[] TenantCounts = [1, 100, 10_000];

    public static async Task<int> RunAsync()
    {
        foreach (var tenants in TenantCounts)
        {
            await MeasureStoreAsync("memory", new MemoryQuotaStore(TimeProvider.System), tenants, Iterations);
        }

        using var upstream = await Child.StartRoleAsync("upstream", "http://127.0.0.1:0");
        using var yarp = await Child.StartRoleAsync("yarp", "http://127.0.0.1:0", upstream.Url);
        await ProxyBenchmark.LoadAsync(yarp, RequestsPerRound * 2);
        foreach (var tenants in TenantCounts)
        {
            await MeasurePathAsync("memory", upstream, yarp, tenants, more: "");
        }

        return 0;
    }

    /// <summary>Reservations of five limits, each settled, of many tenants in turn.</summary>
    internal static async Task MeasureStoreAsync(string name, QuotaStore store, int tenants, int iterations)
    {
        var limits = Enumerable.Range(0, tenants).Select(LimitsOf).ToArray();
        await LoopAsync(store, limits, Math.Max(iterations / 4, tenants));
        var allocated = GC.GetTotalAllocatedBytes();
        var started = Stopwatch.GetTimestamp();
        await LoopAsync(store, limits, iterations);
        Console.WriteLine(
            $"quotas: {name}, {tenants} tenants: a reservation of 5 limits and its settlement: {Stopwatch.GetElapsedTime(started).TotalNanoseconds / iterations:F0} ns, "
            + $"{(GC.GetTotalAllocatedBytes() - allocated) / iterations} bytes allocated (the lease)");
    }

    /// <summary>Processor time per request of a gateway without limits, one with them, and YARP, in turns.</summary>
    internal static async Task MeasurePathAsync(string name, Child upstream, Child yarp, int tenants, string more)
    {
        using var without = await StartAsync(upstream, tenants, plan: "", more: "");
        using var with = await StartAsync(upstream, tenants, plan: "plan: p, ", more);
        string KeyOf(int request) => $"{Child.Key}-{request % tenants}";
        await ProxyBenchmark.LoadAsync(without, RequestsPerRound * 2, keyOf: KeyOf);
        await ProxyBenchmark.LoadAsync(with, RequestsPerRound * 2, keyOf: KeyOf);
        var (added, whole, latency) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var bare = await ProxyBenchmark.LoadAsync(yarp, RequestsPerRound);
            var off = await ProxyBenchmark.LoadAsync(without, RequestsPerRound, keyOf: KeyOf);
            var on = await ProxyBenchmark.LoadAsync(with, RequestsPerRound, keyOf: KeyOf);
            added.Add(on.Cpu / off.Cpu);
            whole.Add(on.Cpu / bare.Cpu);
            latency.Add(on.P50 / off.P50);
            Console.WriteLine(
                $"quotas: {name}, {tenants} tenants: CPU per request: YARP {bare.Cpu:F1} us, gateway {off.Cpu:F1} us, with limits {on.Cpu:F1} us; "
                + $"latency p50 {off.P50:F0} / {on.P50:F0} us, p99 {off.P99:F0} / {on.P99:F0} us");
        }

        Console.WriteLine(
            $"quotas: {name}, {tenants} tenants, medians of {Rounds}: limits / none: CPU {Comparison.Median(added):F2}x, latency {Comparison.Median(latency):F2}x; with ledger and limits / bare YARP: CPU {Comparison.Median(whole):F2}x (aim at most 1.25x)");
    }

    private static async Task<Child> StartAsync(Child upstream, int tenants, string plan, string more)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        var file = new StringBuilder().Append(CultureInfo.InvariantCulture, $$"""
            models: [{ name: gpt-4o-mini, deployments: [upstream] }]
            deployments: [{ name: upstream, kind: openai-compatible, base_url: "{{upstream.Url}}/v1", price: { currency: USD, input: 0.15, output: 0.6 } }]
            plans:
              - name: p
                limits: { requests_per_minute: 100000000, tokens_per_minute: 2000000000, tokens_per_day: 2000000000, concurrent: 100000, money: { amount: 100000000, currency: BRL, per: month } }
            exchange_rates: [{ from: USD, to: BRL, rate: 5.43, date: 2026-01-01 }]
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            {{more}}
            tenants:

            """);
        for (var i = 0; i < tenants; i++)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Child.Key}-{i}")));
            file.Append(CultureInfo.InvariantCulture, $"  - {{ name: t{i}, policy: open, {plan}models: [\"*\"], keys: [{{ name: k, sha256: {hash} }}] }}\n");
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), file.ToString());
        return await Child.StartGatewayAsync(folder);
    }

    private static async Task LoopAsync(QuotaStore store, LimitModel[][] limits, int iterations)
    {
        for (var i = 0; i < iterations; i++)
        {
            var mine = limits[i % limits.Length];
            var charges = new Charge[mine.Length];
            for (var j = 0; j < charges.Length; j++)
            {
                charges[j] = new Charge { Limit = mine[j], Reserved = mine[j].Key.Measure is QuotaMeasure.Tokens or QuotaMeasure.Money ? 100 : 1 };
            }

            var lease = new Lease("benchmark", charges, TimeSpan.FromMinutes(1));
            if (!(await store.ReserveAsync(lease, CancellationToken.None)).IsAdmitted)
            {
                throw new InvalidOperationException("These limits are meant to have room.");
            }

            for (var j = 0; j < charges.Length; j++)
            {
                charges[j].Used = charges[j].Reserved / 2;
            }

            store.Settle(lease);
        }
    }

    private static LimitModel[] LimitsOf(int tenant)
    {
        LimitModel Limit(QuotaMeasure measure, QuotaWindow window) => new(
            new LimitKey(QuotaOwner.Tenant, $"t{tenant}", "", measure, window, measure == QuotaMeasure.Money ? "BRL" : "", window >= QuotaWindow.Day ? "UTC" : ""),
            1L << 40, TimeZoneInfo.Utc, "", SharesWithoutStore: true);
        return
        [
            Limit(QuotaMeasure.Requests, QuotaWindow.Minute), Limit(QuotaMeasure.Tokens, QuotaWindow.Minute), Limit(QuotaMeasure.Tokens, QuotaWindow.Day),
            Limit(QuotaMeasure.Concurrent, QuotaWindow.None), Limit(QuotaMeasure.Money, QuotaWindow.Month),
        ];
    }
}
