using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Ledger;

/// <summary>Nothing leaves before its line is in the ledger, as durably as its class of data asks for.</summary>
internal sealed class LedgerMiddleware(RequestDelegate next, LedgerKeeper keeper)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        await (await keeper.OpenAsync(context, exchange) ? next(context) : exchange.RefuseAsync(context, ApiError.LedgerUnavailable));
    }
}
