using Gateway.Quotas;
using Gateway.Quotas.Redis;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Quotas.Redis;

/// <summary>A node of a gateway, as far as quotas go.</summary>
internal sealed class RedisNode : IAsyncDisposable
{
    private RedisNode(RedisOptions options, TimeProvider time, ILogger<RedisQuotaStore>? logger)
    {
        Metrics = new RedisMetrics(null);
        Store = new RedisQuotaStore(options, new RedisLink(options, Metrics), Metrics, time, logger ?? NullLogger<RedisQuotaStore>.Instance);
    }

    public RedisQuotaStore Store { get; }

    public RedisMetrics Metrics { get; }

    public static async Task<RedisNode> StartAsync(RedisOptions options, TimeProvider? time = null, ILogger<RedisQuotaStore>? logger = null)
    {
        // Tests share two cores: a server that answers late is not lost.
        var node = new RedisNode(options with { OperationTimeout = TimeSpan.FromSeconds(2) }, time ?? TimeProvider.System, logger);
        await node.Store.StartAsync(CancellationToken.None);
        return node;
    }

    public static RedisOptions OptionsFor(RedisServer server) => new(server.ConnectionString, RedisServer.NewPrefix());

    public static LimitModel Limit(QuotaMeasure measure, QuotaWindow window, long amount, string tenant = "clinic", bool shares = true) => new(
        new LimitKey(QuotaOwner.Tenant, tenant, "", measure, window, measure is QuotaMeasure.Money or QuotaMeasure.Balance ? "BRL" : "", window >= QuotaWindow.Day ? "UTC" : ""),
        amount,
        TimeZoneInfo.Utc,
        $"tenant `{tenant}`",
        shares);

    public async Task<(Lease Lease, QuotaAnswer Answer)> ReserveAsync(params (LimitModel Limit, long Amount)[] charges)
    {
        var lease = new Lease(Guid.NewGuid().ToString("N"), [.. charges.Select(c => new Charge { Limit = c.Limit, Reserved = c.Amount })], TimeSpan.FromMinutes(1));
        return (lease, await Store.ReserveAsync(lease, CancellationToken.None));
    }

    /// <summary>Reserves, and settles at once to what is given.</summary>
    public async Task<QuotaAnswer> UseAsync(LimitModel limit, long reserved, long used)
    {
        var (lease, answer) = await ReserveAsync((limit, reserved));
        if (answer.IsAdmitted)
        {
            Settle(lease, used);
        }

        return answer;
    }

    public void Settle(Lease lease, long used)
    {
        for (var i = 0; i < lease.Charges.Length; i++)
        {
            lease.Charges[i].Used = used;
        }

        Store.Settle(lease);
    }

    public async Task<LimitStatus> ReadAsync(LimitModel limit) => (await Store.ReadAsync([limit], CancellationToken.None))[0];

    /// <summary>Waits until limits are counted in Redis again.</summary>
    public Task AvailableAsync() => FaultAsync(f => f is null);

    /// <summary>Waits until it is noticed what is wrong.</summary>
    public async Task<RedisFault?> FaultAsync(Func<RedisFault?, bool> isExpected)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isExpected(Store.Fault))
        {
            Assert.False(patience.IsCancellationRequested, $"Still {Store.Fault?.ToString() ?? "no fault"}.");
            await Task.Delay(10);
        }

        return Store.Fault;
    }

    public async ValueTask DisposeAsync() => await Store.DisposeAsync();
}
