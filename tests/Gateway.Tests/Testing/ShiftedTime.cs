using System.Diagnostics;

namespace Gateway.Tests.Testing;

/// <summary>The system's clock, with what a test adds to it; timers go on as they do.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;
    private long _passed;

    /// <summary>How far ahead the clock was set, without any time having passed.</summary>
    public TimeSpan Shift
    {
        get => new(Interlocked.Read(ref _shift));
        set => Interlocked.Exchange(ref _shift, value.Ticks);
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Lets time pass.</summary>
    public void Pass(TimeSpan time) => Interlocked.Add(ref _passed, time.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _shift) + Interlocked.Read(ref _passed));

    public override long GetTimestamp() => Stopwatch.GetElapsedTime(0).Ticks + Interlocked.Read(ref _passed);
}
