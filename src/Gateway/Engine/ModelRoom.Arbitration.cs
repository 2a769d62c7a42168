namespace Gateway.Engine;

/// <content>Who comes in, and who goes. All of it under the lock.</content>
internal sealed partial class ModelRoom<T>
{
    // Of the time that its load took: how long something stays that nobody uses, and that is asked for all the time. So at most a quarter of the time goes into
    // loads where two of them take turns.
    internal const double IdleStay = 1;
    internal const double BusyStay = 3;

    /// <summary>Brings about what is due, and sets the timer for what comes next.</summary>
    private void Look()
    {
        var next = TimeSpan.MaxValue;
        var closing = Admit(ref next);
        foreach (var resident in _residents)
        {
            if (resident is { State: LoadState.Ready, GoesFor: null } && resident.IsClosed != closing.Contains(resident))
            {
                resident.IsClosed = !resident.IsClosed;
                if (!resident.IsClosed)
                {
                    GrantAll(resident);
                }
            }
        }

        LetGo(ref next);
        EndPatience(ref next);
        SetTimer(next);
    }

    // Those that are to let nobody in, so that there is room for the first who waits.
    private HashSet<Resident<T>> Admit(ref TimeSpan next)
    {
        HashSet<Resident<T>> closing = [];
        var ahead = 0L;

        // Who may make others go has the right to the room that they leave.
        foreach (var wanted in _queue.OrderBy(r => r.IsGentle).ToArray())
        {
            if (!wanted.IsMeasured)
            {
                // Of those behind it, none may take its room.
                break;
            }

            var bytes = wanted.Need?.Used ?? 0;
            var pinned = _residents.Where(r => r.IsPinned && r != wanted).Sum(r => r.Memory?.Taken ?? 0);
            if (wanted.Need is { } need && (!budget.Fits(need) || (!wanted.IsGentle && bytes + pinned > budget.Limit)))
            {
                Fail(wanted, wanted.DoesNotFit(budget, need, budget.Fits(need) ? pinned : 0));
            }
            else if ((ahead == 0 || ahead + bytes + pinned <= budget.Limit) && TryTake(wanted))
            {
                _queue.Remove(wanted);

                // Counted from here, not from when a thread is free for it.
                var started = time.GetTimestamp();
                wanted.State = LoadState.Loading;
                _ = Task.Run(() => LoadNowAsync(wanted, started));
            }
            else if (wanted.IsGentle)
            {
                if (wanted.Deferral.TrySetResult())
                {
                    wanted.OnDeferred();
                }
            }
            else
            {
                if (ahead == 0)
                {
                    closing = MakeRoom(bytes, ref next);
                }

                ahead += bytes;
                if (wanted.Deferral.TrySetResult())
                {
                    wanted.OnWaiting();
                }
            }
        }

        return closing;
    }

    private bool TryTake(Resident<T> wanted)
    {
        var memory = budget.Begin();
        if (wanted.Need is { } need && !memory.TryTake(need))
        {
            return false;
        }

        wanted.Memory = memory;
        return true;
    }

    /// <summary>Lets as many go as it takes, the least recently used first, once all of them can; until then those that are asked for are closed.</summary>
    private HashSet<Resident<T>> MakeRoom(long bytes, ref TimeSpan next)
    {
        HashSet<Resident<T>> closing = [];
        List<Resident<T>> going = [];
        var areFree = true;
        var missing = bytes - (budget.Limit - budget.Taken) - _residents.Where(r => r.State == LoadState.Unloading).Sum(r => r.Memory?.Taken ?? 0);

        // Who was closed before stays so: then what is closed only grows, and in the end all of it is free.
        foreach (var resident in _residents.Where(r => r is { State: LoadState.Ready, IsPinned: false })
                     .OrderByDescending(r => r.IsClosed).ThenBy(r => r.Leases > 0).ThenBy(r => r.UsedAt))
        {
            if (missing <= 0)
            {
                break;
            }

            missing -= resident.Memory!.Taken;
            going.Add(resident);
            var stay = (resident.LoadTime * (resident.Leases > 0 ? BusyStay : IdleStay)) - time.GetElapsedTime(resident.ReadyAt);
            if (stay > TimeSpan.Zero)
            {
                next = Earlier(next, stay);
                areFree = false;
            }
            else if (resident.Leases > 0 || resident.IsClosed)
            {
                closing.Add(resident);
                areFree &= resident.Leases == 0;
            }
        }

        // Where that is not enough, the rest is being loaded or unloaded at this moment.
        if (areFree && missing <= 0)
        {
            going.ForEach(r => Leave(r, UnloadReason.Room));
        }

        return closing;
    }

