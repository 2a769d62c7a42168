using System.Globalization;
using Gateway.Exchanges;

namespace Gateway.Quotas;

/// <summary>Nothing is answered beyond a limit: what a request can come to is reserved before it goes on.</summary>
internal sealed class QuotaMiddleware(RequestDelegate next, QuotaKeeper keeper)
{
    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var limits = QuotaKeeper.LimitsOf(exchange);
        return limits.Count == 0 ? next(context) : ReserveAsync(context, exchange, limits);
    }

    private async Task ReserveAsync(HttpContext context, Exchange exchange, IReadOnlyList<LimitModel> limits)
    {
        QuotaRefusal? refusal;
        try
        {
            refusal = await keeper.ReserveAsync(exchange, limits, context.GetReverseProxyFeature().AvailableDestinations, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client did not wait for its turn.
            return;
        }

        if (refusal is null)
        {
            // At the last moment: on the way there the answer of a deployment that is given up is cleared, with its headers.
            context.Response.OnStarting(
                static state =>
                {
                    var (response, charges) = ((HttpResponse, Charge[]))state;
                    QuotaHeaders.Write(response.Headers, charges);
                    return Task.CompletedTask;
                },
                (context.Response, exchange.Reservation!.Lease.Charges));
            await next(context);
            return;
        }

        var headers = context.Response.Headers;
        QuotaHeaders.Write(headers, refusal.Charges);
        if (refusal.Answer is { Verdict: QuotaVerdict.Refused, RetryAfter: { } wait })
        {
            headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }
        else if (refusal.Error.RetryAfter is null)
        {
            // OpenAI's clients retry every 429 but this.
            headers["x-should-retry"] = "false";
        }

        await exchange.RefuseAsync(context, refusal.Error);
    }
}
