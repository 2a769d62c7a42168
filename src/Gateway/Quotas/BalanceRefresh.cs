using Gateway.Stores;

namespace Gateway.Quotas;

/// <summary>Notices payments that another process has booked, such as the command line: by a look at each balance in use.</summary>
internal sealed class BalanceRefresh(QuotaRebuild rebuild, TimeProvider time) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Takes over what was paid in meanwhile; while the store is down, what is known stays.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var balance in rebuild.Balances)
            {
                await rebuild.RefreshAsync(balance, cancellationToken);
            }
        }
        catch (Exception e) when (StoreError.From(e) is not null)
        {
            // Keys and the ledger have said so already.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await RefreshAsync(stoppingToken);
        }
    }
}
