using Gateway.Api;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Exchanges;

internal static class ExchangeExtensions
{
    /// <summary>The exchange that the request belongs to; there is one inside of <see cref="ExchangeMiddleware"/>.</summary>
    public static Exchange GetExchange(this HttpContext context) => context.Features.GetRequiredFeature<Exchange>();

    /// <summary>Ends the exchange with an error that the client is told.</summary>
    public static Task RefuseAsync(this Exchange exchange, HttpContext context, ApiError error)
    {
        exchange.Fail(error.Status < StatusCodes.Status500InternalServerError ? ExchangeOutcome.Refused : ExchangeOutcome.Error, error);
        return ErrorResponse.WriteAsync(context, error);
    }
}
