using Gateway.Stores;

namespace Gateway.Ledger;

/// <summary>
/// The one thread that writes the ledger. Lines that come while a group is being committed are the next group, so that one sync of the disk serves
/// all who wait for it. When the store fails, lines wait in memory and it is tried again, until it has them.
/// </summary>
internal sealed partial class LedgerWriter : IHostedService, IDisposable
{
    // Lines of one transaction: some tens of milliseconds of the store's time.
    private const int LinesPerTransaction = 2_000;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly LedgerQueue _queue = new();
    private readonly LedgerTables _tables;
    private readonly LedgerUpkeep _upkeep;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private volatile LedgerHealth _health;
    private volatile bool _stopping;

    /// <param name="tables">Where to; the writer disposes of it.</param>
    /// <param name="retention">How long lines are kept, at this moment.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told when the store fails and when it is back.</param>
    public LedgerWriter(LedgerTables tables, Func<TimeSpan> retention, TimeProvider time, ILogger<LedgerWriter> logger)
    {
        _tables = tables;
        _upkeep = new LedgerUpkeep(tables, retention, time);
        _time = time;
        _logger = logger;
        _health = new LedgerHealth(null, time.GetUtcNow());
        _thread = new Thread(Run) { IsBackground = true, Name = "ledger" };
    }

    /// <summary>This process, in the lines that it opens.</summary>
    public string Node => _tables.Node;

    /// <summary>Whether the store takes lines.</summary>
    public LedgerHealth Health => _health;

    /// <summary>Lines that wait for the store.</summary>
    public int Waiting => _queue.Count;

    /// <summary>Lines written so far, one that was written open and then closed twice.</summary>
    public long Written { get; private set; }

    /// <summary>Transactions committed so far.</summary>
    public long Commits { get; private set; }

    /// <summary>Times that the store failed so far.</summary>
    public long Failures { get; private set; }

    /// <summary>Takes a line that nobody waits for; false when there is no room for it.</summary>
    public bool TryAdd(LedgerLine line, int capacity) => _queue.TryAdd(line, urgent: false, capacity, out _);

    /// <summary>Takes a line that somebody waits for; false when the store is known to fail, or there is no room for it.</summary>
    /// <param name="line">The line.</param>
    /// <param name="capacity">Most lines that may wait.</param>
    /// <param name="committed">Completes when the line is on disk (true), or when nobody knows whether it is (false).</param>
    public bool TryAdd(LedgerLine line, int capacity, out Task<bool> committed)
    {
        committed = Task.FromResult(false);
        return _health.IsAvailable && _queue.TryAdd(line, urgent: true, capacity, out committed);
    }

    /// <summary>Takes the news of a line that was taken before; there is always room for it.</summary>
    public void Update(LedgerLine line) => _queue.TryAdd(line, urgent: false, int.MaxValue, out _);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _thread.Start();
        return Task.CompletedTask;
    }

    /// <summary>Writes what is left; a store that fails now gets one more try.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(End, cancellationToken);

    public void Dispose()
    {
        End();
        _tables.Dispose();
        _queue.Dispose();
    }

    private void End()
    {
        if (_stopping || !_thread.IsAlive)
        {
            return;
        }

        _stopping = true;
        _queue.Close();
        _thread.Join();
        if (_queue.Count > 0)
        {
            LogLeft(_queue.Count);
        }
    }

    private void Run()
    {
        var pause = TimeSpan.Zero;
        while (true)
        {
            var stopping = _stopping;
            if (pause == TimeSpan.Zero)
            {
                _queue.Wait(LedgerUpkeep.BeatInterval);
            }
            else
            {
                _queue.Pause(pause);
            }

            pause = TryStep() ? TimeSpan.Zero
                : pause == TimeSpan.Zero ? FirstPause
                : pause * 2 < LongestPause ? pause * 2 : LongestPause;

            // What came before the end was asked for is written by now, or was tried once more.
            if (stopping)
            {
                return;
            }
        }
    }

    // Never throws: the thread lasts as long as the gateway.
    private bool TryStep()
    {
        var (lines, group) = _queue.Take();
        var written = 0;
        try
        {
            if (_tables.Connect())
            {
                _upkeep.Reset();
                LogLost(_upkeep.Run());
            }

            while (written < lines.Count)
            {
                var part = lines.GetRange(written, Math.Min(LinesPerTransaction, lines.Count - written));
                _tables.Write(part);
                written += part.Count;
                (Written, Commits) = (Written + part.Count, Commits + 1);
            }

            _queue.Done();
            group.SetResult(true);
            LogLost(_upkeep.Run());
            if (_stopping && _queue.Count == 0)
            {
                _tables.Leave();
            }

            SetHealth(null);
            return true;
        }
        catch (Exception e)
        {
            Failures++;
            if (written < lines.Count)
            {
                _queue.PutBack(lines[written..]);
            }

            if (StoreError.From(e) is { } error)
            {
                SetHealth(error);
                _tables.Note(error);
            }
            else
            {
                LogFault(e.GetType().FullName, e.StackTrace);
                SetHealth(new StoreError("fault", "the gateway failed on it; its log says where"));
            }

            // Before anything else that may take its time, and when those who come from now on are refused at once.
            group.TrySetResult(false);
            Disconnect();
            return false;
        }
    }

    private void Disconnect()
    {
        try
        {
            _tables.Disconnect();
        }
        catch (Exception e) when (StoreError.From(e) is not null)
        {
            // It was broken already.
        }
    }

    private void SetHealth(StoreError? error)
    {
        var before = _health;
        if (before.Error == error)
        {
            return;
        }

        _health = new LedgerHealth(error, before.IsAvailable == error is null ? before.Since : _time.GetUtcNow());
        if (error is not null)
        {
            LogUnavailable(error.Reason);
        }
        else
        {
            LogAvailable((long)(_time.GetUtcNow() - before.Since).TotalSeconds);
        }
    }

    private void LogLost(int lost)
    {
        if (lost > 0)
        {
            LogClosedLost(lost);
        }
    }

    [LoggerMessage(EventId = 11000, Level = LogLevel.Error, Message = "The ledger cannot be written: {Reason}. Requests that need a durable line are refused, others wait in memory for it")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(EventId = 11001, Level = LogLevel.Warning, Message = "The ledger can be written again, after {Seconds} seconds")]
    private partial void LogAvailable(long seconds);

    [LoggerMessage(EventId = 11002, Level = LogLevel.Error, Message = "The ledger cannot be written: {ExceptionType}\n{StackTrace}")]
    private partial void LogFault(string? exceptionType, string? stackTrace);

    [LoggerMessage(EventId = 11003, Level = LogLevel.Warning, Message = "{Lines} exchanges of a gateway that ended before them were closed as lost")]
    private partial void LogClosedLost(int lines);

    [LoggerMessage(EventId = 11004, Level = LogLevel.Error, Message = "The gateway ends with {Lines} lines that the ledger did not take")]
    private partial void LogLeft(int lines);
}
