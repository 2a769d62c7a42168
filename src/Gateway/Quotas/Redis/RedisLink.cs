using System.Diagnostics;
using StackExchange.Redis;

namespace Gateway.Quotas.Redis;

/// <summary>
/// The connection: made in the background, made again by itself, and no operation lasts longer than its time-out. Only what StackExchange.Redis 1.2 and later ones
/// share is used.
/// </summary>
internal sealed class RedisLink(RedisOptions options, RedisMetrics metrics) : IAsyncDisposable
{
    // A node that joins again reads all that it told: some hundred thousand numbers where there are ten thousand tenants.
    private const int LongFactor = 20;

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private ConnectionMultiplexer? _connection;

    /// <summary>Reads a connection string; what it leaves open is set so that a Redis that is gone is noticed soon.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static ConfigurationOptions Parse(string connection)
    {
        var settings = ConfigurationOptions.Parse(connection);
        settings.AbortOnConnectFail = false;
        settings.ClientName ??= "gateway";
        if (!connection.Contains("connectTimeout", StringComparison.OrdinalIgnoreCase))
        {
            settings.ConnectTimeout = 1000;
        }

        settings.ReconnectRetryPolicy = new LinearRetry(250);
        return settings;
    }

    /// <summary>The connection; it may be down.</summary>
    public async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { } connection)
        {
            return connection;
        }

        await _connecting.WaitAsync(cancellationToken);
        try
        {
            return _connection ??= await ConnectionMultiplexer.ConnectAsync(Parse(options.Connection)).WaitAsync(ConnectPatience, cancellationToken);
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>Runs a script.</summary>
    /// <exception cref="Exception">One that <see cref="RedisFault.From"/> knows.</exception>
    public Task<RedisResult[]> RunAsync(RedisScript script, RedisKey[] keys, List<RedisValue> arguments, CancellationToken cancellationToken) =>
        RunAsync(script, keys, arguments, options.OperationTimeout, cancellationToken);

    /// <summary>Runs a script for which no request waits, and which may take longer.</summary>
    /// <exception cref="Exception">One that <see cref="RedisFault.From"/> knows.</exception>
    public Task<RedisResult[]> RunLongAsync(RedisScript script, RedisKey[] keys, List<RedisValue> arguments, CancellationToken cancellationToken) =>
        RunAsync(script, keys, arguments, options.OperationTimeout * LongFactor, cancellationToken);

    private async Task<RedisResult[]> RunAsync(RedisScript script, RedisKey[] keys, List<RedisValue> arguments, TimeSpan patience, CancellationToken cancellationToken)
    {
        var database = (await ConnectAsync(cancellationToken)).GetDatabase();
        var startedAt = Stopwatch.GetTimestamp();
        string? error = null;
        try
        {
            try
            {
                return await EvaluateAsync(database, "EVALSHA", script.Hash, keys, arguments, patience, cancellationToken);
            }
            catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                // It was started anew, or somebody flushed its scripts. Nothing was done.
                return await EvaluateAsync(database, "EVAL", script.Text, keys, arguments, patience, cancellationToken);
            }
        }
        catch (Exception e)
        {
            error = RedisFault.From(e)?.Code ?? "fault";
            throw;
        }
        finally
        {
            metrics.RoundTrip(Stopwatch.GetElapsedTime(startedAt), error);
        }
    }

    /// <summary>All fields of a hash.</summary>
    /// <exception cref="Exception">One that <see cref="RedisFault.From"/> knows.</exception>
    public async Task<HashEntry[]> ReadAsync(RedisKey key, CancellationToken cancellationToken) =>
        await (await ConnectAsync(cancellationToken)).GetDatabase().HashGetAllAsync(key).WaitAsync(options.OperationTimeout, cancellationToken);

    /// <summary>Takes a field out of a hash.</summary>
    /// <exception cref="Exception">One that <see cref="RedisFault.From"/> knows.</exception>
    public async Task LeaveAsync(RedisKey key, string field) =>
        await (await ConnectAsync(CancellationToken.None)).GetDatabase().HashDeleteAsync(key, field).WaitAsync(options.OperationTimeout);

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            await Task.Run(connection.Dispose);
        }

        _connecting.Dispose();
    }

    private static async Task<RedisResult[]> EvaluateAsync(
        IDatabase database, string command, string script, RedisKey[] keys, List<RedisValue> arguments, TimeSpan patience, CancellationToken cancellationToken)
    {
        // As objects, for that is what every version of the client takes; keys as keys, so that a cluster's node is found by them.
        var line = new object[2 + keys.Length + arguments.Count];
        line[0] = script;
        line[1] = keys.Length;
        for (var i = 0; i < keys.Length; i++)
        {
            line[2 + i] = keys[i];
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            line[2 + keys.Length + i] = arguments[i];
        }

        var result = await database.ExecuteAsync(command, line).WaitAsync(patience, cancellationToken);

        // The client goes on with its caller on the thread that reads its socket, which nobody may keep.
        await Task.Yield();
        return (RedisResult[]?)result ?? throw new FormatException("an array was expected");
    }
}