    private void LetGo(ref TimeSpan next)
    {
        var over = budget.Taken - budget.Limit - _residents.Where(r => r.State == LoadState.Unloading).Sum(r => r.Memory?.Taken ?? 0);
        foreach (var resident in _residents.Where(r => r is { State: LoadState.Ready, Leases: 0 }).OrderBy(r => r.UsedAt).ToArray())
        {
            if (resident.GoesFor is { } reason)
            {
                Leave(resident, reason);
            }
            else if (!resident.IsPinned && over > 0)
            {
                over -= resident.Memory!.Taken;
                Leave(resident, UnloadReason.Room);
            }
            else if (!resident.IsPinned && resident.IdleTimeout is { } most)
            {
                var left = most - time.GetElapsedTime(resident.UsedAt);
                if (left <= TimeSpan.Zero)
                {
                    Leave(resident, UnloadReason.Idle);
                }
                else
                {
                    next = Earlier(next, left);
                }
            }
        }
    }

    // A load is waited for to its end: it comes for certain.
    private void EndPatience(ref TimeSpan next)
    {
        foreach (var resident in _residents.Where(r => r.Waiting.Count > 0 && r.State != LoadState.Loading))
        {
            foreach (var waiter in resident.Waiting.ToArray())
            {
                var left = waiter.Patience == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : waiter.Patience - time.GetElapsedTime(waiter.Since);
                if (left <= TimeSpan.Zero)
                {
                    resident.Waiting.Remove(waiter);
                    waiter.Answer.SetResult(null);
                }
                else
                {
                    next = Earlier(next, left);
                }
            }
        }
    }

    private async Task LoadNowAsync(Resident<T> resident, long started)
    {
        T? value = null;
        Exception? failure = null;
        try
        {
            value = await resident.LoadAsync(resident.Memory!);
        }
#pragma warning disable CA1031 // However it failed, those who wait are told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        lock (_lock)
        {
            if (value is null)
            {
                resident.Memory!.Dispose();
                Fail(resident, failure!);
                if (resident.GoesFor == UnloadReason.Released)
                {
                    Forget(resident);
                }
            }
            else
            {
                resident.Pause.End();
                resident.LoadTime = time.GetElapsedTime(started);
                resident.ReadyAt = resident.UsedAt = time.GetTimestamp();
                resident.Value = value;
                resident.State = LoadState.Ready;
                resident.IsClosed = false;
                resident.Departure = resident.Departure.Task.IsCompleted ? new(TaskCreationOptions.RunContinuationsAsynchronously) : resident.Departure;
                resident.Arrival!.TrySetResult(value);
                GrantAll(resident);
            }

            Look();
        }
    }

    private void Fail(Resident<T> resident, Exception failure)
    {
        _queue.Remove(resident);
        resident.State = LoadState.Failed;
        resident.Pause.Fail();
        Disappoint(resident, failure);
    }

    private void Leave(Resident<T> resident, UnloadReason reason)
    {
        var value = resident.Value!;
        resident.Value = null;
        resident.State = LoadState.Unloading;
        _ = Task.Run(() => UnloadNowAsync(resident, value, reason));
    }

    private async Task UnloadNowAsync(Resident<T> resident, T value, UnloadReason reason)
    {
        try
        {
            await value.DisposeAsync();
            resident.OnUnloaded(reason);
        }
        finally
        {
            lock (_lock)
            {
                resident.Memory!.Dispose();
                resident.State = LoadState.NotLoaded;
                resident.IsClosed = false;
                resident.Departure.TrySetResult();
                if (resident.GoesFor == UnloadReason.Released)
                {
                    Disappoint(resident, new OperationCanceledException(resident.Removed));
                    Forget(resident);
                }
                else
                {
                    resident.GoesFor = null;
                    if (resident.IsWantedAgain || resident.Waiting.Count > 0)
                    {
                        Want(resident, gently: false);
                    }
                }

                resident.IsWantedAgain = false;
                Look();
            }
        }
    }

    private void SetTimer(TimeSpan next)
    {
        if (next == TimeSpan.MaxValue)
        {
            _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Rounded up to what timers count in, so that it does not go off before its time, and again and again.
        var due = TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(next.TotalMilliseconds), int.MaxValue));
        _timer ??= time.CreateTimer(_ => Update(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
