namespace Gateway.Telemetry;

/// <summary>
/// Tenants as labels. The configuration may name thousands, and each is a series for every deployment that it uses: the first come have their own
/// name for good, all others share one. So no count ever goes from one label to another.
/// </summary>
internal sealed class TenantLabels
{
    /// <summary>Names: with the other one, 7 metrics and 10 deployments that all of them use that is 201 * 7 * 10 = 14,070 series.</summary>
    public const int Most = 200;

    /// <summary>The label of all others. No tenant has this name, since names begin with a letter or a digit.</summary>
    public const string Other = "_other";

    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public string Of(string tenant)
    {
        lock (_lock)
        {
            return tenant.Length > 0 && (_names.Contains(tenant) || (_names.Count < Most && _names.Add(tenant))) ? tenant : Other;
        }
    }
}
