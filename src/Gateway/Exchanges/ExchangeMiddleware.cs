using Gateway.Api;
using Gateway.Ledger;
using Gateway.Quotas;
using Gateway.Residency;
using Gateway.Telemetry;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Exchanges;

/// <summary>Opens the record of a request and settles it once, however the request ends. The outermost stage.</summary>
internal sealed partial class ExchangeMiddleware(
    RequestDelegate next, GatewayMetrics metrics, QuotaKeeper quotas, CapKeeper caps, LedgerKeeper ledger, TimeProvider time, ILogger<ExchangeMiddleware> logger)
{
    private readonly ILogger _logger = logger;

    public async Task InvokeAsync(HttpContext context)
    {
        var caller = context.Features.GetRequiredFeature<Caller>();
        var endpoint = ApiEndpoint.Of(context.GetRouteModel().Config.RouteId);
        var exchange = new Exchange(context.TraceIdentifier, caller, endpoint, time.GetTimestamp());
        context.Features.Set(exchange);
        metrics.ExchangeOpened(exchange);
        var completed = false;
        try
        {
            await next(context);
            completed = true;
        }
        finally
        {
            // Where the answer was broken off, by whomever, what there was of it counts.
            exchange.Usage ??= exchange.Meter?.Invoke();
            exchange.Envelope?.Dispose();
            exchange.EndLease();
            exchange.Screening?.Redaction?.Dispose();
            caps.Settle(exchange);
            var outcome = Outcome(context, exchange, completed);
            var status = Status(context.Response, outcome, completed);
            quotas.Settle(exchange, outcome);
            metrics.ExchangeSettled(exchange, outcome, status);
            ledger.Close(context, exchange, outcome, status);
            if (outcome == ExchangeOutcome.UpstreamError)
            {
                LogUpstreamError(context.TraceIdentifier, exchange.Deployment?.Name, status, exchange.Failure?.Code);
            }
        }
    }

    private static ExchangeOutcome Outcome(HttpContext context, Exchange exchange, bool completed)
    {
        if (exchange.Outcome != ExchangeOutcome.Ok)
        {
            return exchange.Outcome;
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            return ExchangeOutcome.ClientGone;
        }

        // YARP does not throw. What is known to be wrong with the upstream was noted above, so the rest is the client's end of the connection.
        return context.Features.Get<IForwarderErrorFeature>()?.Error switch
        {
            null => completed ? ExchangeOutcome.Ok : ExchangeOutcome.Error,
            ForwarderError.ResponseHeaders => ExchangeOutcome.Error,
            ForwarderError.ResponseBodyDestination => ExchangeOutcome.UpstreamError,
            _ => ExchangeOutcome.ClientGone,
        };
    }

    // What the client got, or would have got: an exception becomes a 500 further out, and nothing at all counts as nginx's 499.
    private static int Status(HttpResponse response, ExchangeOutcome outcome, bool completed) =>
        response.HasStarted ? response.StatusCode
        : outcome == ExchangeOutcome.ClientGone ? StatusCodes.Status499ClientClosedRequest
        : completed ? response.StatusCode
        : StatusCodes.Status500InternalServerError;

    // A 401 here is the gateway's key that the upstream refuses, not the client's.
    [LoggerMessage(EventId = 6000, Level = LogLevel.Warning, Message = "Request {RequestId}: deployment {Deployment} failed, status {Status} {Code}")]
    private partial void LogUpstreamError(string requestId, string? deployment, int status, string? code);
}
