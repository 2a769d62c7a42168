namespace Gateway.Engine;

/// <summary>
/// Loads something once, for all who ask meanwhile. That a load failed is told to all who ask until a pause is over, which doubles from failure to
/// failure; who asks then tries again.
/// </summary>
internal sealed class OnDemand<T>(Func<Task<T>> load, TimeProvider time)
    where T : class
{
    private readonly Lock _lock = new();
    private readonly RetryPause _pause = new(time);
    private Task<T>? _loading;

    /// <summary>What was loaded; null while it is not.</summary>
    public T? Value => Started is { IsCompletedSuccessfully: true, Result: var value } ? value : null;

    /// <summary>The load in progress, or how the last one ended; null when nobody asked yet.</summary>
    public Task<T>? Started => Volatile.Read(ref _loading);

    public LoadState State => Started switch
    {
        null => LoadState.NotLoaded,
        { IsCompleted: false } => LoadState.Loading,
        { IsCompletedSuccessfully: true } => LoadState.Ready,
        _ => LoadState.Failed,
    };

    /// <summary>Time until a load that failed is tried again; zero when it may be at once.</summary>
    public TimeSpan RetryIn
    {
        get
        {
            lock (_lock)
            {
                return State == LoadState.Failed ? _pause.Left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Begins to load, or joins the load in progress, or gives what is there.</summary>
    public Task<T> GetAsync()
    {
        if (Started is { IsCompletedSuccessfully: true } loaded)
        {
            return loaded;
        }

        lock (_lock)
        {
            if (State == LoadState.NotLoaded || (State == LoadState.Failed && _pause.Left == TimeSpan.Zero))
            {
                Volatile.Write(ref _loading, LoadAsync());
            }

            return _loading!;
        }
    }

    /// <summary>Lets who asks next try again at once after a failure.</summary>
    public void EndPause()
    {
        lock (_lock)
        {
            _pause.End();
        }
    }

    private async Task<T> LoadAsync()
    {
        // Off the caller's thread and out of its lock: a load takes seconds.
        await Task.Yield();
        try
        {
            return await load();
        }
        catch
        {
            lock (_lock)
            {
                _pause.Fail();
            }

            throw;
        }
    }
}
