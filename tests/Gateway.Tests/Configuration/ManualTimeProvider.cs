using System.Threading.Channels;

namespace Gateway.Tests.Configuration;

/// <summary>Time that passes when the test says so. <see cref="TimerAsync"/> waits until somebody waits for time.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private readonly Channel<bool> _created = Channel.CreateUnbounded<bool>();
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state), period);
        timer.Change(dueTime, period);
        _created.Writer.TryWrite(true);
        return timer;
    }

    /// <summary>Ends a test that waits for what will never come; nothing that works takes as long.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    /// <summary>Completes when the next timer has been made; each is counted once.</summary>
    public Task TimerAsync() => _created.Reader.ReadAsync().AsTask().WaitAsync(Guard);

    public void Advance(TimeSpan time)
    {
        Timer[] due;
        lock (_lock)
        {
            _now += time;
            due = [.. _timers.Where(t => t.Due <= _now)];
            foreach (var timer in due)
            {
                timer.Next();
            }
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    private sealed class Timer(ManualTimeProvider time, Action callback, TimeSpan period) : ITimer
    {
        public DateTimeOffset Due { get; private set; } = DateTimeOffset.MaxValue;

        public void Fire() => callback();

        public void Next() => Due = period > TimeSpan.Zero ? Due + period : DateTimeOffset.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            lock (time._lock)
            {
                Due = dueTime < TimeSpan.Zero ? DateTimeOffset.MaxValue : time._now + dueTime;
                time._timers.Add(this);
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
