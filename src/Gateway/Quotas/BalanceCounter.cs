namespace Gateway.Quotas;

/// <summary>Counts what is left of what was paid ahead.</summary>
internal sealed class BalanceCounter : Counter
{
    private long _paid;
    private long _spent;
    private long _reserved;
    private long _version = -1;

    /// <summary>As <see cref="QuotaStore.SetBalanceAsync"/>.</summary>
    public void Set(long paid, long spent, long version)
    {
        // What is spent is known from the ledger at first, and better here from then on: the ledger has it a moment later.
        if (!IsSeeded)
        {
            (_spent, IsSeeded) = (_spent + spent, true);
        }

        if (version > _version)
        {
            (_paid, _version) = (paid, version);
        }
    }

    public override long LeftOf(LimitModel limit, in QuotaMoment now) => _paid - _spent - _reserved;

    public override TimeSpan? FreeIn(LimitModel limit, long amount, in QuotaMoment now) => LeftOf(limit, now) >= amount ? TimeSpan.Zero : null;

    public override TimeSpan ResetIn(LimitModel limit, in QuotaMoment now) => TimeSpan.Zero;

    public override long Reserve(LimitModel limit, long amount, in QuotaMoment now)
    {
        _reserved += amount;
        return 0;
    }

    public override void Settle(long place, long reserved, long used, in QuotaMoment now) => (_reserved, _spent) = (_reserved - reserved, _spent + used);

    public override void Seed(LimitModel limit, LedgerUse use, in QuotaMoment now)
    {
    }

    public override LimitStatus StatusOf(LimitModel limit, in QuotaMoment now) => new(limit, _paid, _spent, _reserved, TimeSpan.Zero);

    public override bool IsIdle(in QuotaMoment now) => false;
}
