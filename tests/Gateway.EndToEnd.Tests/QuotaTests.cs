using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.EndToEnd.Tests;

/// <summary>Limits of a gateway that is killed while it works.</summary>
public sealed class QuotaTests
{
    private const int Kills = 3;
    private const string Key = "key-of-the-quota-tests";
    private const string AdminKey = "admin-key-of-the-quota-tests";

    [Fact]
    public Task After_each_kill_ledger_and_counters_agree_to_the_token_SQLite() => KillAsync(connectionString: null);

    [PostgreSqlFact]
    public async Task After_each_kill_ledger_and_counters_agree_to_the_token_PostgreSQL() =>
        await KillAsync(await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync());

    private static async Task KillAsync(string? connectionString)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        using var upstream = new Upstream();
        await ConfigureAsync(folder, upstream.BaseUrl, connectionString);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using (var gateway = await GatewayProcess.StartAsync(folder))
            {
                var answered = 0;
                var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var load = Enumerable.Range(0, 8).Select(_ => LoadAsync(gateway, () =>
                {
                    if (Interlocked.Increment(ref answered) == 60)
                    {
                        enough.SetResult();
                    }
                })).ToList();
                await enough.Task.WaitAsync(TimeSpan.FromMinutes(1));
                await gateway.KillAsync();
                await Task.WhenAll(load);
            }

            await using var next = await GatewayProcess.StartAsync(folder);
            var (lines, reserved) = (await AllAsync(next, "/exchanges?limit=1000"), 0L);
            var (requests, tokens, cost, open) = (0, 0L, 0m, 0);
            foreach (var line in lines)
            {
                var isPending = line.GetProperty("outcome").GetString() is "open" or "lost";
                var (used, held) = (line.GetProperty("input_tokens").GetInt64() + line.GetProperty("output_tokens").GetInt64(), line.GetProperty("reserved_tokens").GetInt64());
                requests++;
                tokens += isPending ? held : used;
                cost += isPending ? 0 : line.GetProperty("cost").GetDecimal();
                reserved += isPending ? held : 0;
                open += isPending ? 1 : 0;
            }

            var quotas = await AllAsync(next, "/quotas?tenant=t");
            Assert.Equal(requests, Used(quotas, "requests", "hour"));
            Assert.Equal(requests, Used(quotas, "requests", "day"));
            Assert.Equal(tokens, Used(quotas, "tokens", "hour"));
            Assert.Equal(tokens, Used(quotas, "tokens", "day"));
            Assert.True(open > kill, "Some were under way at each kill.");
            Assert.True(reserved >= open * 50);
            Assert.True(Used(quotas, "money", "month") > cost, "What was under way counts by what it had reserved.");
            Assert.All(quotas, q => Assert.Equal(0, q.GetProperty("reserved").GetDecimal()));
        }
    }

    private static decimal Used(IReadOnlyList<JsonElement> quotas, string measure, string window) =>
        quotas.Single(q => q.GetProperty("measure").GetString() == measure && q.GetProperty("window").GetString() == window).GetProperty("used").GetDecimal();

    private static async Task LoadAsync(GatewayProcess gateway, Action answered)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };
        try
        {
            while (true)
            {
                using var content = new StringContent("""{"model":"m","messages":[{"role":"user","content":"hello"}],"max_tokens":50}""", Encoding.UTF8, "application/json");
                using var response = await client.PostAsync(gateway.Api + "/chat/completions", content);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                answered();
            }
        }
        catch (HttpRequestException)
        {
            // The gateway is gone.
        }
    }

    private static async Task<IReadOnlyList<JsonElement>> AllAsync(GatewayProcess gateway, string path)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", AdminKey) } };
        var text = await client.GetStringAsync(new Uri(gateway.Metrics, "/admin/v1" + path));
        var list = JsonDocument.Parse(text).RootElement;
        Assert.False(list.GetProperty("has_more").GetBoolean());
        return [.. list.GetProperty("data").EnumerateArray()];
    }

    private static async Task ConfigureAsync(string folder, string baseUrl, string? connectionString)
    {
        var store = "";
        if (connectionString is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "postgresql"), connectionString);
            store = "store: { postgresql: \"file:postgresql\" }\n";
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            listen: { api: "127.0.0.1:0" }
            {{store}}models: [{ name: m, deployments: [d] }]
            deployments: [{ name: d, kind: openai-compatible, base_url: "{{baseUrl}}", price: { currency: USD, input: 1, output: 2 } }]
            plans:
              - name: p
                limits: { requests_per_hour: 100000, requests_per_day: 100000, tokens_per_hour: 100000000, tokens_per_day: 100000000, concurrent: 100, money: { amount: 100, currency: USD, per: month } }
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            tenants: [{ name: t, plan: p, policy: open, time_zone: America/Sao_Paulo, models: [m], keys: [{ name: k, sha256: {{Hash(Key)}} }] }]
            admins: [{ name: ana, role: admin, sha256: {{Hash(AdminKey)}} }]
            """);
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
