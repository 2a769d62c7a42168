namespace Gateway.Tenants.Jwt;

/// <summary>
/// Holds an issuer's keys: fetched at the first token, renewed in the background while the ones at hand go on, and looked for again when a token names one
/// that is not among them. Attempts are spaced, so that invented key ids cannot be used to flood the issuer.
/// </summary>
/// <remarks>
/// Microsoft.IdentityModel's ConfigurationManager does not do it: it goes by the machine's clock, spaces attempts by one
/// fixed interval whether they work or fail, tells failures as exceptions, and fetches keys from wherever discovery sends it.
/// </remarks>
internal sealed partial class SigningKeys(string name, JwksSource source, TimeProvider time, ILogger<SigningKeys> logger)
{
    /// <summary>Age at which keys are renewed: a key that the issuer withdrew is good for no longer, while the issuer answers.</summary>
    public static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(10);

    /// <summary>Least time between two fetches that worked.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = logger;
    private readonly Lock _lock = new();
    private volatile Known? _current;
    private Task _refresh = Task.CompletedTask;

    // By the time that has passed, not by the clock: that may be set back.
    private long _attemptedAt;
    private TimeSpan _pause = TimeSpan.Zero;
    private TimeSpan _backOff = FirstBackOff;

    /// <summary>The keys, which need not have the one of <paramref name="keyId"/>; null when the issuer could not be asked yet.</summary>
    public async ValueTask<SigningKeySet?> GetAsync(string? keyId, CancellationToken cancellationToken)
    {
        var current = _current;
        if (current is not null && current.Keys.Of(keyId).Count > 0)
        {
            if (time.GetElapsedTime(current.ReadAt) >= source.RefreshInterval)
            {
                _ = RefreshIfDueAsync();
            }

            return current.Keys;
        }

        // A client that goes away does not end what others wait for.
        await RefreshIfDueAsync().WaitAsync(cancellationToken);
        return _current?.Keys;
    }

    // The refresh under way, a new one, or none while it is too soon.
    private Task RefreshIfDueAsync()
    {
        lock (_lock)
        {
            if (_refresh.IsCompleted && time.GetElapsedTime(_attemptedAt) >= _pause)
            {
                _refresh = RefreshAsync();
            }

            return _refresh;
        }
    }

    private async Task RefreshAsync()
    {
        // Not under the caller's lock.
        await Task.Yield();
        var (keys, problem) = await source.ReadAsync();
        lock (_lock)
        {
            _attemptedAt = time.GetTimestamp();
            if (keys is not null)
            {
                (_current, _backOff, _pause) = (new Known(keys, _attemptedAt), FirstBackOff, LeastInterval);
            }
            else
            {
                _pause = _backOff;
                _backOff = _backOff * 2 < LongestBackOff ? _backOff * 2 : LongestBackOff;
            }
        }

        if (keys is not null)
        {
            LogRefreshed(name, keys.Count, source.Location);
        }
        else
        {
            LogFailed(name, source.Location, problem!, _current is null ? "its tokens get a 503" : "those at hand go on");
        }
    }

    private sealed record Known(SigningKeySet Keys, long ReadAt);

    [LoggerMessage(EventId = 10000, Level = LogLevel.Information, Message = "Issuer {Issuer}: {Count} keys read from {Location}")]
    private partial void LogRefreshed(string issuer, int count, string location);

    [LoggerMessage(EventId = 10001, Level = LogLevel.Warning, Message = "Issuer {Issuer}: no keys from {Location}: {Problem}; {Consequence}")]
    private partial void LogFailed(string issuer, string location, string problem, string consequence);
}
