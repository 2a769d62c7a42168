using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Telemetry;
using Gateway.Tenants;
using Yarp.ReverseProxy.Model;

namespace Gateway.Quotas;

/// <summary>Reserves for exchanges what they may use of their limits, and settles it by what they used.</summary>
internal sealed class QuotaKeeper(QuotaStore store, QuotaQueue queue, QuotaRebuild rebuild, QuotaMetrics metrics, TimeProvider time)
{
    // How much longer than a deployment's silence an exchange can go on of which nothing is heard.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>The limits that apply to an exchange; no two of one key.</summary>
    public static IReadOnlyList<LimitModel> LimitsOf(Exchange exchange)
    {
        var caller = exchange.Caller;
        var quota = caller.Tenant.Quota;
        var ofKey = quota.LimitsOfKey(caller.KeyId, caller.Scope.Limits);
        var ofModel = exchange.Model!.Limits;
        var ofTenantModel = quota.Models.GetValueOrDefault(exchange.Model.Name) ?? [];
        return ofKey.Length + ofModel.Length + ofTenantModel.Length == 0 ? quota.Limits : [.. quota.Limits, .. ofTenantModel, .. ofKey, .. ofModel];
    }

    /// <summary>Reserves all that the exchange can come to, in its <see cref="Exchange.Reservation"/>; or says why it cannot.</summary>
    public async ValueTask<QuotaRefusal?> ReserveAsync(
        Exchange exchange, IReadOnlyList<LimitModel> limits, IReadOnlyList<DestinationState> destinations, CancellationToken cancellationToken)
    {
        var openedAt = RequestIds.TryGetTime(exchange.Id, out var opened) ? opened : time.GetUtcNow();
        var (charges, error) = await Charges.OfAsync(exchange, limits, destinations, openedAt, cancellationToken);
        if (charges is null)
        {
            return new QuotaRefusal(error!, default, []);
        }

        if (await rebuild.EnsureAsync(exchange.Caller.Tenant.Name, charges, exchange.Caller.Gateway.Rates, cancellationToken) is >= 0 and var unknown)
        {
            return Refuse(new QuotaAnswer(QuotaVerdict.Unavailable, unknown), charges);
        }

        var lease = new Lease(exchange.Id, charges, exchange.Model!.Timeout + Margin);
        var answer = await ReserveAsync(lease, exchange.Caller.Tenant, cancellationToken);
        if (!answer.IsAdmitted)
        {
            return Refuse(answer, charges);
        }

        exchange.Reservation = new Reservation(lease, openedAt, time.GetUtcNow());
        metrics.Admitted();
        return null;
    }

    /// <summary>Settles an exchange that has ended, by what is known of its use now.</summary>
    public void Settle(Exchange exchange, ExchangeOutcome outcome)
    {
        if (exchange.Reservation is { } reservation)
        {
            reservation.Use(exchange, outcome, exchange.Caller.Gateway);
            store.Settle(reservation.Lease);
            metrics.Settled(reservation, exchange);
        }
    }

    private ValueTask<QuotaAnswer> ReserveAsync(Lease lease, TenantModel tenant, CancellationToken cancellationToken)
    {
        if (tenant.Quota.Wait is not { } wait)
        {
            // Not to be given up half-way: whether it was reserved would be unknown. The store bounds its time itself.
            return store.ReserveAsync(lease, CancellationToken.None);
        }

        return queue.FindLine(lease.Charges) is >= 0 and var line
            ? queue.WaitAsync(lease, new QuotaAnswer(QuotaVerdict.Refused, line), tenant.Name, wait, cancellationToken)
            : ReserveOrWaitAsync(lease, tenant.Name, wait, cancellationToken);
    }

    private async ValueTask<QuotaAnswer> ReserveOrWaitAsync(Lease lease, string tenant, WaitModel wait, CancellationToken cancellationToken)
    {
        var answer = await store.ReserveAsync(lease, CancellationToken.None);
        return answer.Verdict == QuotaVerdict.Refused && lease.Charges[answer.Index].Limit.IsRate
            ? await queue.WaitAsync(lease, answer, tenant, wait, cancellationToken)
            : answer;
    }

    private QuotaRefusal Refuse(QuotaAnswer answer, Charge[] charges)
    {
        metrics.Refused(charges[answer.Index].Limit, answer.Verdict);
        return new QuotaRefusal(QuotaErrors.Of(answer, charges[answer.Index]), answer, charges);
    }
}

/// <summary>Why an exchange may not go on.</summary>
/// <param name="Error">What the client is told.</param>
/// <param name="Answer">What the limits said.</param>
/// <param name="Charges">What it would have taken; empty where it did not get so far.</param>
internal sealed record QuotaRefusal(ApiError Error, QuotaAnswer Answer, Charge[] Charges);
