using Gateway.Llama.Loading;

namespace Gateway.Engine;

/// <summary>
/// Who is in memory. What is wanted and does not fit makes the least recently used go that nobody uses and nobody pinned. Whoever uses something
/// holds a lease of it, and nothing goes under a lease. What is wanted by turns and does not fit together does not thrash: something stays for as long
/// as its load took, and three times as long while it is asked for; then nobody new is let in, those who are in end, and it goes. What is wanted is served in the
/// order in which it was first wanted, so nobody starves. A later one may pass only where it fits beside all who wait before it.
/// </summary>
/// <param name="budget">The memory.</param>
/// <param name="time">For stays, idle times and patience.</param>
internal sealed partial class ModelRoom<T>(MemoryBudget budget, TimeProvider time) : IDisposable
    where T : class, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Resident<T>> _residents = [];

    // What is wanted and not being loaded yet, in the order in which it was first wanted.
    private readonly List<Resident<T>> _queue = [];
    private ITimer? _timer;

    /// <summary>The memory that there is.</summary>
    public MemoryBudget Budget => budget;

    public void Add(Resident<T> resident)
    {
        lock (_lock)
        {
            _residents.Add(resident);
        }
    }

    /// <summary>Lets something go for ever, once nobody uses it; completes when its memory is free.</summary>
    public Task RemoveAsync(Resident<T> resident)
    {
        lock (_lock)
        {
            // Marked as cancelled at once, so that whoever then sees the load end knows why.
            _ = resident.CancelAsync();
            resident.GoesFor = UnloadReason.Released;
            resident.Departure = resident.Departure.Task.IsCompleted ? new(TaskCreationOptions.RunContinuationsAsynchronously) : resident.Departure;
            if (_queue.Remove(resident))
            {
                resident.State = LoadState.NotLoaded;
            }

            if (resident.State is not (LoadState.Loading or LoadState.Ready))
            {
                Disappoint(resident, new OperationCanceledException(resident.Removed));
            }

            Look();
            if (resident.State is LoadState.NotLoaded or LoadState.Failed)
            {
                Forget(resident);
            }

            return resident.Departure.Task;
        }
    }

    /// <summary>Lets who asks next try again at once after a failure.</summary>
    public void EndPause(Resident<T> resident)
    {
        lock (_lock)
        {
            resident.Pause.End();
        }
    }

    /// <summary>Time until a load that failed is tried again; zero when it may be at once.</summary>
    public TimeSpan RetryIn(Resident<T> resident)
    {
        lock (_lock)
        {
            return resident.State == LoadState.Failed ? resident.Pause.Left : TimeSpan.Zero;
        }
    }

    /// <summary>Completes when it is loaded. It may go again before the caller looks at it: who uses it needs a lease.</summary>
    public Task<T> LoadAsync(Resident<T> resident)
    {
        lock (_lock)
        {
            Want(resident, gently: false);
            Look();
            return ArrivalOfAsync(resident);
        }
    }

    /// <summary>
    /// Loads it if nobody need go for it. Completes when it is loaded, or with null when there is no room: then it is loaded when there is, or when it is
    /// wanted.
    /// </summary>
    public async Task<T?> LoadGentlyAsync(Resident<T> resident)
    {
        Task<T> arrival;
        Task deferral;
        lock (_lock)
        {
            Want(resident, gently: true);
            Look();
            (arrival, deferral) = (ArrivalOfAsync(resident), resident.Deferral.Task);
        }

        return await Task.WhenAny(arrival, deferral) == deferral && !arrival.IsCompleted ? null : await arrival;
    }

    /// <summary>Takes a lease, and loads what is not there.</summary>
    /// <param name="resident">What is wanted.</param>
    /// <param name="patience">How long to wait for others to go; a load under way is waited for however long it takes.</param>
    /// <param name="cancellationToken">Ends the waiting. What was wanted is loaded all the same.</param>
    /// <returns>The lease; null when there was no room in time. What was wanted is loaded all the same, for whoever comes again.</returns>
    public async ValueTask<RoomLease<T>?> LeaseAsync(Resident<T> resident, TimeSpan patience, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RoomWaiter<T> waiter;
        lock (_lock)
        {
            if (resident.IsOpen)
            {
                return Grant(resident);
            }

            Want(resident, gently: false);
            if (resident.State == LoadState.Failed || resident is { GoesFor: UnloadReason.Released, State: not (LoadState.Loading or LoadState.Ready) })
            {
                waiter = new(0, patience);
                waiter.Answer.SetException(ArrivalOfAsync(resident).Exception?.InnerException ?? new OperationCanceledException(resident.Removed));
            }
            else
            {
                waiter = new(time.GetTimestamp(), patience);
                resident.Waiting.Add(waiter);
                Look();
            }
        }

        await using var registration = cancellationToken.UnsafeRegister(_ => GiveUp(resident, waiter, cancellationToken), state: null);
        return await waiter.Answer.Task;
    }

    /// <summary>Lets it go as soon as nobody uses it; who comes meanwhile waits, and it is loaded again for them.</summary>
    /// <returns>Completes when it has gone; at once where it is not there.</returns>
    public Task UnloadAsync(Resident<T> resident)
    {
        lock (_lock)
        {
            if (resident.State == LoadState.Ready)
            {
                resident.GoesFor ??= UnloadReason.Asked;
                resident.IsClosed = true;
                Look();
            }

            return resident.State is LoadState.Ready or LoadState.Unloading ? resident.Departure.Task : Task.CompletedTask;
        }
    }

    /// <summary>Sees to what a change of the budget, of pins or of idle times asks for.</summary>
    public void Update()
    {
        lock (_lock)
        {
            Look();
        }
    }

    public void Dispose() => _timer?.Dispose();

    internal void Release(Resident<T> resident)
    {
        lock (_lock)
        {
            resident.UsedAt = time.GetTimestamp();
            if (--resident.Leases == 0)
            {
                Look();
            }
        }
    }

    private static Task<T> ArrivalOfAsync(Resident<T> resident) =>
        resident.State == LoadState.Ready ? Task.FromResult(resident.Value!)
        : resident is { GoesFor: UnloadReason.Released, State: not LoadState.Loading } ? Task.FromCanceled<T>(resident.Removed)
        : resident.Arrival!.Task;

    private RoomLease<T> Grant(Resident<T> resident)
    {
        resident.Leases++;
        resident.UsedAt = time.GetTimestamp();
        return new RoomLease<T>(this, resident, resident.Value!);
    }

    private void GrantAll(Resident<T> resident)
    {
        foreach (var waiter in resident.Waiting)
        {
            waiter.Answer.SetResult(Grant(resident));
        }

        resident.Waiting.Clear();
    }

    private void GiveUp(Resident<T> resident, RoomWaiter<T> waiter, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (resident.Waiting.Remove(waiter))
            {
                waiter.Answer.TrySetCanceled(cancellationToken);
            }
        }
    }

    private void Want(Resident<T> resident, bool gently)
    {
        if (resident.GoesFor == UnloadReason.Released)
        {
            return;
        }

        switch (resident.State)
        {
            case LoadState.Waiting when resident.IsGentle && !gently:
                resident.IsGentle = false;
                if (resident.Deferral.Task.IsCompleted)
                {
                    // It let others go before it so far, and has no older right than theirs.
                    _queue.Remove(resident);
                    _queue.Add(resident);
                }

                break;
            case LoadState.Unloading:
                resident.IsWantedAgain = true;
                Expect(resident);
                break;
            case LoadState.NotLoaded:
            case LoadState.Failed when resident.Pause.Left == TimeSpan.Zero:
                resident.State = LoadState.Waiting;
                resident.IsGentle = gently;
                resident.IsMeasured = false;
                Expect(resident);
                resident.Deferral = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _queue.Add(resident);
                _ = Task.Run(() => Measure(resident));
                break;
        }
    }

    private static void Expect(Resident<T> resident)
    {
        if (resident.Arrival is null or { Task.IsCompleted: true })
        {
            resident.Arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void Measure(Resident<T> resident)
    {
        var need = resident.Measure();
        lock (_lock)
        {
            (resident.Need, resident.IsMeasured) = (need, true);
            Look();
        }
    }

    // Tells all who wait that it does not come.
    private static void Disappoint(Resident<T> resident, Exception failure)
    {
        if (failure is OperationCanceledException { CancellationToken: var cancelled })
        {
            resident.Arrival?.TrySetCanceled(cancelled);
            resident.Waiting.ForEach(w => w.Answer.TrySetCanceled(cancelled));
        }
        else
        {
            resident.Arrival?.TrySetException(failure);
            resident.Waiting.ForEach(w => w.Answer.TrySetException(failure));
        }

        resident.Waiting.Clear();
    }

    private void Forget(Resident<T> resident)
    {
        _residents.Remove(resident);
        resident.Departure.TrySetResult();
    }
}
