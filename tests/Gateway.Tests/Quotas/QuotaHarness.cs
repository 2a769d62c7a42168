using Gateway.Quotas;

namespace Gateway.Tests.Quotas;

/// <summary>A store of counters under test, with what a test does to it from outside.</summary>
internal abstract class QuotaHarness : IAsyncDisposable
{
    /// <summary>The store.</summary>
    public abstract QuotaStore Store { get; }

    /// <summary>The time by a clock that never goes back.</summary>
    public abstract TimeSpan Elapsed { get; }

    /// <summary>The time by the clock that people see.</summary>
    public abstract DateTimeOffset Wall { get; }

    /// <summary>Lets so much time pass.</summary>
    public abstract Task PassAsync(TimeSpan time);

    /// <summary>Puts the clock that people see forward, or back. Not of a store whose clock is another machine's.</summary>
    public virtual Task StepClockAsync(TimeSpan step) => Task.CompletedTask;

    public abstract ValueTask DisposeAsync();
}

/// <summary>Counters in this process, by clocks that the test sets.</summary>
internal sealed class MemoryHarness : QuotaHarness
{
    private readonly TwoClocks _clocks;
    private readonly MemoryQuotaStore _store;

    public MemoryHarness(DateTimeOffset? start = null)
    {
        _clocks = new TwoClocks(start ?? new DateTimeOffset(2026, 10, 30, 22, 59, 30, TimeSpan.Zero));
        _store = new MemoryQuotaStore(_clocks);
    }

    public override QuotaStore Store => _store;

    public override TimeSpan Elapsed => _clocks.Elapsed;

    public override DateTimeOffset Wall => _clocks.GetUtcNow();

    public override Task PassAsync(TimeSpan time)
    {
        _clocks.Elapsed += time;
        return Task.CompletedTask;
    }

    public override Task StepClockAsync(TimeSpan step)
    {
        _clocks.Step += step;
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class TwoClocks(DateTimeOffset start) : TimeProvider
    {
        public TimeSpan Elapsed { get; set; }

        public TimeSpan Step { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => start.Ticks + Elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => start + Elapsed + Step;
    }
}
