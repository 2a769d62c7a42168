namespace Gateway.Ledger;

/// <summary>
/// Lines that wait for the writer. One that has news stands here once, whatever its news: opened and closed between two commits it is written once.
/// </summary>
internal sealed class LedgerQueue : IDisposable
{
    // How long lines gather that nobody waits for: with a commit of some milliseconds behind it they are on disk within 50 ms.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(25);

    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private List<LedgerLine> _waiting = [];
    private TaskCompletionSource<bool> _group = NewGroup();
    private int _taken;
    private bool _urgent;
    private bool _idle;
    private bool _gathering;
    private bool _closed;

    /// <summary>Lines that are not on disk yet as they are now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count + _taken;
            }
        }
    }

    /// <summary>Adds a line that has news, if there is room.</summary>
    /// <param name="line">The line.</param>
    /// <param name="urgent">Whether somebody waits for it to be on disk.</param>
    /// <param name="capacity">Most lines that may wait; what has to be written can go beyond it.</param>
    /// <param name="committed">Completes when the line is on disk (true) or could not be written (false).</param>
    /// <returns>Whether there was room.</returns>
    public bool TryAdd(LedgerLine line, bool urgent, int capacity, out Task<bool> committed)
    {
        lock (_lock)
        {
            committed = _group.Task;
            if (!line.Queued)
            {
                if (_waiting.Count + _taken >= capacity)
                {
                    return false;
                }

                line.Queued = true;
                _waiting.Add(line);
            }

            var wakes = _idle || (urgent && _gathering);
            _urgent |= urgent;
            if (wakes)
            {
                (_idle, _gathering) = (false, false);
                _wake.Set();
            }

            return true;
        }
    }

    /// <summary>Waits for lines, and then for more of them unless one is urgent. For the writer's thread only.</summary>
    public void Wait(TimeSpan longest)
    {
        lock (_lock)
        {
            _idle = _waiting.Count == 0 && !_closed;
        }

        if (_idle)
        {
            _wake.WaitOne(longest);
        }

        lock (_lock)
        {
            _idle = false;
            _gathering = _waiting.Count > 0 && !_urgent && !_closed;
        }

        if (_gathering)
        {
            _wake.WaitOne(Gathering);
        }
    }

    /// <summary>Waits out a pause after a failure; only the end of the gateway shortens it.</summary>
    public void Pause(TimeSpan time)
    {
        lock (_lock)
        {
            _gathering = false;
            if (_closed)
            {
                return;
            }
        }

        _wake.WaitOne(time);
    }

    /// <summary>Takes all lines that wait, and with them the promise to those who wait for them.</summary>
    public (List<LedgerLine> Lines, TaskCompletionSource<bool> Group) Take()
    {
        lock (_lock)
        {
            var taken = (_waiting, _group);
            foreach (var line in _waiting)
            {
                line.Queued = false;
            }

            _taken = _waiting.Count;
            (_waiting, _group, _urgent, _gathering) = ([], NewGroup(), false, false);
            return taken;
        }
    }

    /// <summary>Ends what <see cref="Take"/> began: the lines are on disk.</summary>
    public void Done()
    {
        lock (_lock)
        {
            _taken = 0;
        }
    }

    /// <summary>Ends what <see cref="Take"/> began: the lines are not known to be on disk, and wait again before all others.</summary>
    public void PutBack(List<LedgerLine> lines)
    {
        lock (_lock)
        {
            // Those that had news since stand here already.
            var again = lines.FindAll(l => !l.Queued);
            again.ForEach(l => l.Queued = true);
            again.AddRange(_waiting);
            (_waiting, _taken) = (again, 0);
        }
    }

    /// <summary>Makes the waiting short from now on: the gateway ends.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }

        _wake.Set();
    }

    public void Dispose() => _wake.Dispose();

    private static TaskCompletionSource<bool> NewGroup() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
