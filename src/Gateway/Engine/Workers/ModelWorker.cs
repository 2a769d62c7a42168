using Gateway.Llama;
using Gateway.Llama.Loading;

namespace Gateway.Engine.Workers;

/// <summary>
/// A model in a process of its own, which another one takes the place of when it ends: after a pause, which doubles from one end to the next, and is short again when
/// a process held out for a while. One that hangs is ended (<see cref="WorkerWatch"/>).
/// </summary>
#pragma warning disable CA1001 // Disposed of asynchronously.
internal sealed partial class ModelWorker : IAsyncDisposable
#pragma warning restore CA1001
{
    internal static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>A process that lived so long ended by something that does not happen always.</summary>
    internal static readonly TimeSpan Healthy = TimeSpan.FromMinutes(2);

    private readonly string _deployment;
    private readonly LlamaEngineOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly MemoryBudget.Lease _memory;
    private readonly CancellationTokenSource _unloading = new();
    private readonly List<(IReadOnlyList<AdapterFile> Files, IReadOnlyDictionary<string, long> Sizes)> _adapters = [];
    private readonly Task _kept;

    private readonly RetryPause _pause;
    private readonly Func<TimeSpan> _timeout;

    // The process that is up, or that is being started; null in a pause, which was begun before that: who sees the one sees the other.
    private volatile Task<WorkerProcess>? _current;

    private ModelWorker(string deployment, LlamaEngineOptions options, WorkerProcess first, MemoryBudget.Lease memory, Func<TimeSpan> timeout, ILoggerFactory loggers, TimeProvider time)
    {
        _deployment = deployment;
        _options = options;
        _memory = memory;
        _loggers = loggers;
        _logger = loggers.CreateLogger<ModelWorker>();
        _time = time;
        _timeout = timeout;
        _pause = new RetryPause(time, FirstPause, LongestPause);
        Info = first.Info;
        _current = Task.FromResult(first);
        LogUp(deployment, first.Id);
        _kept = KeepAsync(first);
    }

    public LlamaModelInfo Info { get; }

    public TimeProvider Time => _time;

    /// <summary>Of the process that is up.</summary>
    public LlamaEngineStatistics Statistics => _current is { IsCompletedSuccessfully: true, Result: var process } ? process.Statistics : default;

    /// <inheritdoc cref="Statistics"/>
    public IReadOnlyCollection<LlamaTenantStatistics> Tenants => _current is { IsCompletedSuccessfully: true, Result: var process } ? process.Tenants : [];

    public LoadState State => _current switch
    {
        null => LoadState.Failed,
        { IsCompletedSuccessfully: true } => LoadState.Ready,
        _ => LoadState.Loading,
    };

    /// <summary>Time until another process is started; zero when one is up, or on its way.</summary>
    public TimeSpan RetryIn => _current is null ? _pause.Left : TimeSpan.Zero;

    /// <summary>
    /// Starts the first process; <paramref name="memory"/> is what the model holds, given back when it is disposed or could not be loaded, and
    /// <paramref name="timeout"/> the time after which a process that does nothing is ended.
    /// </summary>
    /// <inheritdoc cref="WorkerProcess.StartAsync"/>
    public static async Task<ModelWorker> StartAsync(
        string deployment,
        LlamaEngineOptions options,
        MemoryBudget.Lease memory,
        Func<TimeSpan> timeout,
        IProgress<float> progress,
        ILoggerFactory loggers,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        try
        {
            var first = await WorkerProcess.StartAsync(options, progress, loggers, time, cancellationToken);
            return new ModelWorker(deployment, options, first, memory, timeout, loggers, time);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The process; null in a pause, when the one that is being started cannot load the model, and when the wait was cancelled.</summary>
    public async ValueTask<WorkerProcess?> FindAsync(CancellationToken cancellationToken)
    {
        if (_current is not { } current)
        {
            return null;
        }

        try
        {
            return await current.WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is LlamaLoadException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Notes that a deployment answers with these adapters, and takes the memory for those that no other one does.</summary>
    /// <exception cref="LlamaLoadException">There is no memory for them.</exception>
    public void HoldAdapters(IReadOnlyList<AdapterFile> files)
    {
        var sizes = files.Select(f => f.Path).Distinct(StringComparer.Ordinal).ToDictionary(path => path, HostedEngine.MeasureAdapter, StringComparer.Ordinal);
        lock (_adapters)
        {
            _memory.Add(SizeOfOwn(sizes), files[0].Path);
            _adapters.Add((files, sizes));
        }
    }

    /// <summary>Notes that a deployment does so no more; true when no other does.</summary>
    public bool LetGoOfAdapters(IReadOnlyList<AdapterFile> files)
    {
        lock (_adapters)
        {
            var at = _adapters.FindIndex(a => ReferenceEquals(a.Files, files));
            if (at < 0)
            {
                return false;
            }

            var sizes = _adapters[at].Sizes;
            _adapters.RemoveAt(at);
            _memory.GiveBack(SizeOfOwn(sizes));
            return !_adapters.Exists(a => files.SequenceEqual(a.Files));
        }
    }

    // Of those that no other deployment answers with.
    private long SizeOfOwn(IReadOnlyDictionary<string, long> sizes) =>
        sizes.Where(s => !_adapters.Exists(a => a.Sizes.ContainsKey(s.Key))).Sum(s => s.Value);

    /// <summary>Ends the process, for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await _unloading.CancelAsync();
        await _kept;
        _memory.Dispose();
    }

    private async Task KeepAsync(WorkerProcess first)
    {
        var process = first;
        try
        {
            while (true)
            {
                var startedAt = _time.GetTimestamp();
                string reason;
                await using (Watch(process))
                {
                    reason = await process.Ended.WaitAsync(_unloading.Token);
                }

                if (_time.GetElapsedTime(startedAt) >= Healthy)
                {
                    _pause.End();
                }

                LogEnded(_deployment, process.Id, reason, BeginPause().TotalSeconds);
                await process.DisposeAsync();
                process = await StartAgainAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Unloaded.
        }

        _current = null;
        await process.DisposeAsync();
    }

    private ITimer Watch(WorkerProcess process)
    {
        var watch = new WorkerWatch();
        ITimer timer = null!;
        timer = _time.CreateTimer(_ => Look(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        timer.Change(_timeout() / WorkerWatch.Looks, Timeout.InfiniteTimeSpan);
        return timer;

        void Look()
        {
            var timeout = _timeout();
            if (watch.Look(process.Pulse, timeout) is { } reason)
            {
                process.GiveUp(reason);
                return;
            }

            // Not by a period: the time-out may have changed.
            timer.Change(timeout / WorkerWatch.Looks, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task<WorkerProcess> StartAgainAsync()
    {
        while (true)
        {
            var left = RetryIn;
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, _time, _unloading.Token);
            }

            try
            {
                var starting = WorkerProcess.StartAsync(_options, progress: null, _loggers, _time, _unloading.Token);
                _current = starting;
                var process = await starting;
                LogUp(_deployment, process.Id);
                return process;
            }
            catch (LlamaLoadException e)
            {
                LogNotUp(_deployment, e.Message, BeginPause().TotalSeconds);
            }
        }
    }

    private TimeSpan BeginPause()
    {
        var pause = _pause.Fail();
        _current = null;
        return pause;
    }

    [LoggerMessage(EventId = 2200, Level = LogLevel.Error, Message = "Deployment {Deployment}: its worker process {Id} ended ({Reason}); another one is started in {Seconds} s")]
    private partial void LogEnded(string deployment, int id, string reason, double seconds);

    [LoggerMessage(EventId = 2201, Level = LogLevel.Information, Message = "Deployment {Deployment}: its model is up in the worker process {Id}")]
    private partial void LogUp(string deployment, int id);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Error, Message = "Deployment {Deployment}: {Reason} Another try is made in {Seconds} s")]
    private partial void LogNotUp(string deployment, string reason, double seconds);
}
