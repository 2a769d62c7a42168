using System.Collections.Concurrent;
using System.Collections.Frozen;
using Gateway.Configuration;

namespace Gateway.Quotas;

/// <summary>The limits of a tenant, of its keys, and of models as it uses them: part of the snapshot that requests go by.</summary>
internal sealed class TenantQuota
{
    public static readonly TenantQuota None = new([], FrozenDictionary<string, LimitModel[]>.Empty, QuotaPlace.OfNode, FrozenDictionary<string, string>.Empty, wait: null);

    private readonly ConcurrentDictionary<string, KeyLimits> _keys = new(StringComparer.Ordinal);
    private readonly FrozenDictionary<string, string> _keyNames;

    private TenantQuota(
        LimitModel[] limits, FrozenDictionary<string, LimitModel[]> models, QuotaPlace place, FrozenDictionary<string, string> keyNames, WaitModel? wait) =>
        (Limits, Models, Place, _keyNames, Wait) = (limits, models, place, keyNames, wait);

    /// <summary>Of all that the tenant does; with its balance, if it pays ahead.</summary>
    public LimitModel[] Limits { get; }

    /// <summary>Of what it does with single models.</summary>
    public FrozenDictionary<string, LimitModel[]> Models { get; }

    /// <summary>Where its days begin, and in what it pays.</summary>
    public QuotaPlace Place { get; }

    /// <summary>Whether, and how long, its requests wait for a place; null when they do not.</summary>
    public WaitModel? Wait { get; }

    /// <summary>The balance that it pays from; null when it does not pay ahead.</summary>
    public LimitModel? Balance => Array.Find(Limits, l => l.Key.Measure == QuotaMeasure.Balance);

    /// <summary>All of them: of keys those that are declared with limits, or were used.</summary>
    public IEnumerable<LimitModel> All => [.. Limits, .. Models.OrderBy(m => m.Key, StringComparer.Ordinal).SelectMany(m => m.Value), .. _keys.OrderBy(k => k.Key, StringComparer.Ordinal).SelectMany(k => k.Value.Limits)];

    /// <param name="tenant">A tenant without errors.</param>
    /// <param name="config">The configuration that it is in.</param>
    public static TenantQuota Of(TenantConfig tenant, GatewayConfig config)
    {
        var plan = tenant.Plan is null ? null : config.Plans.First(p => string.Equals(p.Name, tenant.Plan, StringComparison.Ordinal));
        var place = QuotaPlace.Of(tenant);
        var words = $"tenant `{tenant.Name}`";
        var limits = new[] { plan?.Limits, tenant.Limits }.SelectMany(l => LimitModels.Of(l, QuotaOwner.Tenant, tenant.Name, "", place, words));
        if (tenant.Balance == BalanceMode.Prepaid)
        {
            limits = limits.Append(BalanceOf(tenant.Name, place));
        }

        var quota = new TenantQuota(
            LimitModels.Merge(limits),
            (plan?.Models ?? []).ToFrozenDictionary(
                m => m.Name,
                m => LimitModels.Merge(LimitModels.Of(m.Limits, QuotaOwner.TenantModel, tenant.Name, m.Name, place, $"model `{m.Name}` for tenant `{tenant.Name}`")),
                StringComparer.Ordinal),
            place,
            tenant.Keys.ToFrozenDictionary(k => Tenants.KeyModel.IdOf(tenant.Name, k.Name), k => k.Name, StringComparer.Ordinal),
            plan?.Wait is { } wait ? new WaitModel(wait.Max, wait.Weight) : null);
        foreach (var key in tenant.Keys)
        {
            quota.LimitsOfKey(Tenants.KeyModel.IdOf(tenant.Name, key.Name), key.Limits);
        }

        return quota;
    }

    /// <summary>The balance of a tenant as a limit.</summary>
    public static LimitModel BalanceOf(string tenant, QuotaPlace place) => new(
        new LimitKey(QuotaOwner.Tenant, tenant, "", QuotaMeasure.Balance, QuotaWindow.None, place.Currency!), 0, place.Zone, $"tenant `{tenant}`", SharesWithoutStore: false);

    /// <summary>The limits of a key.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="config">What its scope says; null when nothing.</param>
    public LimitModel[] LimitsOfKey(string id, QuotaConfig? config)
    {
        if (config is null)
        {
            return [];
        }

        if (_keys.TryGetValue(id, out var known) && ReferenceEquals(known.Config, config))
        {
            return known.Limits;
        }

        // A key made at run time without a currency of its own where the tenant has none any more cannot have its money counted: it is refused.
        var usable = Place.Currency is not null || config.Money.All(m => m.Currency is not null) ? config : new QuotaConfig { RequestsPerSecond = 0 };
        var limits = LimitModels.Merge(LimitModels.Of(usable, QuotaOwner.Key, id, "", Place, $"key `{_keyNames.GetValueOrDefault(id, id)}`"));
        _keys[id] = new KeyLimits(config, limits);
        return limits;
    }

    private sealed record KeyLimits(QuotaConfig Config, LimitModel[] Limits);
}

/// <summary>How requests over a limit wait.</summary>
/// <param name="Max">How long at most.</param>
/// <param name="Weight">Share of the tenant among those that wait for the same limit.</param>
internal sealed record WaitModel(TimeSpan Max, int Weight);
