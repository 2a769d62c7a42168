using System.Text;
using Gateway.Tenants;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency;

/// <summary>
/// Random worlds in a running gateway: policies change under requests, deployments fail, time passes. What listens elsewhere records every byte, and none may
/// have come to where the rules, stated a second time, do not let it.
/// </summary>
public sealed class RecordingNetworkTests
{
    private const int Deployments = 4;
    private const int Worlds = 25;
    private const int RequestsPerWorld = 40;

    [Fact]
    public async Task No_byte_goes_where_it_may_not()
    {
        var (random, script) = (new Random(20260101), new Random(1));
        var upstreams = Enumerable.Range(0, Deployments).Select(_ => FakeUpstream.Start()).ToList();
        foreach (var upstream in upstreams)
        {
            upstream.Script = c => Play(c, script);
        }

        var time = new ShiftedTime();
        var seed = 0;
        var world = Next(ref seed);
        var gateway = await TestGateway.StartAsync(new GatewayFile().Model("m", "d").Deployment("d", upstreams[0].BaseUrl).Tenant("acme", TestKeys.Acme, "m"), time);
        var (sent, permitted, refused, seen) = (0, 0, 0, 0);
        for (var round = 0; round < Worlds; round++)
        {
            time.Shift = World.Start - TimeProvider.System.GetUtcNow();
            Assert.True(await gateway.ReloadAsync(Yaml(world, upstreams)), $"world {seed}");
            for (var i = 0; i < RequestsPerWorld; i++)
            {
                var (tenant, model, dataClass) = (random.Next(3), random.Next(world.Models.Count), random.Next(World.Classes.Length));
                if (random.Next(10) == 0)
                {
                    time.Shift += TimeSpan.FromMinutes(random.Next(90));
                }

                var now = time.GetUtcNow();

                // There is nothing in these requests that would have to be redacted.
                HashSet<int> MayAt(DateTimeOffset at) => [.. world.Models[model].Where(d => world.MayGo(tenant, dataClass, d, at, redacted: true))];
                var may = MayAt(now);
                var marker = $"marker-{sent++}-";
                var status = await SendAsync(gateway, tenant, model, dataClass, marker);
                var went = Enumerable.Range(0, Deployments).Where(d => upstreams[d].Requests.Any(r => Text(r).Contains(marker, StringComparison.Ordinal))).ToList();
                seen += went.Count;
                if (!may.SetEquals(MayAt(time.GetUtcNow())))
                {
                    // A placement expired just then.
                    continue;
                }

                Assert.True(went.All(may.Contains), $"World {seed}: a request of t{tenant}, {World.Classes[dataClass]} for m{model} at {now:o} went to {string.Join(", ", went)}; permitted are {string.Join(", ", may)}.");
                Assert.Equal(may.Count == 0, status == 403);
                Assert.Equal(may.Count > 0, went.Count > 0);
                permitted += may.Count > 0 ? 1 : 0;
                refused += may.Count == 0 ? 1 : 0;
            }

            world = Next(ref seed);
        }

        // Nothing came to anybody but by the requests that were looked at.
        Assert.Equal(seen, upstreams.Sum(u => u.Requests.Count));
        Assert.True(permitted > 100 && refused > 100, $"{permitted} were permitted and {refused} refused.");
        await gateway.DisposeAsync();
        foreach (var upstream in upstreams)
        {
            await upstream.DisposeAsync();
        }
    }

    [Fact]
    public async Task No_byte_goes_where_it_may_not_while_the_configuration_changes_under_many_requests()
    {
        // Whatever of the two is in force when a request comes: what neither permits is never reached.
        var upstreams = Enumerable.Range(0, 3).Select(_ => FakeUpstream.Start()).ToList();
        string File(string permitted) => $$"""
            node: { country: BR }
            limits: { body_bytes: 1000000 }
            models: [{ name: m, cooldown: 0s, deployments: [d0, d1, d2] }]
            deployments:
              - { name: d0, kind: openai-compatible, base_url: "{{upstreams[0].BaseUrl}}", placement: { processing: [BR] } }
              - { name: d1, kind: openai-compatible, base_url: "{{upstreams[1].BaseUrl}}", placement: { processing: [UY] } }
              - { name: d2, kind: openai-compatible, base_url: "{{upstreams[2].BaseUrl}}", placement: { processing: [US] } }
            policies: [{ name: p, classes: { public: { processing: {{permitted}} } } }]
            tenants: [{ name: acme, policy: p, models: [m], keys: [{ name: k, sha256: {{KeyHash.Of(TestKeys.Acme)}} }] }]
            """;
        await using var gateway = await TestGateway.StartAsync(new GatewayFile().Model("m", "d").Deployment("d", upstreams[0].BaseUrl).Tenant("acme", TestKeys.Acme, "m"));
        Assert.True(await gateway.ReloadAsync(File("[BR]")));
        using var ended = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                using var response = await gateway.PostAsync(TestGateway.Prompt("m"));
                Assert.Equal(200, (int)response.StatusCode);
            }
        })).ToList();
        for (var i = 0; i < 6; i++)
        {
            Assert.True(await gateway.ReloadAsync(File(i % 2 == 0 ? "[BR, UY]" : "[BR]")));

            // Each of the two is in force until a request has gone by it: either of both deployments may be drawn.
            var upstream = upstreams[i % 2 == 0 ? 1 : 0];
            for (var before = upstream.Requests.Count; upstream.Requests.Count == before;)
            {
                using var response = await gateway.PostAsync(TestGateway.Prompt("m"));
            }
        }

        await ended.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Empty(upstreams[2].Requests);
        foreach (var upstream in upstreams)
        {
            await upstream.DisposeAsync();
        }
    }

    private static World Next(ref int seed)
    {
        while (true)
        {
            var world = World.Draw(++seed, Deployments, withLocal: false);
            if (!world.IsRefused() && !world.LiftsABase())
            {
                return world;
            }
        }
    }

    private static string Yaml(World world, List<FakeUpstream> upstreams) =>
        "limits: { body_bytes: 1000000 }\n" + world.ToYaml(d => upstreams[d].BaseUrl, t => $"{{ name: k, sha256: {KeyHash.Of(KeyOf(t))} }}");

    private static string KeyOf(int tenant) => $"gw_tenant-{tenant}-5c1f0a9d7e3b";

    private static string Text(UpstreamRequest request) => request.Text + string.Join('\n', request.Head.Headers);

    private static async Task<int> SendAsync(TestGateway gateway, int tenant, int model, int dataClass, string marker)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TestGateway.ChatPath)
        {
            Content = new StringContent($$"""{"model":"m{{model}}","messages":[{"role":"user","content":"{{marker}}"}]}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", KeyOf(tenant));
        request.Headers.Add("x-data-class", World.Classes[dataClass]);
        using var response = await gateway.Client.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        return (int)response.StatusCode;
    }

    // Most answer; others fail in ways that make the gateway try elsewhere, or not.
    private static Task Play(UpstreamConnection connection, Random random)
    {
        int drawn;
        lock (random)
        {
            drawn = random.Next(8);
        }

        switch (drawn)
        {
            case 0:
                connection.Close();
                return Task.CompletedTask;
            case 1:
                connection.Reset();
                return Task.CompletedTask;
            case 2:
                return connection.SendAsync(Answers.Json("{}", 503));
            case 3:
                return connection.SendAsync(Answers.Whole("", 302, "Location: http://127.0.0.1:1/v1\r\n"));
            case 4:
                return connection.SendAsync(Answers.Json("""{"error":{"message":"no"}}""", 400));
            default:
                return connection.SendAsync(Answers.Ok);
        }
    }
}
