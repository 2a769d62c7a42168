using System.Diagnostics;
using System.Globalization;
using Gateway.Admin;
using Gateway.Benchmarks.EngineVs;
using Gateway.Exchanges;
using Gateway.Ledger;
using Gateway.Stores;

namespace Gateway.Benchmarks;

/// <summary>
/// What the ledger costs a request, by durability and store, against bare YARP in one run; lines per second that a store takes; and how long reports
/// take over many lines. PostgreSQL is measured where <c>GATEWAY_BENCHMARK_POSTGRESQL</c> has the connection string of an empty database.
/// </summary>
internal static class LedgerBenchmark
{
    public const string PostgreSqlVariable = "GATEWAY_BENCHMARK_POSTGRESQL";

    private const int RequestsPerRound = 15_000;
    private const int Rounds = 5;
    private const int LinesPerGroup = 500;

    public static async Task<int> RunAsync(int lines)
    {
        var postgreSql = Environment.GetEnvironmentVariable(PostgreSqlVariable);
        await MeasureRequestsAsync(postgreSql);
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        await using (var store = new SqliteStore(Path.Combine(folder, SqliteStore.FileName), TimeProvider.System))
        {
            await MeasureStoreAsync("SQLite", store, lines);
            Console.WriteLine($"ledger: SQLite: {new FileInfo(store.Path).Length / (double)lines:F0} bytes a line");
        }

        Directory.Delete(folder, recursive: true);
        if (postgreSql is not null)
        {
            await using var store = new PostgreSqlStore(postgreSql, TimeProvider.System);
            await MeasureStoreAsync("PostgreSQL", store, lines);
        }

        return 0;
    }

    private static async Task MeasureRequestsAsync(string? postgreSql)
    {
        using var upstream = await Child.StartRoleAsync("upstream", "http://127.0.0.1:0");
        using var yarp = await Child.StartRoleAsync("yarp", "http://127.0.0.1:0", upstream.Url);
        var gateways = new List<(string Name, Child Gateway, List<(double Ratio, double Added, double P50, double P99)> Rounds)>();
        foreach (var (store, connectionString) in new[] { ("SQLite", null), ("PostgreSQL", postgreSql) })
        {
            foreach (var durability in new[] { "batch", "commit" })
            {
                if (store == "SQLite" || connectionString is not null)
                {
                    gateways.Add(($"{store}, {durability}", await StartAsync(upstream.Url, durability, connectionString), []));
                }
            }
        }

        // Until tiered compilation has settled.
        await ProxyBenchmark.LoadAsync(yarp, RequestsPerRound * 2);
        foreach (var (_, gateway, _) in gateways)
        {
            await ProxyBenchmark.LoadAsync(gateway, RequestsPerRound * 2);
        }

        for (var round = 0; round < Rounds; round++)
        {
            var bare = await ProxyBenchmark.LoadAsync(yarp, RequestsPerRound);
            Console.WriteLine($"ledger: round {round + 1}: bare YARP: {bare.Cpu:F1} us CPU a request, latency p50 {bare.P50:F0} us, p99 {bare.P99:F0} us");
            foreach (var (name, gateway, rounds) in gateways)
            {
                var whole = await ProxyBenchmark.LoadAsync(gateway, RequestsPerRound);
                rounds.Add((whole.Cpu / bare.Cpu, whole.Cpu - bare.Cpu, whole.P50, whole.P99));
                Console.WriteLine($"ledger: round {round + 1}: {name}: {whole.Cpu:F1} us, ratio {whole.Cpu / bare.Cpu:F2}; latency p50 {whole.P50:F0} us, p99 {whole.P99:F0} us");
            }
        }

        foreach (var (name, gateway, rounds) in gateways)
        {
            Console.WriteLine(
                $"ledger: {name}, medians of {Rounds}: whole path / bare YARP {Comparison.Median(rounds.Select(r => r.Ratio)):F2}x CPU per request (aim with batch at most 1.25x), "
                + $"{Comparison.Median(rounds.Select(r => r.Added)):F1} us added; latency p50 {Comparison.Median(rounds.Select(r => r.P50)):F0} us, p99 {Comparison.Median(rounds.Select(r => r.P99)):F0} us");
            gateway.Dispose();
        }
    }

