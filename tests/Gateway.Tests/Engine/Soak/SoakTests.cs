using System.Text.Json;
using Gateway.Engine;
using Gateway.Ledger;
using Gateway.Tenants;
using Gateway.Tests.Exchanges;
using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Engine.Soak;

/// <summary>Thousands of requests of all sorts by HTTP, and nothing is left of them but their lines. Alone, since it measures the process.</summary>
[Collection(nameof(Alone))]
public sealed class SoakTests
{
    // Half of what a leak of 2 KB a request would come to.
    private const int BytesPerRequest = 1024;

    // Native memory that the runtime has for itself comes and goes in pieces of 2 MB: a leak shows from 5 KB a request on.
    private const int RuntimesOwn = 4 << 20;

    // What fewer leave is lost in what the runtime makes for itself.
    private const int LeastToWeigh = 800;

    private const int LooksPerHalf = 4;

    // Connections that a pool may keep or be about to close, on both sides.
    private const int PooledSockets = 8;

    private readonly List<SoakAnswer> _answers = [];

    [SharedTheory]
    [InlineData("none", 400, 800)]
    [InlineData("process", 150, 300)]
    public async Task Thousands_of_requests_of_all_sorts_leave_nothing_but_their_lines(string isolation, int warmUp, int half)
    {
        await using var gateway = await TestGateway.StartAsync(File("isolation: " + isolation), keepsLog: false);
        await RunAsync(gateway, 0, warmUp);
        var start = Footprint.Take();

        // The same requests again and again, so that what caches keep of them is all there from the start.
        var first = await RunHalfAsync(gateway, half, warmUp);
        var second = await RunHalfAsync(gateway, half, warmUp);

        await AssertLedgerAsync(gateway);
        if (half >= LeastToWeigh)
        {
            Assert.True(second.Managed - first.Managed <= half * BytesPerRequest, $"{half} requests left objects: {first}, then {second}");
            Assert.True(second.Native - first.Native <= RuntimesOwn, $"{half} requests left native memory: {first}, then {second}");
        }

        await Eventually.TrueAsync(() => Footprint.CountHandles() <= start.Handles + PooledSockets, $"the handles are again as few as {start.Handles}");
        await Eventually.TrueAsync(() => Footprint.CountThreads() <= start.Threads + 2, $"the threads are again as few as {start.Threads}");
    }

    private static LoadedEngine EngineOf(TestGateway gateway) => gateway.Services.GetRequiredService<EngineHost>().Engines.Single().Value!;

    /// <summary>The least of several looks: a megabyte that the runtime has for itself comes and goes, and a leak stays.</summary>
    private async Task<Footprint> RunHalfAsync(TestGateway gateway, int count, int known)
    {
        var least = new Footprint(long.MaxValue, long.MaxValue, 0, 0);
        for (var look = 0; look < LooksPerHalf; look++)
        {
            await RunAsync(gateway, look * count / LooksPerHalf % known, count / LooksPerHalf);
            var footprint = Footprint.Take();
            var kept = EngineOf(gateway) is InProcessEngine engine ? engine.Statistics.HostCacheBytes : 0;
            least = least with { Managed = Math.Min(least.Managed, footprint.Managed - kept), Native = Math.Min(least.Native, footprint.Native) };
        }

        return least;
    }

