using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Quotas;

namespace Gateway.Telemetry;

/// <summary>The instruments of limits. Owners are labels by their kind only: which tenant it was is in the ledger.</summary>
internal sealed class QuotaMetrics
{
    private readonly Counter<long> _admitted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _reserved;
    private readonly Counter<long> _used;
    private readonly Counter<long> _beyond;

    public QuotaMetrics(IMeterFactory meters, QuotaQueue queue)
    {
        var meter = meters.Create(GatewayMetrics.MeterName);
        _admitted = meter.CreateCounter<long>("gateway.quota.admitted", "{request}", "Requests that limits apply to and that were let through.");
        _refused = meter.CreateCounter<long>("gateway.quota.refused", "{request}", "Requests over a limit, by what it counts, its window and its owner.");
        _reserved = meter.CreateCounter<long>("gateway.quota.reserved", "{token}", "Tokens reserved by requests that have ended.");
        _used = meter.CreateCounter<long>("gateway.quota.used", "{token}", "Tokens that they used of it.");
        _beyond = meter.CreateCounter<long>("gateway.quota.beyond", "{request}", "Requests that used more tokens than they had reserved; all were counted.");
        meter.CreateObservableGauge("gateway.quota.waiting", () => queue.Count, "{request}", "Requests that wait for a limit to let them through.");
    }

    public void Admitted() => _admitted.Add(1);

    public void Refused(LimitModel limit, QuotaVerdict verdict) => _refused.Add(
        1,
        new("quota.measure", ConfigWords.Word(limit.Key.Measure)),
        new("quota.window", ConfigWords.Word(limit.Key.Window)),
        new("quota.owner", ConfigWords.Word(limit.Key.Owner)),
        new KeyValuePair<string, object?>("quota.verdict", ConfigWords.Word(verdict)));

    public void Settled(Reservation reservation, Exchange exchange)
    {
        if (reservation.Tokens is not { } reserved)
        {
            return;
        }

        var used = exchange.Usage is { } usage ? (long)usage.InputTokens + usage.OutputTokens : 0;
        _reserved.Add(reserved);
        _used.Add(used);
        if (used > reserved)
        {
            _beyond.Add(1);
        }
    }
}
