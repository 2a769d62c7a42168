namespace Gateway.Quotas.Redis;

/// <summary>What goes into a call to Redis, and what comes of its answer.</summary>
internal sealed partial class RedisQuotaStore
{
    // A script holds Redis up while it runs: about a millisecond for so many.
    private const int MostReservations = 128;
    private const int MostDeltas = 256;

    // How long a lease stays with a node that does not use it, where its bucket lasts longer.
    private const long IdleLease = 1_000_000;

    // The time until which something is held is told anew this long before, and this long ahead.
    private const long HeldAhead = 30_000_000;

    // What has left a window is kept a little, for clocks that are not quite alike.
    private const long KeepLeft = 1_000_000;

    // And what has ended, for clocks that are put back: as long as the script does.
    private const long KeepEnded = 8L * 86_400_000_000;

    // How long the largest number of nodes is remembered.
    private const long RememberNodes = 600_000_000;

    private readonly Queue<RedisDelta> _restore = new();
    private readonly Queue<string> _forget = new();
    private bool _isUrgent;

    /// <summary>All that there is to tell and to ask, up to a bound; null when there is nothing that cannot wait. It may turn out to be empty.</summary>
    private RedisCall? Build(bool isBeat)
    {
        if (!isBeat && _pending.Count == 0 && !_isUrgent && _restore.Count == 0 && _drains.Count == 0)
        {
            return null;
        }

        var call = new RedisCall(isBeat);
        var upper = _clock.Upper();
        while (call.Deltas < MostDeltas && _restore.TryDequeue(out var delta))
        {
            call.Add(delta);
        }

        while (call.Deltas < MostDeltas && _forget.TryDequeue(out var field))
        {
            call.Forget(field);
        }

        // What was not told yet to a Redis that has just come back must not be mixed with what is told now.
        if (_restore.Count == 0)
        {
            AddDirty(call, upper);
            AddPending(call, upper);
        }

        call.IsReady = _restore.Count == 0;
        if (_restore.Count == 0 && _dirty.Count == 0)
        {
            call.Drains.AddRange(_drains);
            _drains.Clear();
        }

        return call;
    }

    private void AddDirty(RedisCall call, long upper)
    {
        var done = 0;
        while (done < _dirty.Count && call.Deltas < MostDeltas)
        {
            var counter = _dirty[done++];
            counter.IsDirty = false;
            foreach (var bucket in counter.Buckets)
            {
                if (ChangeOf(counter, bucket, upper) is { } delta)
                {
                    call.Add(delta);
                }
            }
        }

        _dirty.RemoveRange(0, done);
        _isUrgent = _dirty.Count > 0 && _isUrgent;
    }

    // What is given back is not this node's from now on, whether the call arrives or not: what it knows of itself is told again then.
    private RedisDelta? ChangeOf(RedisCounter counter, RedisBucket bucket, long upper)
    {
        var mayKeep = bucket == counter.Current && bucket.IsOpen(_clock) && upper - bucket.TakenAt < IdleLease && !_isStopping;
        var keep = mayKeep ? Math.Clamp(bucket.Free, 0, MostLeased(counter)) : 0;
        var told = bucket.Reserved + bucket.Used + keep;
        var (taken, used) = (told - bucket.Told, bucket.Used - bucket.ToldUsed);
        var held = MustTellHeld(counter, bucket) ? bucket.HeldUntil + HeldAhead : 0;
        if (taken == 0 && used == 0 && held == 0)
        {
            return null;
        }

        bucket.Told = told;
        bucket.ToldUsed = bucket.Used;
        bucket.ToldUntil = held > 0 ? held : bucket.ToldUntil;
        counter.Total += taken;
        return new RedisDelta(counter, bucket.Id, taken, used, 0, held);
    }

    private static bool MustTellHeld(RedisCounter counter, RedisBucket bucket) =>
        counter.IsReclaimed && bucket.Reserved > 0 && bucket.HeldUntil > bucket.ToldUntil - (HeldAhead / 2);

    private void AddPending(RedisCall call, long upper)
    {
        while (call.Reservations.Count < MostReservations && _pending.TryDequeue(out var pending))
        {
            for (var i = 0; i < pending.Counters.Length; i++)
            {
                var counter = pending.Counters[i];

                // One of a call is enough to take ahead.
                pending.More[i] = counter.Asked == call ? 0 : counter.LeaseFor(MostLeased(counter), upper) - (counter.Current?.Free ?? 0);
                counter.Asked = call;
            }

            call.Add(pending, upper + (pending.Lease.Timeout.Ticks / TimeSpan.TicksPerMicrosecond) + TimeoutMargin + HeldAhead);
        }
    }

    /// <summary>Takes an answer in.</summary>
    /// <returns>What the reservations of the call are told; null when the node has to join again.</returns>
    private List<(PendingReservation Pending, QuotaAnswer Answer)>? Apply(RedisCall call, RedisReply reply, long sentAt, List<string> gone)
    {
        if (reply.Text() != "ok")
        {
            return null;
        }

        _clock.Set(reply.Number(), reply.Number(), sentAt, _time.GetTimestamp());
        var (alive, isRecovering) = ((int)reply.Number(), reply.Number() != 0);
        if (call.IsBeat)
        {
            NoteAlive(Math.Max(1, alive));
        }

        var (isForeign, isStale) = ApplyLimits(call, reply);
        SetFault(isRecovering || !call.IsReady ? RedisFault.Recovering : null);
        NoteForeign(isForeign);
        var answers = new List<(PendingReservation, QuotaAnswer)>(call.Reservations.Count);
        foreach (var pending in call.Reservations)
        {
            if (ApplyReservation(pending, reply, isStale) is { } answer)
            {
                answers.Add((pending, answer));
            }
        }

        while (!reply.IsAtEnd)
        {
            gone.Add(reply.Text());
        }

        return answers;
    }