    private async Task RunAsync(TestGateway gateway, int first, int count)
    {
        using (var client = new SoakClient(gateway.Api))
        {
            _answers.AddRange(await client.RunAsync(first, count));
        }

        await Eventually.TrueAsync(() => EngineOf(gateway).Statistics is { Waiting: 0, Running: 0, CellsUsed: 0 }, "the engine has nothing to do");
        await Eventually.TrueAsync(
            async () => (await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges?outcome=open&limit=1")).GetProperty("data").GetArrayLength() == 0, "all lines are closed");
    }

    private async Task AssertLedgerAsync(TestGateway gateway)
    {
        var lines = await ReadLinesAsync(gateway);
        var byId = lines.ToDictionary(l => l.Id, StringComparer.Ordinal);

        // One that left early may have done so before anything of it arrived.
        var known = _answers.Where(a => a.Id is not null).ToList();
        Assert.InRange(lines.Count, known.Count, _answers.Count);
        foreach (var answer in known)
        {
            var line = byId[answer.Id!];
            if (answer.HasLeft)
            {
                Assert.Contains(line.Outcome, new[] { "ok", "client_gone" });
            }
            else
            {
                Assert.Equal(answer.Kind == SoakKind.TooLong ? "refused" : "ok", line.Outcome);
                Assert.Equal((answer.PromptTokens, answer.CompletionTokens), (line.InputTokens, line.OutputTokens));
            }
        }

        Assert.All(lines.Where(l => !known.Exists(a => a.Id == l.Id)), l => Assert.Contains(l.Outcome, new[] { "ok", "client_gone" }));
        Assert.NotEqual(0, lines.Count(l => l.Outcome == "client_gone"));
        Assert.NotEqual(0, lines.Count(l => l.Outcome == "refused"));

        // Told once each: to the metrics, to the limits, and no more than the engine computed.
        var settled = await Task.WhenAll(lines.Select(l => l.Outcome).Distinct(StringComparer.Ordinal).Select(o => gateway.SettledAsync(o)));
        Assert.Equal(lines.Count, settled.Sum());
        Assert.InRange(lines.Sum(l => l.OutputTokens), 1, EngineOf(gateway).Statistics.GeneratedTokens);
        foreach (var tenant in lines.GroupBy(l => l.Tenant, StringComparer.Ordinal))
        {
            var limits = (await gateway.AdminJsonAsync(HttpMethod.Get, "/quotas?tenant=" + tenant.Key)).GetProperty("data").EnumerateArray()
                .ToDictionary(q => q.GetProperty("measure").GetString()!, q => (q.GetProperty("used").GetDecimal(), q.GetProperty("reserved").GetDecimal()), StringComparer.Ordinal);
            Assert.Equal((tenant.Sum(l => l.InputTokens + l.OutputTokens), 0), limits["tokens"]);
            Assert.Equal(0, limits["concurrent"].Item2);
        }
    }

    private static async Task<IReadOnlyList<ExchangeJson>> ReadLinesAsync(TestGateway gateway)
    {
        var response = await gateway.AdminAsync(HttpMethod.Get, "/exchanges?format=jsonl");
        var text = await response.Content.ReadAsStringAsync();
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<ExchangeJson>(l, Gateway.Admin.AdminJson.Options)!)];
    }

    private static GatewayFile File(string deployment) => new GatewayFile()
        .Model("tiny", "tiny")
        .Model("adapted", "adapted")
        .Local("tiny", SharedModels.Tiny("tiny-llama.gguf"), "context_length: 1024, threads: 1, " + deployment)
        .Local("adapted", SharedModels.Tiny("tiny-llama.gguf"), $"context_length: 1024, threads: 1, lora: [\"{SharedModels.Tiny("tiny-llama-lora.gguf")}\"], {deployment}")
        .TenantOf($"name: acme, plan: wards, models: [tiny, adapted], keys: [{{ name: first, sha256: {KeyHash.Of(TestKeys.Acme)} }}]")
        .TenantOf($"name: other, plan: students, models: [tiny, adapted], keys: [{{ name: first, sha256: {KeyHash.Of(TestKeys.Other)} }}]")
        .Admin("ana", "admin", TestKeys.Admin)
        .More("""
            plans:
              - { name: wards, weight: 3, limits: { concurrent: 50, tokens_per_hour: 100000000 } }
              - { name: students, priority: 1, limits: { concurrent: 50, tokens_per_hour: 100000000 } }
            """);
}
