using System.Net;
using System.Text;
using Gateway.Tenants;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary>What a plan says of a tenant's weight and priority decides whose answers come first, and a full queue is its tenant's alone.</summary>
public sealed class TenantShareTests
{
    private const string Holder = "gw_holder-7a10";

    // One token of the model, over and over: every answer has the length that it may have, whatever the weights say.
    private const string Endless = ""","temperature":0,"logit_bias":{"300":100}""";

    [Fact]
    public async Task A_higher_priority_is_answered_first_however_late_it_came()
    {
        await using var gateway = await TestGateway.StartAsync(File("priority: 0", "priority: 1"));
        using var queue = new Queue(gateway);
        await queue.HoldAsync();
        await queue.AddAsync("low", TestKeys.Acme, 3);
        await queue.AddAsync("high", TestKeys.Other, 3);

        Assert.Equal(["high", "high", "high", "low", "low", "low"], await queue.ServeAsync());
    }

    [Fact]
    public async Task A_weight_of_three_gets_three_of_four_answers()
    {
        await using var gateway = await TestGateway.StartAsync(File("weight: 1", "weight: 3"));
        using var queue = new Queue(gateway);
        await queue.HoldAsync();
        await queue.AddAsync("light", TestKeys.Acme, 4);
        await queue.AddAsync("heavy", TestKeys.Other, 8);

        // Of the first eight six are its own, give or take the one that is first at the beginning.
        Assert.InRange((await queue.ServeAsync()).Take(8).Count(n => n == "heavy"), 5, 7);
    }

    [Fact]
    public async Task A_full_queue_turns_away_its_own_tenant_alone_and_says_when_to_come_again()
    {
        await using var gateway = await TestGateway.StartAsync(File("weight: 1", "weight: 1", "queue: 1"));
        using var queue = new Queue(gateway);
        await queue.HoldAsync();
        await queue.AddAsync("waits", TestKeys.Acme, 2);

        using var refused = await gateway.PostAsync(Queue.Body(5), "/v1/completions", TestKeys.Acme);
        await queue.AddAsync("other's", TestKeys.Other, 1);

        Assert.Equal("engine_overloaded", (await OpenAIError.ReadAsync(refused, 429)).Code);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal(3, (await queue.ServeAsync()).Count);
    }

    private static GatewayFile File(string acme, string other, string deployment = "queue: 16") => new GatewayFile()
        .Model("smol", "smol")
        .Local("smol", Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), "context_length: 2048, parallel: 1, prefix_cache: false, " + deployment)
        .TenantOf(Tenant("acme", TestKeys.Acme))
        .TenantOf(Tenant("other", TestKeys.Other))
        .TenantOf(Tenant("holder", Holder))
        .More($"plans: [{{ name: acme, {acme} }}, {{ name: other, {other} }}, {{ name: holder, priority: 5 }}]");

    private static string Tenant(string name, string key) => $"name: {name}, plan: {name}, models: [smol], keys: [{{ name: first, sha256: {KeyHash.Of(key)} }}]";

    /// <summary>Requests that wait for the one place that there is.</summary>
    private sealed class Queue(TestGateway gateway) : IDisposable
    {
        private readonly List<Task> _answers = [];
        private readonly List<string> _order = [];
        private readonly CancellationTokenSource _hold = new();

        // Those at the end of the queue wait for all before them.
        private readonly HttpClient _client = new() { BaseAddress = gateway.Api, Timeout = TimeSpan.FromMinutes(5) };
        private int _waiting;

        public static string Body(int tokens, string more = "") => $$"""{"model":"smol","prompt":"{{TestGateway.Canary}}","max_tokens":{{tokens}}{{Endless}}{{more}}}""";

        /// <summary>Takes the place with a stream.</summary>
        public async Task HoldAsync()
        {
            using var request = Request(Body(2000, ""","stream":true"""), Holder);
            var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _hold.Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            _hold.Token.Register(response.Dispose);
        }

        /// <summary>Adds requests, and waits until they wait.</summary>
        public async Task AddAsync(string name, string key, int count)
        {
            for (var i = 0; i < count; i++)
            {
                _answers.Add(AskAsync(name, key));
                _waiting++;
            }

            await Eventually.TrueAsync(
                async () => (await gateway.MetricsAsync()).Contains($"gateway_engine_requests_waiting{{gateway_deployment=\"smol\"}} {_waiting}", StringComparison.Ordinal),
                $"{_waiting} requests wait");
        }

        /// <summary>Gives the place up, and tells in which order they were answered.</summary>
        public async Task<IReadOnlyList<string>> ServeAsync()
        {
            await _hold.CancelAsync();
            await Task.WhenAll(_answers);
            return _order;
        }

        public void Dispose()
        {
            _hold.Dispose();
            _client.Dispose();
        }

        private async Task AskAsync(string name, string key)
        {
            // So long that the end of one answer is not mistaken for that of the next.
            using var request = Request(Body(8), key);
            using var response = await _client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            lock (_order)
            {
                _order.Add(name);
            }
        }

        private static HttpRequestMessage Request(string body, string key) => new(HttpMethod.Post, "/v1/completions")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { Authorization = new("Bearer", key) },
        };
    }
}