    private static async Task<Child> StartAsync(string upstream, string durability, string? connectionString)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        var store = "";
        if (connectionString is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "postgresql"), connectionString);
            store = "store: { postgresql: \"file:postgresql\" }\n";
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            {{store}}ledger: { durability: { public: {{durability}} } }
            models: [{ name: gpt-4o-mini, deployments: [upstream] }]
            deployments: [{ name: upstream, kind: openai-compatible, base_url: "{{upstream}}/v1", price: { currency: USD, input: 0.15, output: 0.6 } }]
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            tenants: [{ name: t, policy: open, models: ["*"], keys: [{ name: k, sha256: {{Child.KeyHash}} }] }]
            """);
        return await Child.StartGatewayAsync(folder);
    }

    // A hundred days of a hundred tenants with five models each.
    private static async Task MeasureStoreAsync(string name, Store store, int lines)
    {
        using var tables = LedgerServices.CreateTables(store, TimeProvider.System);
        tables.Connect();
        tables.Beat();
        var end = new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);
        var start = end.AddDays(-100);
        for (var month = start; month < end.AddMonths(1); month = month.AddMonths(1))
        {
            tables.Prepare(month);
        }

        var random = new Random(1);
        var started = Stopwatch.GetTimestamp();
        var group = new List<LedgerLine>();
        for (var i = 0; i < lines; i++)
        {
            var at = start.AddTicks((end - start).Ticks / lines * i);
            var (tenant, model) = (random.Next(100), random.Next(5));
            group.Add(new LedgerLine(new LedgerOpening(
                RequestIds.Create(at), at, $"tenant-{tenant}", $"key_{tenant:x16}", "chat.completions", "public", TraceId: null, $"model-{model}"))
            {
                Closing = new LedgerClosing(
                    at.AddSeconds(1), "ok", Code: null, 200, $"deployment-{model}", new Usage(random.Next(4_000), random.Next(1_000)), random.Next(1_000_000), "USD",
                    TimeSpan.FromMilliseconds(900), TimeSpan.FromMilliseconds(200)),
            });
            if (group.Count == LinesPerGroup || i == lines - 1)
            {
                tables.Write(group);
                group.Clear();
            }
        }

        Console.WriteLine($"ledger: {name}: {lines} lines in groups of {LinesPerGroup}: {lines / Stopwatch.GetElapsedTime(started).TotalSeconds:F0} lines/s");
        await MeasureReportsAsync(name, store, start, end);
        started = Stopwatch.GetTimestamp();
        tables.Prune(start.AddDays(50));
        Console.WriteLine($"ledger: {name}: one step of removing old lines: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F1} ms");
    }

    private static async Task MeasureReportsAsync(string name, Store store, DateTimeOffset start, DateTimeOffset end)
    {
        var usage = new UsageReport(store);
        var exchanges = new ExchangeReport(store);
        var range = new TimeRange(start, end);
        Dictionary<string, string> none = [], one = new(StringComparer.Ordinal) { ["tenant"] = "tenant-42" };
        foreach (var (what, read) in new (string, Func<Task<int>>)[]
        {
            ("usage of all by tenant and model", async () => (await usage.ReadAsync(new UsageRequest(range, ["tenant", "model"], none), default)).Rows!.Count),
            ("usage of one tenant by day and model", async () => (await usage.ReadAsync(new UsageRequest(range, ["day", "model"], one), default)).Rows!.Count),
            ("first page of exchanges", async () => (await exchanges.ReadAsync(new ExchangeRequest(range, none), before: null, 100, default)).Count),
            ("first page of one tenant's exchanges", async () => (await exchanges.ReadAsync(new ExchangeRequest(range, one), before: null, 100, default)).Count),
            ("page in the middle", async () => (await exchanges.ReadAsync(
                new ExchangeRequest(range, none), new PageCursor(StoreTime.ToMicroseconds(start.AddDays(50)), "req_"), 100, default)).Count),
        })
        {
            await read();
            var times = new List<double>();
            var rows = 0;
            for (var i = 0; i < 7; i++)
            {
                var started = Stopwatch.GetTimestamp();
                rows = await read();
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            times.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ledger: {name}: {what}: {times[3]:F1} ms, {rows} rows"));
        }
    }
}
