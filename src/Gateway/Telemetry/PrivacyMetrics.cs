using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Privacy;

namespace Gateway.Telemetry;

/// <summary>How much personal data of what kind requests hold.</summary>
internal sealed class PrivacyMetrics
{
    private readonly Counter<int> _findings;
    private readonly Counter<int> _incomplete;

    public PrivacyMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(GatewayMetrics.MeterName);
        _findings = meter.CreateCounter<int>("gateway.privacy.findings", "{finding}", "Personal data found in requests and in answers, by kind.");
        _incomplete = meter.CreateCounter<int>("gateway.privacy.incomplete", "{request}", "Requests that were not searched to their end, and were raised to the highest class; answers that were not.");
    }

    public void Found(string tenant, Findings findings, PrivacyDirection direction)
    {
        var where = direction == PrivacyDirection.Request ? "request" : "answer";
        foreach (var (kind, count) in findings.Counts)
        {
            _findings.Add(count, new("gateway.tenant", tenant), new("gateway.kind", kind), new KeyValuePair<string, object?>("gateway.direction", where));
        }

        if (findings.IsIncomplete)
        {
            _incomplete.Add(1, new("gateway.tenant", tenant), new KeyValuePair<string, object?>("gateway.direction", where));
        }
    }
}
