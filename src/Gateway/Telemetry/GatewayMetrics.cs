using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Exchanges;

namespace Gateway.Telemetry;

/// <summary>
/// The instruments of exchanges. Names and units follow OpenTelemetry's GenAI conventions where those have one. Labels hold words of the
/// configuration only, never text of a request.
/// </summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "Gateway";

    // A name that nobody configured must not become a label: clients could make any number of them.
    private const string UnknownModel = "_unknown";

    // Bounds as OpenTelemetry's conventions give them for these histograms, in seconds and in tokens.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
    };

    private static readonly InstrumentAdvice<double> FirstTokens = new()
    {
        HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0],
    };

    private static readonly InstrumentAdvice<int> Tokens = new()
    {
        HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
    };

    private readonly TimeProvider _time;
    private readonly UpDownCounter<int> _active;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<int> _tokens;

    public GatewayMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(MeterName);
        _active = meter.CreateUpDownCounter<int>("gateway.exchanges.active", "{exchange}", "Requests in progress.");
        _duration = meter.CreateHistogram(
            "gen_ai.server.request.duration", "s", "Time from the first byte of a request to the last byte of its answer.", tags: null, Durations);
        _firstToken = meter.CreateHistogram(
            "gen_ai.server.time_to_first_token", "s", "Time from the first byte of a request to the first content of its answer.", tags: null, FirstTokens);
        _tokens = meter.CreateHistogram(
            "gen_ai.client.token.usage", "{token}", "Tokens of prompts (input) and answers (output).", tags: null, Tokens);
    }

    public void ExchangeOpened(Exchange exchange) =>
        _active.Add(1, new KeyValuePair<string, object?>("gen_ai.operation.name", exchange.Endpoint.Operation));

    public void ExchangeSettled(Exchange exchange, ExchangeOutcome outcome, int status)
    {
        var operation = new KeyValuePair<string, object?>("gen_ai.operation.name", exchange.Endpoint.Operation);
        _active.Add(-1, operation);

        var tags = new TagList
        {
            operation,
            new("gen_ai.request.model", exchange.Model?.Name ?? UnknownModel),
            new("gateway.tenant", exchange.Caller.Tenant.Name),
            new("gateway.deployment", exchange.Deployment?.Name),
        };
        if (exchange.FirstTokenAt != 0)
        {
            _firstToken.Record(_time.GetElapsedTime(exchange.StartedAt, exchange.FirstTokenAt).TotalSeconds, tags);
        }

        if (exchange.Usage is { } usage)
        {
            RecordTokens(usage.InputTokens, "input", tags);
            RecordTokens(usage.OutputTokens, "output", tags);
        }

        tags.Add("http.response.status_code", status);
        tags.Add("gateway.outcome", OutcomeWords.Of(outcome));
        _duration.Record(_time.GetElapsedTime(exchange.StartedAt).TotalSeconds, tags);
    }

    private void RecordTokens(int count, string type, TagList tags)
    {
        tags.Add("gen_ai.token.type", type);
        _tokens.Record(count, tags);
    }
}
