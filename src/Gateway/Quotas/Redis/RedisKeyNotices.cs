using Gateway.Tenants.Keys;

namespace Gateway.Quotas.Redis;

/// <summary>
/// Nodes tell each other through Redis that keys changed, so that a key that was revoked ends at once everywhere, whatever the store is. A notice says nothing but that;
/// what is lost is found by the looks of <see cref="KeyRefresh"/>.
/// </summary>
internal sealed class RedisKeyNotices(RedisOptions options, RedisLink link, KeyStore keys, KeyRefresh refresh) : BackgroundService
{
    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        keys.Changed += Publish;
        while (true)
        {
            try
            {
                // From then on the client subscribes anew by itself whenever it has a connection again.
                var connection = await link.ConnectAsync(stoppingToken);
                await connection.GetSubscriber().SubscribeAsync(options.KeyChannel, (_, _) => refresh.Wake());
                connection.ConnectionRestored += (_, _) => refresh.Wake();
                refresh.Wake();
                return;
            }
            catch (Exception e) when (RedisFault.From(e) is not null && !stoppingToken.IsCancellationRequested)
            {
                await Task.Delay(BackOff, stoppingToken);
            }
        }
    }

    private void Publish(object? sender, EventArgs e) => _ = PublishAsync();

    private async Task PublishAsync()
    {
        try
        {
            await (await link.ConnectAsync(CancellationToken.None)).GetSubscriber().PublishAsync(options.KeyChannel, "");
        }
        catch (Exception e) when (RedisFault.From(e) is not null)
        {
            // The looks find it.
        }
    }
}
