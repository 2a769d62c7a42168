using System.Threading.Channels;
using Gateway.Stores;
using Npgsql;

namespace Gateway.Tenants.Keys;

/// <summary>
/// Keeps <see cref="KeyDirectory"/> as the store has it: at once where PostgreSQL tells of a change, and by looking at a number that rises with each change
/// where it is silent, or the change was made by another process in a SQLite file. A look is one row.
/// </summary>
internal sealed partial class KeyRefresh(Store store, KeyStore keys, KeyDirectory directory, TimeProvider time, ILogger<KeyRefresh> logger) : BackgroundService
{
    // Half of the second within which a revocation reaches every node; a quarter of it for the file, which is near.
    public static readonly TimeSpan PostgreSqlInterval = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan SqliteInterval = TimeSpan.FromMilliseconds(250);

    // A start is worth this wait for the keys; what takes longer goes on beside the serving.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ListenBackOff = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private KeyStoreState _seen;
    private bool _isDown;
    private bool _isFirst = true;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // SQLite's driver blocks whoever calls it.
            await Task.Run(() => RefreshAsync(CancellationToken.None), CancellationToken.None).WaitAsync(StartPatience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogSlow(StartPatience.TotalSeconds);
        }

        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _one.Dispose();
        base.Dispose();
    }

    /// <summary>Whether the keys are being read for the first time.</summary>
    public bool IsFirst => Volatile.Read(ref _isFirst);

    /// <summary>Takes over what changed in the store. When it returns all changes before the call are in force here, unless the store is down.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var startedAt = time.GetTimestamp();
            var state = await keys.ReadStateAsync(cancellationToken);
            if (state.Born != _seen.Born || state.Latest < _seen.Latest)
            {
                // At first, or another database or a backup stands in the store's place.
                directory.Clear();
                _seen = state with { Latest = 0 };
            }

            if (state.Latest > _seen.Latest)
            {
                var count = 0;
                await foreach (var secret in keys.ReadChangesAsync(_seen.Latest, cancellationToken))
                {
                    directory.Put(secret);
                    count++;
                }

                LogChanged(count, directory.Count);
                _seen = state;
            }

            directory.MarkFresh(startedAt);
            if (_isDown)
            {
                _isDown = false;
                LogBack(store.Description);
            }
        }
        catch (Exception e) when (StoreError.From(e) is { } error)
        {
            directory.MarkStale();
            store.Note(error);
            if (!_isDown)
            {
                _isDown = true;
                LogDown(store.Description, error.Reason);
            }
        }
        finally
        {
            Volatile.Write(ref _isFirst, false);
            _one.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = store is PostgreSqlStore ? PostgreSqlInterval : SqliteInterval;
        await using var timer = time.CreateTimer(_ => Wake(), state: null, interval, interval);
        var listening = store is PostgreSqlStore postgreSql ? ListenAsync(postgreSql, stoppingToken) : Task.CompletedTask;
        await foreach (var _ in _wakes.Reader.ReadAllAsync(stoppingToken))
        {
            await RefreshAsync(stoppingToken);
        }

        await listening;
    }

    /// <summary>Has it look at once, for something has changed.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    private async Task ListenAsync(PostgreSqlStore postgreSql, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using var connection = await postgreSql.Source.OpenConnectionAsync(cancellationToken);
                connection.Notification += (_, _) => Wake();
                await using (var command = new NpgsqlCommand($"LISTEN {KeyStore.Channel}", connection))
                {
                    await command.ExecuteNonQueryAsync(cancellationToken);
                }

                // What changed while nobody listened.
                Wake();
                while (true)
                {
                    await connection.WaitAsync(cancellationToken);
                }
            }
            catch (Exception e) when (StoreError.From(e) is not null)
            {
                // The looks go on meanwhile, and say that the store is down if it is.
                await Task.Delay(ListenBackOff, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(EventId = 10010, Level = LogLevel.Error, Message = "The store ({Store}) is not available for keys: {Reason}. Keys that are known go on working, others get a 503")]
    private partial void LogDown(string store, string reason);

    [LoggerMessage(EventId = 10011, Level = LogLevel.Information, Message = "The store ({Store}) is available for keys again")]
    private partial void LogBack(string store);

    [LoggerMessage(EventId = 10012, Level = LogLevel.Warning, Message = "The keys were not read within {Seconds} s; until they are, those made at run time get a 503")]
    private partial void LogSlow(double seconds);

    [LoggerMessage(EventId = 10013, Level = LogLevel.Debug, Message = "{Count} secrets of keys read, {Total} known")]
    private partial void LogChanged(int count, int total);
}
