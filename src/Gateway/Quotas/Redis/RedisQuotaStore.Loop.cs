using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Quotas.Redis;

/// <summary>The one who talks to Redis: one call at a time, so that what a node told is known in its order.</summary>
internal sealed partial class RedisQuotaStore
{
    private static readonly TimeSpan BeatInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan RecoveryInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly string _node = $"node_{Guid.NewGuid():N}";
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TaskCompletionSource> _drains = [];
    private Task? _loop;
    private string? _generation;
    private string? _born;
    private long _epoch;
    private long _beatAt;
    private bool _isStopping;
    private bool _isForeign;
    private bool _seedMissed;

    /// <summary>Begins, and waits a little for Redis; what takes longer goes on beside the serving.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _loop = Task.Run(LoopAsync, CancellationToken.None);
        await Task.WhenAny(_started.Task, Task.Delay(_options.StartPatience, cancellationToken));
    }

    /// <summary>Gives back what is not used and tells the rest.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_loop is not { } loop)
        {
            return;
        }

        _loop = null;
        lock (_gate)
        {
            _isStopping = true;
            foreach (var counter in _counters.Values)
            {
                MarkDirty(counter);
            }
        }

        try
        {
            await DrainAsync(CancellationToken.None).AsTask().WaitAsync(StopPatience, CancellationToken.None);
            if (_open == 0 && _fault is null)
            {
                // Nothing is left that others would have to free.
                await _link.LeaveAsync(_options.NodeList, _node);
            }
        }
        catch (Exception e) when (RedisFault.From(e) is not null)
        {
            // The others find out by themselves.
        }

        await _stop.CancelAsync();
        await loop;
        _stop.Dispose();
    }

    public override async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_stop.IsCancellationRequested || (_loop is null && !_isStopping))
            {
                return;
            }

            _drains.Add(drain);
        }

        Wake();
        await drain.Task.WaitAsync(cancellationToken);
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Another woke it, or it is over.
        }
    }

    private async Task LoopAsync()
    {
        var stopping = _stop.Token;
        while (!stopping.IsCancellationRequested)
        {
            RedisCall? call = null;
            try
            {
                if (_generation is null)
                {
                    await JoinAsync(stopping);
                }

                var isBeat = IsBeatDue();
                List<RedisValue>? arguments = null;
                lock (_gate)
                {
                    if (isBeat)
                    {
                        Tidy();
                    }

                    call = Build(isBeat);
                    if (call is { IsEmpty: true })
                    {
                        call.Drains.ForEach(d => d.TrySetResult());
                        call = null;
                    }

                    arguments = call?.Arguments(_node, _generation!, _epoch, _clock);
                    call?.Close();
                }

                if (call is null)
                {
                    await _wake.WaitAsync(UntilBeat(), stopping);
                    continue;
                }

                await CallAsync(call, arguments!, stopping);
                if (Fault is not null && _restore.Count == 0)
                {
                    // Others are waited for.
                    await Task.Delay(RecoveryInterval, stopping);
                }
            }
            catch (Exception e) when (stopping.IsCancellationRequested || e is not OutOfMemoryException)
            {
                if (RedisFault.From(e) is not { } fault)
                {
                    fault = RedisFault.Garbage;
                    LogFailed(e);
                }

                Lose(call, fault);
                await BackOffAsync(stopping);
            }
        }

        Lose(null, RedisFault.Unreachable);
    }

    private async Task CallAsync(RedisCall call, List<RedisValue> arguments, CancellationToken cancellationToken)
    {
        var sentAt = _time.GetTimestamp();
        var result = await _link.RunAsync(_quota, call.Keys(_options, _node), arguments, cancellationToken);
        List<(PendingReservation Pending, QuotaAnswer Answer)>? answers;
        var (gone, isBack) = (new List<string>(), false);
        lock (_gate)
        {
            var before = _fault;
            answers = Apply(call, new RedisReply(result), sentAt, gone);
            isBack = answers is not null && before is not null && _fault is null;
        }

        if (answers is null)
        {
            // It lost its data, or was replaced.
            Lose(call, RedisFault.Recovering);
            return;
        }

        if (call.IsBeat)
        {
            _beatAt = _options.Beats.GetTimestamp();
        }

        foreach (var (pending, answer) in answers)
        {
            pending.Complete(answer);
        }

        call.Drains.ForEach(d => d.TrySetResult());
        if (isBack)
        {
            Back();
        }

        foreach (var node in gone)
        {
            await ReclaimAsync(node, cancellationToken);
        }
    }

    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        var sentAt = _time.GetTimestamp();
        var witness = _clock.Witness();
        List<RedisValue> arguments =
        [
            _node, ++_epoch, witness?.Low ?? (RedisValue)"", witness?.High ?? (RedisValue)"", Guid.NewGuid().ToString("N"), Math.Max(_alive, _options.Nodes ?? 1),
            _options.Recovery.Ticks / TimeSpan.TicksPerMicrosecond,
        ];
        var reply = new RedisReply(await _link.RunLongAsync(_join, [_options.Meta, _options.NodeList, _options.CountsOf(_node)], arguments, cancellationToken));
        var state = reply.Text();
        if (state != "ok")
        {
            throw state == "old" ? new NotSupportedException() : new FormatException("a node was to be let in");
        }

        var (generation, born) = (reply.Text(), reply.Text());
        lock (_gate)
        {
            _clock.Set(reply.Number(), reply.Number(), sentAt, _time.GetTimestamp());
            var counts = new Dictionary<string, string>(StringComparer.Ordinal);
            while (!reply.IsAtEnd)
            {
                counts[reply.Text()] = reply.Text();
            }

            var isEmptied = _born is not null && _born != born;
            (_generation, _born) = (generation, born);
            _seedMissed |= isEmptied;
            Restore(counts, isEmptied);
            SetFault(RedisFault.Recovering);
            _beatAt = 0;
        }
    }

    /// <summary>Works out what Redis has to be told so that this node's share there is what the node knows, whatever was lost on either side.</summary>
    private void Restore(Dictionary<string, string> counts, bool isEmptied)
    {
        _restore.Clear();
        var lower = _clock.Lower();
        foreach (var counter in _counters.Values)
        {
            foreach (var bucket in counter.Buckets.Where(b => b.OutAt > lower))
            {
                var field = RedisCall.FieldOf(counter, bucket.Id);
                var (told, toldUsed) = (Read("t" + field), Read("u" + field));
                bucket.Told = bucket.Reserved + bucket.Used;
                bucket.ToldUsed = bucket.Used;
                bucket.ToldUntil = bucket.Reserved > 0 && counter.IsReclaimed ? bucket.HeldUntil + HeldAhead : 0;
                var known = isEmptied && !counter.IsSliding ? bucket.Used : 0;
                Add(new RedisDelta(counter, bucket.Id, bucket.Told - told, bucket.Used - toldUsed, known, bucket.ToldUntil));
            }
        }

        // What Redis gave in an answer that never came.
        var byKey = _counters.Values.ToDictionary(c => c.RedisKey, StringComparer.Ordinal);
        foreach (var (name, _) in counts.Where(c => c.Key.StartsWith('t')).ToList())
        {
            var space = name.IndexOf(' ', StringComparison.Ordinal);
            var key = name[(space + 1)..];
            if (byKey.TryGetValue(key, out var counter)
                && long.TryParse(name.AsSpan(1, space - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                Add(new RedisDelta(counter, id, -Read(name), -Read("u" + name[1..]), 0, 0));
            }
        }

        void Add(RedisDelta delta)
        {
            if (delta.Taken != 0 || delta.Used != 0 || delta.Known != 0 || delta.HeldUntil != 0)
            {
                _restore.Enqueue(delta);
            }
        }

        long Read(string field) => counts.Remove(field, out var text) ? long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
    }

    // Whoever waits is answered by what this node knows alone.
    private void Lose(RedisCall? call, RedisFault fault)
    {
        var answers = new List<(PendingReservation Pending, QuotaAnswer Answer)>();
        lock (_gate)
        {
            _generation = null;
            SetFault(fault);
            foreach (var pending in (call?.Reservations ?? []).Concat(_pending).Where(p => !p.Answer.IsCompleted))
            {
                Release(pending);
                answers.Add((pending, ReserveAlone(pending.Lease, pending.Counters)));
            }

            _pending.Clear();

            // Nothing more can be told now; it is when Redis is back.
            call?.Drains.ForEach(d => d.TrySetResult());
            _drains.ForEach(d => d.TrySetResult());
            _drains.Clear();
        }

        foreach (var (pending, answer) in answers)
        {
            pending.Complete(answer);
        }
    }

    private void SetFault(RedisFault? fault)
    {
        var before = _fault;
        if (before == fault)
        {
            return;
        }

        // Under way back it is still the same loss.
        if (before is null)
        {
            (_lostAt, _lostAtWall) = (_clock.Upper(), _clock.Wall());
        }

        Volatile.Write(ref _fault, fault);
        if (fault is null)
        {
            LogAvailable();
        }
        else if (fault != RedisFault.Recovering || before is null)
        {
            LogUnavailable(fault.Reason);
        }
    }

    private void Back()
    {
        bool seedMissed;
        lock (_gate)
        {
            (seedMissed, _seedMissed) = (_seedMissed, false);
        }

        _started.TrySetResult();
        if (seedMissed)
        {
            OnEmptied();
        }

        OnFreed();
    }

    private async Task ReclaimAsync(string gone, CancellationToken cancellationToken)
    {
        var seen = (await _link.ReadAsync(_options.NodeList, cancellationToken)).FirstOrDefault(e => e.Name == gone).Value;
        var counts = (await _link.ReadAsync(_options.CountsOf(gone), cancellationToken)).ToDictionary(e => (string)e.Name!, e => (string)e.Value!, StringComparer.Ordinal);
        List<RedisKey> keys = [_options.NodeList, _options.CountsOf(gone)];
        List<RedisValue> arguments = [gone, seen];
        foreach (var (name, until) in counts.Where(c => c.Key.StartsWith('e')).Take(MostDeltas))
        {
            var field = name[1..];
            if (long.Parse(until, CultureInfo.InvariantCulture) < _clock.Lower())
            {
                var space = field.IndexOf(' ', StringComparison.Ordinal);
                keys.Add(field[(space + 1)..]);
                arguments.AddRange([field[..space], until, Text(Number("u" + field) - Number("t" + field))]);
            }
        }

        if (keys.Count > 2)
        {
            await _link.RunAsync(_reclaim, [.. keys], arguments, cancellationToken);
            LogReclaimed(keys.Count - 2);
        }

        long Number(string name) => counts.TryGetValue(name, out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
    }

    private void NoteForeign(bool isForeign)
    {
        if (isForeign && !_isForeign)
        {
            LogForeign(RedisFault.Foreign.Reason);
        }

        // Others' limits say nothing of the one that was found; it is looked at again when it is used.
        _isForeign |= isForeign;
    }

    private bool IsBeatDue() =>
        Volatile.Read(ref _fault) is not null || _beatAt == 0 || _options.Beats.GetElapsedTime(_beatAt) >= BeatInterval;

    private TimeSpan UntilBeat()
    {
        // Timers know whole milliseconds.
        var left = BeatInterval - _options.Beats.GetElapsedTime(_beatAt);
        return left > Tick ? left : Tick;
    }

    private static async Task BackOffAsync(CancellationToken stopping) =>
        await Task.Delay(BackOff, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(EventId = 14100, Level = LogLevel.Error, Message = "Redis is not available for quotas: {Reason}. Until it is, limits deny or go by this node's share, as configured")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(EventId = 14101, Level = LogLevel.Information, Message = "Redis is available for quotas")]
    private partial void LogAvailable();

    [LoggerMessage(EventId = 14102, Level = LogLevel.Error, Message = "A limit cannot be counted in Redis: {Reason}")]
    private partial void LogForeign(string reason);

    [LoggerMessage(EventId = 14103, Level = LogLevel.Information, Message = "What a node held that is gone was freed, of {Limits} limits")]
    private partial void LogReclaimed(int limits);

    [LoggerMessage(EventId = 14104, Level = LogLevel.Error, Message = "Talking to Redis failed; limits are counted without it for now")]
    private partial void LogFailed(Exception exception);
}
