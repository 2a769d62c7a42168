using Gateway.Exchanges;

namespace Gateway.Residency;

/// <summary>Tokens that another process, or this one before it was started anew, used in a month by deployment; null when that cannot be told now.</summary>
internal delegate Task<IReadOnlyDictionary<string, long>?> CapHistory(string tenant, DateTimeOffset month, CancellationToken cancellationToken);

/// <summary>
/// Keeps caps: what a request can come to is reserved before it leaves. With F tokens of a month at the capped deployments, R reserved there, T tokens in all and r for
/// this request, it may go there when F + R + r is at most the cap's percent of T + R + r. What is not used of a reservation lowers both sides by the same,
/// so the cap holds at any time, in whatever order requests end, as long as none uses more than was reserved for it.
/// </summary>
internal sealed class CapKeeper(CapHistory history, TimeProvider time) : IDisposable
{
    // What other nodes used is seen this late.
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(30);

    // Where the store does not answer not every request waits for that.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _loading = new(1);
    private readonly Dictionary<string, TenantMonth> _tenants = new(StringComparer.Ordinal);

    /// <summary>Sees to it that the use of the month is known.</summary>
    public async ValueTask LoadAsync(string tenant, CancellationToken cancellationToken)
    {
        if (IsFresh(tenant))
        {
            return;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (!IsFresh(tenant))
            {
                var now = time.GetUtcNow();
                var others = await history(tenant, MonthOf(now), cancellationToken);
                lock (_lock)
                {
                    var month = MonthAt(tenant, now);
                    (month.Others, month.AskAgainAt) = (others ?? month.Others, now + (others is null ? Retry : Refresh));
                }
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Reserves for a request what it can come to. Those of its deployments whose cap has no room are left out, and so are capped ones while the use is not known.</summary>
    /// <param name="tenant">Whose request it is.</param>
    /// <param name="caps">The tenant's caps.</param>
    /// <param name="deployments">Where it may go.</param>
    /// <param name="tokens">What it can come to.</param>
    /// <returns>Where it may go now, and what was reserved for that.</returns>
    public (IReadOnlyList<string> Left, CapReservation Reservation) Reserve(string tenant, IReadOnlyList<CapModel> caps, IReadOnlyList<string> deployments, long tokens)
    {
        lock (_lock)
        {
            var month = MonthAt(tenant, time.GetUtcNow());
            var left = deployments.ToList();
            foreach (var cap in caps)
            {
                if (left.Exists(cap.Deployments.Contains) && !HasRoom(month, cap, tokens))
                {
                    left.RemoveAll(cap.Deployments.Contains);
                }
            }

            var reservation = new CapReservation([.. caps.Where(c => left.Exists(c.Deployments.Contains)).Select(c => c.Name)], tokens);
            foreach (var name in reservation.Caps)
            {
                month.Reserved[name] = month.Reserved.GetValueOrDefault(name) + tokens;
            }

            return (left, reservation);
        }
    }

    /// <summary>Counts what an exchange used, and takes back what was reserved for it. Once for each exchange.</summary>
    public void Settle(Exchange exchange)
    {
        if (exchange.CapReservation is null && (exchange.Usage is null || exchange.Deployment is null))
        {
            return;
        }

        var used = exchange is { Usage: { } usage, Deployment: not null } ? (long)usage.InputTokens + usage.OutputTokens : 0;
        Settle(exchange.Caller.Tenant.Name, exchange.CapReservation, exchange.Deployment?.Name, used, RequestIds.TryGetTime(exchange.Id, out var openedAt) ? openedAt : time.GetUtcNow());
    }

    public void Settle(string tenant, CapReservation? reservation, string? deployment, long used, DateTimeOffset openedAt)
    {
        lock (_lock)
        {
            var month = MonthAt(tenant, time.GetUtcNow());
            foreach (var name in reservation?.Caps ?? [])
            {
                month.Reserved[name] -= reservation!.Tokens;
            }

            // What began in the month before is that month's, as it is in the ledger.
            if (deployment is not null && MonthOf(openedAt) == month.Begin)
            {
                month.Used[deployment] = month.Used.GetValueOrDefault(deployment) + used;
            }
        }
    }

    public void Dispose() => _loading.Dispose();

    private static bool HasRoom(TenantMonth month, CapModel cap, long tokens)
    {
        if (month.Others is null)
        {
            return cap.Percent == 100;
        }

        var (there, total) = (0L, 0L);
        foreach (var (deployment, used) in month.Used.Concat(month.Others))
        {
            total += used;
            there += cap.Deployments.Contains(deployment) ? used : 0;
        }

        var reserved = month.Reserved.GetValueOrDefault(cap.Name) + tokens;
        return (Int128)100 * (there + reserved) <= (Int128)cap.Percent * (total + reserved);
    }

    private bool IsFresh(string tenant)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            return now < MonthAt(tenant, now).AskAgainAt;
        }
    }

    private TenantMonth MonthAt(string tenant, DateTimeOffset now)
    {
        if (!_tenants.TryGetValue(tenant, out var month))
        {
            _tenants.Add(tenant, month = new TenantMonth { Begin = MonthOf(now) });
        }

        if (month.Begin < MonthOf(now))
        {
            // What is under way stays reserved.
            (month.Begin, month.Others, month.AskAgainAt) = (MonthOf(now), null, default);
            month.Used.Clear();
        }

        return month;
    }

    private static DateTimeOffset MonthOf(DateTimeOffset time) => new(time.UtcDateTime.Year, time.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    private sealed class TenantMonth
    {
        public DateTimeOffset Begin { get; set; }

        /// <summary>Tokens that this process counted, by deployment.</summary>
        public Dictionary<string, long> Used { get; } = new(StringComparer.Ordinal);

        /// <summary>Tokens under way, by cap.</summary>
        public Dictionary<string, long> Reserved { get; } = new(StringComparer.Ordinal);

        /// <summary>What others counted; null before that is known.</summary>
        public IReadOnlyDictionary<string, long>? Others { get; set; }

        public DateTimeOffset AskAgainAt { get; set; }
    }
}