    // One that is gone may just be cut off, and go by its share; it is counted on for a while.
    private void NoteAlive(int alive)
    {
        var now = _clock.Lower();
        if (alive >= _alive || now - _aliveAt > RememberNodes)
        {
            (_alive, _aliveAt) = (alive, now);
        }
    }

    private static (bool IsForeign, bool IsStale) ApplyLimits(RedisCall call, RedisReply reply)
    {
        var (isForeign, isStale) = (false, false);
        if (reply.Number() != call.Counters.Count)
        {
            throw new FormatException("another number of limits was expected");
        }

        for (var i = 0; i < call.Counters.Count; i++)
        {
            var counter = call.Counters[i];
            var (state, id, total) = (reply.Text(), reply.Number(), reply.Number());
            var (_, whole, _) = (reply.Number(), reply.Number(), reply.Number());
            isForeign |= state == "x";
            isStale |= state == "w";
            if (state == "ok")
            {
                counter.Total = total;
                counter.Whole = counter.IsBalance ? whole : 0;
                var bucket = counter.Enter(id);
                bucket.ToldUntil = Math.Max(bucket.ToldUntil, call.HeldUntil(i));
            }
        }

        return (isForeign, isStale);
    }

    // Null where it is asked once more: the clock on the wall was set further than the windows went that were sent, and is known now.
    private QuotaAnswer? ApplyReservation(PendingReservation pending, RedisReply reply, bool isStale)
    {
        var (verdict, index, wait) = (reply.Text(), (int)reply.Number(), reply.Number());
        var isAdmitted = verdict == "1";
        for (var i = 0; i < pending.Counters.Length; i++)
        {
            var (counter, more) = (pending.Counters[i], reply.Number());
            var (held, from) = pending.Held[i];
            if (!isAdmitted)
            {
                continue;
            }

            // What was kept of a lease counts where the rest does, or goes back.
            var amount = pending.Lease.Charges[i].Reserved;
            var bucket = counter.Current!;
            var kept = from == bucket ? held : 0;
            if (from is not null && from != bucket)
            {
                from.Reserved -= held;
                MarkDirty(counter);
            }

            bucket.Told += amount - kept + more;
            bucket.Reserved += amount - kept;
            pending.Lease.Charges[i].Place = bucket.Id;
            counter.Pending--;
        }

        if (isAdmitted)
        {
            Begin(pending.Lease, pending.Counters, _clock.Upper());
            return new QuotaAnswer(QuotaVerdict.Admitted);
        }

        Release(pending);
        if (verdict == "x" && isStale && !pending.IsAgain)
        {
            pending.AskAgain();
            _pending.Enqueue(pending);
            return null;
        }

        if (verdict == "x")
        {
            return ReserveAlone(pending.Lease, pending.Counters);
        }

        Describe(pending.Lease, pending.Counters);
        return new QuotaAnswer(QuotaVerdict.Refused, index, pending.Counters[index].Key.Window == QuotaWindow.None ? null : Span(wait));
    }

    // What was kept for a reservation that comes to nothing.
    private void Release(PendingReservation pending)
    {
        for (var i = 0; i < pending.Counters.Length; i++)
        {
            pending.Counters[i].Pending--;
            if (pending.Held[i] is (var held, { } bucket))
            {
                bucket.Reserved -= held;
                MarkDirty(pending.Counters[i]);
            }
        }
    }

    private bool IsOver(RedisCounter counter, RedisBucket bucket, long lower) =>
        counter.IsSliding ? bucket.OutAt + KeepLeft < lower
        : counter.IsCalendar ? bucket.EndsAt + KeepEnded < _clock.Wall() && bucket.Reserved == 0
        : bucket is { Told: 0, Reserved: 0, Used: 0 } && counter is { Pending: 0, IsDirty: false };

    // Twice a second: what is over, what is idle, and what others have to know.
    private void Tidy()
    {
        var (lower, upper) = (_clock.Lower(), _clock.Upper());
        List<RedisCounter>? empty = null;
        foreach (var counter in _counters.Values)
        {
            for (var i = counter.Buckets.Count - 1; i >= 0; i--)
            {
                var bucket = counter.Buckets[i];
                var isOver = IsOver(counter, bucket, lower);
                if (isOver)
                {
                    _forget.Enqueue(RedisCall.FieldOf(counter, bucket.Id));
                    counter.Remove(bucket);
                }
                else
                {
                    if (bucket.Reserved > 0)
                    {
                        // An answer may go on for longer than any time-out, which bounds its silences only. Whoever holds something says so for as long as it lives.
                        bucket.HeldUntil = counter.HeldFrom(upper, TimeoutMargin);
                    }

                    if (bucket.Free != 0 || bucket.Used != bucket.ToldUsed || MustTellHeld(counter, bucket))
                    {
                        MarkDirty(counter);
                    }
                }
            }

            if (counter is { Buckets.Count: 0, Pending: 0, IsDirty: false })
            {
                (empty ??= []).Add(counter);
            }
        }

        foreach (var counter in empty ?? [])
        {
            _counters.Remove(counter.Key);
        }
    }
}
