using System.Diagnostics.Metrics;
using Gateway.Ledger;

namespace Gateway.Telemetry;

/// <summary>The instruments of the ledger, read when somebody asks.</summary>
internal sealed class LedgerMetrics
{
    public LedgerMetrics(IMeterFactory meters, LedgerWriter writer)
    {
        var meter = meters.Create(GatewayMetrics.MeterName);
        meter.CreateObservableGauge(
            "gateway.ledger.available",
            () => new Measurement<int>(writer.Health.IsAvailable ? 1 : 0, new KeyValuePair<string, object?>("error.type", writer.Health.Error?.Code)),
            description: "1 while the ledger can be written; 0 with the reason as error_type.");
        meter.CreateObservableGauge("gateway.ledger.waiting", () => writer.Waiting, "{line}", "Lines that wait in memory for the store.");
        meter.CreateObservableCounter("gateway.ledger.lines", () => writer.Written, "{line}", "Lines written: opened, closed, or both at once.");
        meter.CreateObservableCounter("gateway.ledger.commits", () => writer.Commits, "{commit}", "Transactions that lines were written in.");
        meter.CreateObservableCounter("gateway.ledger.failures", () => writer.Failures, "{failure}", "Times that the store did not take what was to be written.");
    }
}
