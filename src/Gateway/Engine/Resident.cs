using Gateway.Llama.Loading;

namespace Gateway.Engine;

/// <summary>Something large that is in memory, or could be: what <see cref="ModelRoom{T}"/> keeps of it, and what it does with it.</summary>
/// <remarks>What changes is changed under the room's lock; single values may be read without it.</remarks>
#pragma warning disable CA1001 // The token source has no timer and no links, so there is nothing to free.
internal abstract class Resident<T>(TimeProvider time)
#pragma warning restore CA1001
    where T : class, IAsyncDisposable
{
    private readonly CancellationTokenSource _removed = new();

    /// <summary>How far it is.</summary>
    public LoadState State { get; set; }

    /// <summary>What was loaded; null while it is not.</summary>
    public T? Value { get; set; }

    /// <summary>Those who use it now.</summary>
    public int Leases { get; set; }

    /// <summary>Whether it never goes to make room, nor for being idle.</summary>
    public virtual bool IsPinned => false;

    /// <summary>Time without a use after which it goes; null: never.</summary>
    public virtual TimeSpan? IdleTimeout => null;

    /// <summary>How long its last load took.</summary>
    public TimeSpan LoadTime { get; set; }

    /// <summary>Timestamp of the end of its last load.</summary>
    public long ReadyAt { get; set; }

    /// <summary>Timestamp of its last use.</summary>
    public long UsedAt { get; set; }

    /// <summary>What it takes of memory; null when its file does not tell.</summary>
    public MemoryEstimate? Need { get; set; }

    /// <summary>Whether <see cref="Need"/> was read for the load that is wanted now.</summary>
    public bool IsMeasured { get; set; }

    /// <summary>What it holds of memory.</summary>
    public MemoryBudget.Lease? Memory { get; set; }

    /// <summary>Wanted only if nobody need go for it.</summary>
    public bool IsGentle { get; set; }

    /// <summary>Whether nobody new is let in, since it is about to go.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Why it is to go as soon as nobody uses it; null when it may stay.</summary>
    public UnloadReason? GoesFor { get; set; }

    /// <summary>Whether somebody wants it who came while it was going.</summary>
    public bool IsWantedAgain { get; set; }

    /// <summary>Those who wait for a lease, in the order that they came.</summary>
    public List<RoomWaiter<T>> Waiting { get; } = [];

    /// <summary>The load that is wanted now, or how the last one ended.</summary>
    public TaskCompletionSource<T>? Arrival { get; set; }

    /// <summary>Completes when it is known that there is no room for it without somebody going.</summary>
    public TaskCompletionSource Deferral { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it has left the memory.</summary>
    public TaskCompletionSource Departure { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When a load that failed may be tried again.</summary>
    public RetryPause Pause { get; } = new(time);

    /// <summary>Cancelled when it is wanted no more, ever.</summary>
    public CancellationToken Removed => _removed.Token;

    /// <summary>Whether a lease can be had at once.</summary>
    public bool IsOpen => State == LoadState.Ready && !IsClosed;

    /// <summary>Reads what it takes of memory, without loading it; null when that cannot be told, so that the load says why.</summary>
    public abstract MemoryEstimate? Measure();

    /// <summary>Loads it, in memory that was taken for it.</summary>
    public abstract Task<T> LoadAsync(MemoryBudget.Lease memory);

    /// <summary>Why it can never be loaded beside what stays.</summary>
    public abstract Exception DoesNotFit(MemoryBudget budget, MemoryEstimate need, long pinned);

    /// <summary>Told that it waits for others to go.</summary>
    public virtual void OnWaiting()
    {
    }

    /// <summary>Told that it is not loaded now, for want of room.</summary>
    public virtual void OnDeferred()
    {
    }

    /// <summary>Told that it has left the memory.</summary>
    public virtual void OnUnloaded(UnloadReason reason)
    {
    }

    /// <summary>Ends a load in progress.</summary>
    public Task CancelAsync() => _removed.CancelAsync();
}

/// <summary>Somebody who waits for a lease.</summary>
/// <param name="Since">Timestamp from which its patience counts.</param>
/// <param name="Patience">How long it waits for others to go.</param>
internal sealed record RoomWaiter<T>(long Since, TimeSpan Patience)
    where T : class, IAsyncDisposable
{
    /// <summary>The lease; null when there was no room in time.</summary>
    public TaskCompletionSource<RoomLease<T>?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A use of something in memory, which stays there until it is disposed.</summary>
internal sealed class RoomLease<T>(ModelRoom<T> room, Resident<T> resident, T value) : IDisposable
    where T : class, IAsyncDisposable
{
    private int _isDisposed;

    public T Value { get; } = value;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            room.Release(resident);
        }
    }
}
