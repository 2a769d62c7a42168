using Gateway.Quotas;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Quotas;

/// <summary>Requests that wait for their turn.</summary>
public sealed class QuotaQueueTests : IAsyncDisposable
{
    private static readonly LimitModel Slots = new(
        new LimitKey(QuotaOwner.Model, "m", "", QuotaMeasure.Concurrent, QuotaWindow.None), 1, TimeZoneInfo.Utc, "model `m`", SharesWithoutStore: false);

    private static readonly LimitModel PerSecond = new(
        new LimitKey(QuotaOwner.Model, "m", "", QuotaMeasure.Requests, QuotaWindow.Second), 1, TimeZoneInfo.Utc, "model `m`", SharesWithoutStore: false);

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryQuotaStore _store;
    private readonly QuotaQueue _queue;

    public QuotaQueueTests()
    {
        _store = new MemoryQuotaStore(_time);
        _queue = new QuotaQueue(_store, _time);
    }

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    [Fact]
    public async Task Of_several_tenants_each_has_its_turn_as_often_as_its_weight_says_and_its_own_requests_in_order()
    {
        var running = await TakeAsync(Slots);
        var order = new List<string>();
        var waiting = new List<Task>();
        foreach (var (tenant, weight) in new[] { ("a", 2), ("a", 2), ("a", 2), ("a", 2), ("a", 2), ("a", 2), ("b", 1), ("b", 1), ("b", 1) })
        {
            waiting.Add(RunAsync(tenant, weight, $"{tenant}{waiting.Count}"));
        }

        await Eventually.TrueAsync(() => _queue.Count == 9, "all wait");
        _store.Settle(running);
        await Task.WhenAll(waiting).WaitAsync(ManualTimeProvider.Guard);

        // Two of a, whose weight is 2, for each of b.
        Assert.Equal(["a0", "a1", "a2", "a3", "a4", "a5"], order.Where(o => o[0] == 'a'));
        Assert.Equal(["b6", "b7", "b8"], order.Where(o => o[0] == 'b'));
        Assert.Equal(2, order.Take(3).Count(o => o[0] == 'a'));
        Assert.Equal(4, order.Take(6).Count(o => o[0] == 'a'));
        Assert.Equal(0, _queue.Count);

        async Task RunAsync(string tenant, int weight, string name)
        {
            var lease = LeaseOf(Slots);
            var answer = await _queue.WaitAsync(lease, new QuotaAnswer(QuotaVerdict.Refused), tenant, new WaitModel(TimeSpan.FromMinutes(1), weight), default);
            Assert.True(answer.IsAdmitted);
            lock (order)
            {
                order.Add(name);
            }

            _store.Settle(lease);
        }
    }

    [Fact]
    public async Task A_client_that_leaves_gives_up_its_place()
    {
        var running = await TakeAsync(Slots);
        using var leaving = new CancellationTokenSource();
        var first = WaitAsync(Slots, TimeSpan.FromMinutes(1), cancellationToken: leaving.Token);
        var second = WaitAsync(Slots, TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => _queue.Count == 2, "both wait");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Eventually.TrueAsync(() => _queue.Count == 1, "its place is given up");
        _store.Settle(running);
        Assert.True((await second.WaitAsync(ManualTimeProvider.Guard)).IsAdmitted);
    }

    [Fact]
    public async Task Who_waits_for_a_window_gets_in_when_it_has_moved_on_and_not_before()
    {
        await TakeAsync(PerSecond);
        var refused = await _store.ReserveAsync(LeaseOf(PerSecond), default);
        var waiting = WaitAsync(PerSecond, TimeSpan.FromSeconds(5), answer: refused);
        await Eventually.TrueAsync(() => _queue.Count == 1, "it waits");
        _time.Advance(refused.RetryAfter!.Value - TimeSpan.FromMilliseconds(1));
        Assert.False(waiting.IsCompleted);
        await AdvanceUntilAsync(waiting, TimeSpan.FromMilliseconds(1));
        Assert.True((await waiting).IsAdmitted);
    }

    [Fact]
    public async Task Who_has_waited_as_long_as_allowed_is_refused_and_who_would_have_to_wait_longer_at_once()
    {
        await TakeAsync(Slots);
        await TakeAsync(PerSecond);
        var waiting = WaitAsync(Slots, TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => _queue.Count == 1, "it waits");
        await AdvanceUntilAsync(waiting, TimeSpan.FromSeconds(1));
        Assert.Equal(QuotaVerdict.Refused, (await waiting).Verdict);

        await TakeAsync(PerSecond);
        var refused = await _store.ReserveAsync(LeaseOf(PerSecond), default);
        var inVain = WaitAsync(PerSecond, TimeSpan.FromMilliseconds(100), answer: refused);
        Assert.True(inVain.IsCompleted);
        Assert.Equal(refused, await inVain);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task A_request_that_waits_goes_before_one_that_comes_later()
    {
        await using var upstream = FakeUpstream.Start();
        var answers = new SemaphoreSlim(0);
        upstream.Script = async c =>
        {
            await answers.WaitAsync();
            await c.SendAsync(Answers.Ok);
        };
        var file = new GatewayFile().Model("m", "d").Deployment("d", upstream.BaseUrl).LimitedTenant("acme", TestKeys.Acme, "plan: p", "m")
            .More("plans: [{ name: p, limits: { concurrent: 1 }, wait: { max: 60s } }]");
        await using var gateway = await TestGateway.StartAsync(file);
        var sent = new List<Task<HttpResponseMessage>>();
        for (var i = 0; i < 4; i++)
        {
            sent.Add(gateway.PostAsync(TestGateway.Prompt("m", $",\"user\":\"u{i}\"")));
            var waiting = i;
            await Eventually.TrueAsync(
                async () => upstream.Requests.Count == 1 && (await gateway.MetricsAsync()).Contains($"gateway_quota_waiting {waiting}\n", StringComparison.Ordinal), $"{waiting} wait");
        }

        answers.Release(4);
        foreach (var response in await Task.WhenAll(sent))
        {
            Assert.Equal(200, (int)response.StatusCode);
        }

        Assert.Equal(["u0", "u1", "u2", "u3"], upstream.Requests.Select(r => r.Text[^4..^2]));
    }

    private static Lease LeaseOf(LimitModel limit) => new(Guid.NewGuid().ToString("N"), [new Charge { Limit = limit, Reserved = 1 }], TimeSpan.FromMinutes(1));

    private async Task<Lease> TakeAsync(LimitModel limit)
    {
        var lease = LeaseOf(limit);
        Assert.True((await _store.ReserveAsync(lease, default)).IsAdmitted);
        return lease;
    }

    private Task<QuotaAnswer> WaitAsync(LimitModel limit, TimeSpan longest, QuotaAnswer? answer = null, CancellationToken cancellationToken = default) =>
        _queue.WaitAsync(LeaseOf(limit), answer ?? new QuotaAnswer(QuotaVerdict.Refused), "acme", new WaitModel(longest, 1), cancellationToken).AsTask();

    // The loop sets its timer a moment after it was woken.
    private Task AdvanceUntilAsync(Task waiting, TimeSpan step) => Eventually.TrueAsync(
        () =>
        {
            _time.Advance(step);
            return waiting.IsCompleted;
        },
        "the wait ends");
}
