namespace Gateway.Quotas;

/// <summary>What is counted, for whom and over which time: the identity of a counter. How much is allowed is no part of it, so that another amount applies to what is counted already.</summary>
/// <param name="Owner">Whose limit it is.</param>
/// <param name="Name">Name of the tenant or the model, or id of the key; of a <see cref="QuotaOwner.TenantModel"/> the tenant.</param>
/// <param name="Model">The model of a <see cref="QuotaOwner.TenantModel"/>; empty for others.</param>
/// <param name="Measure">What is counted.</param>
/// <param name="Window">Over which time; <see cref="QuotaWindow.None"/> just for <see cref="QuotaMeasure.Concurrent"/> and <see cref="QuotaMeasure.Balance"/>.</param>
/// <param name="Currency">Of money and balances, by ISO 4217; empty for others.</param>
/// <param name="Zone">Id of the time zone that the days, weeks and months are of; empty for others. In another zone the same use falls into other windows.</param>
internal sealed record LimitKey(
    QuotaOwner Owner, string Name, string Model, QuotaMeasure Measure, QuotaWindow Window, string Currency = "", string Zone = "")
{
    /// <summary>The key in one text, the same in every process; a space stands in none of its parts.</summary>
    public string Text { get; } = $"{Owner} {Name} {Model} {Measure} {Window} {Currency} {Zone}";

    // A counter is looked up for every limit of every request.
    private readonly int _hash = string.GetHashCode($"{Owner} {Name} {Model} {Measure} {Window} {Currency} {Zone}", StringComparison.Ordinal);

    public bool Equals(LimitKey? other) => ReferenceEquals(this, other) || (other is not null && _hash == other._hash && string.Equals(Text, other.Text, StringComparison.Ordinal));

    public override int GetHashCode() => _hash;

    public override string ToString() => Text;
}

/// <summary>Whose a limit is.</summary>
internal enum QuotaOwner
{
    Tenant,
    Key,

    /// <summary>A model, over all tenants.</summary>
    Model,

    /// <summary>A model as one tenant uses it.</summary>
    TenantModel,
}

/// <summary>What a limit counts.</summary>
internal enum QuotaMeasure
{
    Requests,

    /// <summary>Of prompts and answers together.</summary>
    Tokens,

    /// <summary>Requests under way.</summary>
    Concurrent,

    /// <summary>In billionths of the currency's unit.</summary>
    Money,

    /// <summary>What was paid ahead and is not spent, in billionths of the currency's unit. Its limit is what was paid in.</summary>
    Balance,
}

/// <summary>The time that a limit is for.</summary>
internal enum QuotaWindow
{
    None,

    /// <summary>Any second; so are minute and hour: see <see cref="SlidingWindow"/>.</summary>
    Second,
    Minute,
    Hour,

    /// <summary>A day of the calendar; so are week and month: see <see cref="CalendarWindow"/>.</summary>
    Day,

    /// <summary>From Monday on.</summary>
    Week,
    Month,
}
