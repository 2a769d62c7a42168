using System.Diagnostics;

namespace Gateway.Llama.Scheduling;

/// <summary>What was done for each tenant. Nothing of it is ever forgotten or moved, so that what only grows never shrinks.</summary>
internal sealed class TenantCounts
{
    // 4,096 of about 150 bytes: 0.6 MB. All further ones are one.
    internal const int Most = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, TenantCount> _counts = new(StringComparer.Ordinal);

    /// <summary>The counts of a tenant; of those without a name when there are too many.</summary>
    public TenantCount Of(string name)
    {
        lock (_lock)
        {
            if (_counts.TryGetValue(name, out var count))
            {
                return count;
            }

            count = _counts.Count < Most ? new TenantCount(name) : _counts.GetValueOrDefault("") ?? new TenantCount("");
            _counts[count.Name] = count;
            return count;
        }
    }

    /// <summary>Of all tenants that came so far.</summary>
    public IReadOnlyList<LlamaTenantStatistics> Read()
    {
        lock (_lock)
        {
            return [.. _counts.Values.Select(static c => c.Read())];
        }
    }

    /// <summary>Of one tenant, whether it came or not.</summary>
    public LlamaTenantStatistics Read(string name)
    {
        lock (_lock)
        {
            return _counts.GetValueOrDefault(name)?.Read() ?? new(name);
        }
    }
}

/// <summary>Counts of one tenant. Each is changed by one thread at a time, and read by any.</summary>
internal sealed class TenantCount(string name)
{
    private int _inFlight;
    private int _running;
    private long _promptTokens;
    private long _cachedTokens;
    private long _generatedTokens;
    private long _started;
    private long _delay;

    public string Name { get; } = name;

    /// <summary>Requests that have not ended. For the intake's lock.</summary>
    public void AddInFlight(int count) => Volatile.Write(ref _inFlight, _inFlight + count);

    // All others are the scheduler's thread's.
    public void AddRunning(int count) => Volatile.Write(ref _running, _running + count);

    public void AddPrompt(int tokens) => Volatile.Write(ref _promptTokens, _promptTokens + tokens);

    public void AddGenerated() => Volatile.Write(ref _generatedTokens, _generatedTokens + 1);

    /// <summary>A request has its first place.</summary>
    /// <param name="queuedAt">Timestamp of its coming.</param>
    /// <param name="cachedTokens">Of its prompt, what need not be decoded.</param>
    public void AddStart(long queuedAt, int cachedTokens)
    {
        Volatile.Write(ref _started, _started + 1);
        Volatile.Write(ref _delay, _delay + Stopwatch.GetElapsedTime(queuedAt).Ticks);
        Volatile.Write(ref _cachedTokens, _cachedTokens + cachedTokens);
    }

    public LlamaTenantStatistics Read()
    {
        var running = Volatile.Read(ref _running);
        return new(Name)
        {
            Waiting = Math.Max(0, Volatile.Read(ref _inFlight) - running),
            Running = running,
            PromptTokens = Volatile.Read(ref _promptTokens),
            CachedTokens = Volatile.Read(ref _cachedTokens),
            GeneratedTokens = Volatile.Read(ref _generatedTokens),
            Started = Volatile.Read(ref _started),
            StartDelay = TimeSpan.FromTicks(Volatile.Read(ref _delay)),
        };
    }
}
