using System.Threading.Channels;

namespace Gateway.Quotas;

/// <summary>
/// Lets requests over a limit wait for their turn. Those that wait for the same limit stand in one line, in the order of start-time fair queueing (Goyal, Vin and Cheng 1996): a
/// tenant's requests in the order in which they came, and of several tenants each as often as its weight says.
/// </summary>
/// <remarks>
/// One loop lets them in, the first of each line at a time, when something was freed or a bucket has left its window. Whoever comes anew to a limit that others wait for
/// stands behind them; only a tenant that does not wait tries its luck beside them.
/// </remarks>
internal sealed class QuotaQueue : IAsyncDisposable
{
    // Longer lines would only make those at their ends wait in vain.
    private const int LongestLine = 1_000;

    private readonly QuotaStore _store;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly Lock _lock = new();
    private readonly Dictionary<LimitKey, QuotaLine> _lines = [];
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ITimer _timer;
    private readonly Task _loop;

    public QuotaQueue(QuotaStore store, TimeProvider time)
    {
        (_store, _time, _startedAt) = (store, time, time.GetTimestamp());
        _timer = time.CreateTimer(_ => Wake(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        store.Freed += WakeIfAny;
        _loop = RunAsync();
    }

    /// <summary>Requests that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Waits until the lease is reserved, or its time is up, or it is plain that it will be.</summary>
    /// <param name="lease">What to reserve.</param>
    /// <param name="refusal">Why it did not fit.</param>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="wait">How the tenant waits.</param>
    /// <param name="cancellationToken">The client has left: its place is given up.</param>
    /// <returns>Admitted, or the last refusal.</returns>
    public async ValueTask<QuotaAnswer> WaitAsync(Lease lease, QuotaAnswer refusal, string tenant, WaitModel wait, CancellationToken cancellationToken)
    {
        if (refusal.RetryAfter > wait.Max)
        {
            return refusal;
        }

        var waiter = new QuotaWaiter(lease, refusal, tenant, wait.Weight, Now() + wait.Max);
        lock (_lock)
        {
            var line = LineOf(lease.Charges[refusal.Index].Limit.Key);
            if (line.Count >= LongestLine)
            {
                // Who was sent to the end of the line was not told a time: that of the first is the soonest.
                return refusal with { RetryAfter = refusal.RetryAfter ?? line.First!.Refusal.RetryAfter ?? wait.Max };
            }

            line.Add(waiter);
            Count++;
        }

        Wake();
        await using var registration = cancellationToken.UnsafeRegister(
            static state =>
            {
                var (queue, waiter) = ((QuotaQueue, QuotaWaiter))state!;
                if (waiter.TryLeave())
                {
                    queue.Wake();
                }
            },
            (this, waiter));
        var answer = await waiter.Answer;

        // Whose time was up tries once more: others may have gone in other lines, and the client is to be told how long it still takes.
        return answer.IsAdmitted ? answer : await _store.ReserveAsync(lease, CancellationToken.None);
    }

    /// <summary>The first of the limits that others wait for, behind whom a newcomer stands; -1 where nobody waits.</summary>
    public int FindLine(Charge[] charges)
    {
        if (Count == 0)
        {
            return -1;
        }

        lock (_lock)
        {
            return Array.FindIndex(charges, c => _lines.TryGetValue(c.Limit.Key, out var line) && line.Count > 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _store.Freed -= WakeIfAny;
        await _timer.DisposeAsync();
        _wakes.Writer.TryComplete();
        await _loop;
    }

    // Not the clock of the wall: one that is set back would let nobody's time be up.
    private DateTimeOffset Now() => DateTimeOffset.UnixEpoch + _time.GetElapsedTime(_startedAt);

    private void Wake() => _wakes.Writer.TryWrite(true);

    private void WakeIfAny(object? sender, EventArgs e)
    {
        if (Count > 0)
        {
            Wake();
        }
    }

    private QuotaLine LineOf(LimitKey key)
    {
        if (!_lines.TryGetValue(key, out var line))
        {
            _lines.Add(key, line = new QuotaLine());
        }

        return line;
    }

    private async Task RunAsync()
    {
        await foreach (var _ in _wakes.Reader.ReadAllAsync())
        {
            DateTimeOffset? next = null;
            QuotaLine[] lines;
            lock (_lock)
            {
                lines = [.. _lines.Values];
            }

            foreach (var line in lines)
            {
                if (await ServeAsync(line) is { } at && (next is null || at < next))
                {
                    next = at;
                }
            }

            lock (_lock)
            {
                foreach (var (key, _) in _lines.Where(l => l.Value.Count == 0).ToList())
                {
                    _lines.Remove(key);
                }
            }

            if (next is { } time)
            {
                var wait = time - Now();
                _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    // Lets in those at the head of a line while they fit. When to look again, if nothing is freed before.
    private async ValueTask<DateTimeOffset?> ServeAsync(QuotaLine line)
    {
        while (true)
        {
            QuotaWaiter? first;
            lock (_lock)
            {
                Count -= line.RemoveGone(Now());
                first = line.First;
            }

            if (first is null)
            {
                return null;
            }

            var answer = await _store.ReserveAsync(first.Lease, CancellationToken.None);
            if (answer.Verdict == QuotaVerdict.Refused && first.Lease.Charges[answer.Index].Limit.IsRate)
            {
                var key = first.Lease.Charges[answer.Index].Limit.Key;
                first.Refusal = answer;
                lock (_lock)
                {
                    if (LineOf(key) is var other && !ReferenceEquals(line, other))
                    {
                        // It is another limit that stands in its way now: it goes over to that line, and those behind it here come forward.
                        line.Remove(first, admitted: false);
                        other.Add(first);
                        Wake();
                        continue;
                    }

                    var now = Now();
                    var earliest = line.EarliestDeadline;
                    return answer.RetryAfter is { } retry && now + retry < earliest ? now + retry : earliest;
                }
            }

            lock (_lock)
            {
                line.Remove(first, answer.IsAdmitted);
                Count--;
            }

            if (!first.TryEnd(answer) && answer.IsAdmitted)
            {
                // It left in this very moment.
                _store.Settle(first.Lease);
            }
        }
    }
}

/// <summary>Those that wait for one limit, in their order.</summary>
internal sealed class QuotaLine
{
    private readonly List<QuotaWaiter> _waiters = [];
    private readonly Dictionary<string, double> _lastFinish = new(StringComparer.Ordinal);
    private double _virtualTime;

    public int Count => _waiters.Count;

    public QuotaWaiter? First => _waiters.Count == 0 ? null : _waiters[0];

    public DateTimeOffset EarliestDeadline => _waiters.Min(w => w.Deadline);

    /// <summary>Puts a request where its tenant's weight puts it.</summary>
    public void Add(QuotaWaiter waiter)
    {
        var start = Math.Max(_virtualTime, _lastFinish.GetValueOrDefault(waiter.Tenant));
        waiter.Start = start;
        _lastFinish[waiter.Tenant] = start + (1.0 / waiter.Weight);
        var at = _waiters.FindIndex(w => w.Start > start);
        _waiters.Insert(at < 0 ? _waiters.Count : at, waiter);
    }

    public void Remove(QuotaWaiter waiter, bool admitted)
    {
        _waiters.Remove(waiter);
        if (admitted)
        {
            _virtualTime = Math.Max(_virtualTime, waiter.Start);
        }
    }

    /// <summary>Removes those that have left, and ends those whose time is up; how many.</summary>
    public int RemoveGone(DateTimeOffset now) => _waiters.RemoveAll(w => w.HasEnded || (w.Deadline <= now && w.TryEnd(w.Refusal)));
}

/// <summary>A request that waits.</summary>
internal sealed class QuotaWaiter(Lease lease, QuotaAnswer refusal, string tenant, int weight, DateTimeOffset deadline)
{
    private readonly TaskCompletionSource<QuotaAnswer> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Lease Lease { get; } = lease;

    /// <summary>Why it did not fit, the last time.</summary>
    public QuotaAnswer Refusal { get; set; } = refusal;

    public string Tenant { get; } = tenant;

    public int Weight { get; } = weight;

    public DateTimeOffset Deadline { get; } = deadline;

    /// <summary>When it begins in virtual time; who begins earlier goes first.</summary>
    public double Start { get; set; }

    public bool HasEnded => _end.Task.IsCompleted;

    public Task<QuotaAnswer> Answer => _end.Task;

    public bool TryEnd(QuotaAnswer answer) => _end.TrySetResult(answer);

    public bool TryLeave() => _end.TrySetCanceled();
}
