namespace Gateway.Quotas;

/// <summary>
/// Counts over days, weeks or months. A clock that was wrong for a while comes back to what it had counted: the last windows in which something was counted are kept.
/// </summary>
internal sealed class CalendarCounter : Counter
{
    // A week of days, and some more.
    private const int Kept = 10;

    private readonly List<Sums> _windows = [];
    private CalendarWindow _current;

    public override long LeftOf(LimitModel limit, in QuotaMoment now)
    {
        var sums = Find(limit, now);
        return limit.Amount - (sums is null ? 0 : sums.Used + sums.Reserved);
    }

    public override TimeSpan? FreeIn(LimitModel limit, long amount, in QuotaMoment now) =>
        LeftOf(limit, now) >= amount ? TimeSpan.Zero : _current.End - now.Wall;

    public override TimeSpan ResetIn(LimitModel limit, in QuotaMoment now) =>
        Find(limit, now) is { } sums && sums.Used + sums.Reserved > 0 ? _current.End - now.Wall : TimeSpan.Zero;

    public override long Reserve(LimitModel limit, long amount, in QuotaMoment now)
    {
        var sums = FindOrAdd(limit, now);
        sums.Reserved += amount;
        return sums.Start;
    }

    public override void Settle(long place, long reserved, long used, in QuotaMoment now)
    {
        if (_windows.Find(w => w.Start == place) is { } sums)
        {
            sums.Reserved -= reserved;
            sums.Used += used;
        }
    }

    public override void Seed(LimitModel limit, LedgerUse use, in QuotaMoment now)
    {
        // Only what is of the window that goes on.
        var current = CalendarWindow.At(limit.Key.Window, limit.Zone, now.Wall);
        if (use.At >= current.Start && use.At < current.End)
        {
            FindOrAdd(limit, now).Used += use.Amount;
        }
    }

    public override LimitStatus StatusOf(LimitModel limit, in QuotaMoment now)
    {
        var sums = Find(limit, now);
        return new(limit, limit.Amount, sums?.Used ?? 0, sums?.Reserved ?? 0, ResetIn(limit, now));
    }

    public override bool IsIdle(in QuotaMoment now)
    {
        // Not before a clock that went forward by mistake would have been put back.
        var before = (now.Wall - TimeSpan.FromDays(7)).UtcTicks;
        return _windows.TrueForAll(w => w.Reserved == 0 && w.End < before);
    }

    private Sums? Find(LimitModel limit, in QuotaMoment now)
    {
        if (now.Wall < _current.Start || now.Wall >= _current.End)
        {
            _current = CalendarWindow.At(limit.Key.Window, limit.Zone, now.Wall);
        }

        // The last is the current one, but for clocks that were set back.
        var start = _current.Start.UtcTicks;
        for (var i = _windows.Count - 1; i >= 0; i--)
        {
            if (_windows[i].Start == start)
            {
                return _windows[i];
            }
        }

        return null;
    }

    private Sums FindOrAdd(LimitModel limit, in QuotaMoment now)
    {
        if (Find(limit, now) is { } found)
        {
            return found;
        }

        if (_windows.Count == Kept)
        {
            _windows.Remove(_windows.MinBy(w => w.Start)!);
        }

        var sums = new Sums { Start = _current.Start.UtcTicks, End = _current.End.UtcTicks };
        _windows.Add(sums);
        return sums;
    }

    private sealed class Sums
    {
        public long Start;
        public long End;
        public long Used;
        public long Reserved;
    }
}
