using Gateway.Api;
using Gateway.Telemetry;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Exchanges;

/// <summary>Opens the record of a request and settles it once, however the request ends. The outermost stage.</summary>
internal sealed class ExchangeMiddleware(RequestDelegate next, GatewayMetrics metrics, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var caller = context.Features.GetRequiredFeature<Caller>();
        var endpoint = ApiEndpoint.Of(context.GetRouteModel().Config.RouteId);
        var exchange = new Exchange(caller, endpoint, time.GetTimestamp());
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
            exchange.Envelope?.Dispose();
            metrics.ExchangeSettled(exchange, Outcome(context, exchange, completed), context.Response.StatusCode);
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

        return completed ? ExchangeOutcome.Ok : ExchangeOutcome.Error;
    }
}
