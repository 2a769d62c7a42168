namespace Gateway.Llama.Scheduling;

/// <summary>The tenants that an engine has seen. For the intake's lock.</summary>
internal sealed class TenantList
{
    // Those that went are remembered, so that nobody gains by going and coming again; of so many at most.
    private const int MostTenants = 4096;

    private readonly Dictionary<string, Tenant> _tenants = new(StringComparer.Ordinal);

    /// <summary>What was done for each.</summary>
    public TenantCounts Counts { get; } = new();

    /// <summary>The tenant of this name, known from now on.</summary>
    public Tenant Of(string name)
    {
        if (_tenants.TryGetValue(name, out var tenant))
        {
            return tenant;
        }

        if (_tenants.Count >= MostTenants)
        {
            foreach (var gone in _tenants.Values.Where(static t => t.InFlight == 0).ToList())
            {
                _tenants.Remove(gone.Name);
            }
        }

        tenant = new Tenant(name, Counts.Of(name));
        _tenants.Add(name, tenant);
        return tenant;
    }
}
