using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Gateway.Tests.Testing;

namespace Gateway.EndToEnd.Tests;

/// <summary>Three gateways that share the limits of a tenant through one Redis.</summary>
public sealed class SharedQuotaTests
{
    private const int Nodes = 3;
    private const int Limit = 600;
    private const string Key = "key-of-the-shared-quota-tests";

    [RedisFact]
    public Task Together_they_admit_the_limit_and_no_more() => RaceAsync((_, _) => Task.CompletedTask, least: Limit);

    [RedisFact]
    public Task And_when_Redis_is_killed_and_comes_back_empty() => RaceAsync(
        async (server, gateways) =>
        {
            await server.KillAsync();
            await Task.WhenAll(gateways.Select(g => g.WaitForAsync("Redis is not available for quotas")));
            await server.StartServerAsync();
        },
        least: Limit);

    // What the one that was killed held is free when nothing of it can be under way, which is later.
    [RedisFact]
    public Task And_when_one_is_killed() => RaceAsync((_, gateways) => gateways[0].KillAsync(), least: Limit * 9 / 10);

    private static async Task RaceAsync(Func<RedisServer, GatewayProcess[], Task> disturb, int least)
    {
        await using var server = await RedisServer.StartAsync();
        using var upstream = new Upstream(answersAll: true);
        var gateways = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => StartAsync(server, upstream)));
        var (admitted, others) = (0, new System.Collections.Concurrent.ConcurrentBag<HttpStatusCode>());
        var some = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var done = new CancellationTokenSource();
        var load = gateways.SelectMany(g => Enumerable.Range(0, 8).Select(_ => LoadAsync(g, status =>
        {
            if (status == HttpStatusCode.OK)
            {
                if (Interlocked.Increment(ref admitted) == Limit / 3)
                {
                    some.SetResult();
                }
            }
            else
            {
                others.Add(status);
            }

            return status == HttpStatusCode.TooManyRequests && some.Task.IsCompleted && done.IsCancellationRequested;
        }))).ToList();
        await some.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await disturb(server, gateways);

        // Until the limit is used up everybody goes on asking; then once more.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Volatile.Read(ref admitted) < least)
        {
            await Task.Delay(50, patience.Token);
        }

        await done.CancelAsync();
        await Task.WhenAll(load).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.InRange(admitted, least, Limit);
        Assert.All(others, status => Assert.True(status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, status.ToString()));
        await Task.WhenAll(gateways.Select(g => g.DisposeAsync().AsTask()));
    }

    private static async Task LoadAsync(GatewayProcess gateway, Func<HttpStatusCode, bool> isLast)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };
        try
        {
            while (true)
            {
                using var content = new StringContent("""{"model":"m","messages":[{"role":"user","content":"hello"}]}""", Encoding.UTF8, "application/json");
                using var response = await client.PostAsync(gateway.Api + "/chat/completions", content);
                if (isLast(response.StatusCode))
                {
                    return;
                }
            }
        }
        catch (HttpRequestException)
        {
            // The gateway was killed.
        }
    }

    private static async Task<GatewayProcess> StartAsync(RedisServer server, Upstream upstream)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "redis"), server.ConnectionString);
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            listen: { api: "127.0.0.1:0" }
            redis: { connection: "file:redis", nodes: {{Nodes}} }
            models: [{ name: m, deployments: [d] }]
            deployments: [{ name: d, kind: openai-compatible, base_url: "{{upstream.BaseUrl}}" }]
            plans: [{ name: p, limits: { requests_per_day: {{Limit}}, concurrent: 100 } }]
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            tenants: [{ name: t, plan: p, policy: open, models: [m], keys: [{ name: k, sha256: {{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}} }] }]
            """);
        return await GatewayProcess.StartAsync(folder);
    }
}
