using Gateway.Admin;
using Gateway.Routing;

namespace Gateway.Quotas;

/// <summary>How far limits are used, for people who look after them.</summary>
internal sealed class QuotaReport(GatewayState state, QuotaStore store, QuotaRebuild rebuild)
{
    /// <summary>The limits of a tenant, or of all tenants and of models over all of them.</summary>
    /// <param name="tenant">Name of the tenant; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<QuotaJson>> ReadAsync(string? tenant, CancellationToken cancellationToken)
    {
        var gateway = state.Acquire();
        try
        {
            var limits = new List<(LimitModel Limit, string? Tenant)>();
            foreach (var one in gateway.Access.Tenants.Values.Where(t => tenant is null || string.Equals(t.Name, tenant, StringComparison.Ordinal)).OrderBy(t => t.Name, StringComparer.Ordinal))
            {
                limits.AddRange(one.Quota.All.Select(l => (l, (string?)one.Name)));
            }

            if (tenant is null)
            {
                limits.AddRange(gateway.Models.Values.OrderBy(m => m.Name, StringComparer.Ordinal).SelectMany(m => m.Limits).Select(l => (l, (string?)null)));
            }

            foreach (var (limit, owner) in limits)
            {
                // What cannot be read is shown as far as it is counted.
                await rebuild.EnsureAsync(owner ?? "", limit, gateway.Rates, cancellationToken);
            }

            var statuses = await store.ReadAsync([.. limits.Select(l => l.Limit)], cancellationToken);
            return [.. statuses.Zip(limits, (status, limit) => QuotaJson.Of(status, limit.Tenant))];
        }
        finally
        {
            gateway.Release();
        }
    }
}
