namespace Gateway.Quotas;

/// <summary>Counts requests under way.</summary>
internal sealed class SlotCounter : Counter
{
    private long _taken;

    public override long LeftOf(LimitModel limit, in QuotaMoment now) => limit.Amount - _taken;

    public override TimeSpan? FreeIn(LimitModel limit, long amount, in QuotaMoment now) => _taken + amount <= limit.Amount ? TimeSpan.Zero : null;

    public override TimeSpan ResetIn(LimitModel limit, in QuotaMoment now) => TimeSpan.Zero;

    public override long Reserve(LimitModel limit, long amount, in QuotaMoment now)
    {
        _taken += amount;
        return 0;
    }

    public override void Settle(long place, long reserved, long used, in QuotaMoment now) => _taken -= reserved;

    public override void Seed(LimitModel limit, LedgerUse use, in QuotaMoment now)
    {
    }

    public override LimitStatus StatusOf(LimitModel limit, in QuotaMoment now) => new(limit, limit.Amount, 0, _taken, TimeSpan.Zero);

    public override bool IsIdle(in QuotaMoment now) => _taken == 0;
}
