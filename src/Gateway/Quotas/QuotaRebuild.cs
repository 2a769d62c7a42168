using System.Collections.Concurrent;
using Gateway.Stores;

namespace Gateway.Quotas;

/// <summary>
/// Tells the store of counters what the ledger knows, for each limit when it is first met: so counters go on after a restart, or with a limit that is new, as if they had
/// always counted.
/// </summary>
/// <remarks>
/// While the ledger cannot be read, limits of rates begin at nothing and are told later; what is paid for is not answered, for unknown means deny.
/// </remarks>
internal sealed partial class QuotaRebuild : IDisposable
{
    // A store that was just seen to be down is not asked by every request.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<LimitKey, Known> _known = new();
    private readonly SemaphoreSlim _readers = new(4);
    private readonly QuotaStore _store;
    private readonly QuotaLedger _ledger;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private long _failedAt = long.MinValue;
    private int _times = 1;

    public QuotaRebuild(QuotaStore store, QuotaLedger ledger, TimeProvider time, ILogger<QuotaRebuild> logger)
    {
        (_store, _ledger, _time, _logger) = (store, ledger, time, logger);
        store.Emptied += Forget;
    }

    /// <summary>Balances that are in use.</summary>
    public IEnumerable<LimitModel> Balances => _known.Values.Where(k => k.IsDone && k.Limit.Key.Measure == QuotaMeasure.Balance).Select(k => k.Limit);

    /// <summary>Sees to it that the limits of a request are known.</summary>
    /// <returns>Index of a charge that must not be reserved because its limit is not known; -1 when there is none.</returns>
    public ValueTask<int> EnsureAsync(string tenant, Charge[] charges, ExchangeRates rates, CancellationToken cancellationToken)
    {
        foreach (ref readonly var charge in charges.AsSpan())
        {
            if (charge.Limit.KnownIn != Volatile.Read(ref _times))
            {
                return EnsureAllAsync(tenant, charges, rates, cancellationToken);
            }
        }

        return new(-1);
    }

    /// <summary>Sees to it that a limit is known; false when the ledger cannot be read.</summary>
    public async ValueTask<bool> EnsureAsync(string tenant, LimitModel limit, ExchangeRates rates, CancellationToken cancellationToken)
    {
        var times = Volatile.Read(ref _times);
        if (limit.KnownIn == times || limit.Key.Measure == QuotaMeasure.Concurrent)
        {
            limit.KnownIn = times;
            return true;
        }

        var known = _known.GetOrAdd(limit.Key, static (_, it) => new Known(it.limit, it.Now), (limit, Now: _time.GetUtcNow()));
        if (!known.IsDone)
        {
            if (Volatile.Read(ref _failedAt) is var failedAt && failedAt != long.MinValue && _time.GetElapsedTime(failedAt) < Pause)
            {
                return false;
            }

            await _readers.WaitAsync(cancellationToken);
            try
            {
                // Another request may have done it meanwhile; if not, the store takes the first.
                if (!known.IsDone)
                {
                    await TellAsync(tenant, limit, rates, known.Since);
                    known.IsDone = true;
                }
            }
            catch (Exception e) when (StoreError.From(e) is { } error)
            {
                Volatile.Write(ref _failedAt, _time.GetTimestamp());
                LogUnknown(limit.OwnerInWords, error.Reason);
                return false;
            }
            finally
            {
                _readers.Release();
            }
        }

        limit.KnownIn = times;
        return true;
    }

    /// <summary>Tells the store of a balance what was paid in meanwhile.</summary>
    public async Task RefreshAsync(LimitModel balance, CancellationToken cancellationToken)
    {
        var (paid, spent, payments) = await _ledger.ReadBalanceAsync(balance.Key.Name, balance.Key.Currency, cancellationToken);
        await _store.SetBalanceAsync(balance, paid, spent, payments, cancellationToken);
    }

    public void Dispose()
    {
        _store.Emptied -= Forget;
        _readers.Dispose();
    }

    private void Forget(object? sender, EventArgs e)
    {
        _known.Clear();
        Interlocked.Increment(ref _times);
    }

    private async ValueTask<int> EnsureAllAsync(string tenant, Charge[] charges, ExchangeRates rates, CancellationToken cancellationToken)
    {
        var denied = -1;
        for (var i = 0; i < charges.Length; i++)
        {
            var limit = charges[i].Limit;
            if (!await EnsureAsync(tenant, limit, rates, cancellationToken) && !limit.IsRate)
            {
                denied = i;
            }
        }

        return denied;
    }

    // Not ended with the request that asked: others wait for it too.
    private async Task TellAsync(string tenant, LimitModel limit, ExchangeRates rates, DateTimeOffset since)
    {
        if (limit.Key.Measure == QuotaMeasure.Balance)
        {
            await RefreshAsync(limit, CancellationToken.None);
        }
        else
        {
            await _store.SeedAsync(limit, await _ledger.ReadAsync(limit, tenant, rates, since, CancellationToken.None), CancellationToken.None);
        }
    }

    [LoggerMessage(EventId = 14000, Level = LogLevel.Error, Message = "How far the limits of {Owner} are used cannot be read from the ledger: {Reason}. Those of money are denied, others begin at nothing until it can")]
    private partial void LogUnknown(string owner, string reason);

    private sealed class Known(LimitModel limit, DateTimeOffset since)
    {
        public LimitModel Limit { get; } = limit;

        // What came before is the ledger's to tell.
        public DateTimeOffset Since { get; } = since;

        public volatile bool IsDone;
    }
}
