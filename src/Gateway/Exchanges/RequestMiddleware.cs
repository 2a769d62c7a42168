using System.Buffers;
using Gateway.Api;

namespace Gateway.Exchanges;

/// <summary>Reads the body and its envelope.</summary>
internal sealed class RequestMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var body = await RequestBody.ReadAsync(context, exchange.Caller.Gateway.BodyLimit);
        if (body.Buffer is null)
        {
            exchange.Fail(body.Outcome, body.Error);
            if (body.Error is { } refusal)
            {
                await ErrorResponse.WriteAsync(context, refusal);
            }

            return;
        }

        if (RequestEnvelopeReader.Read(body.Buffer, body.Length, out var error) is not { } envelope)
        {
            ArrayPool<byte>.Shared.Return(body.Buffer);
            await exchange.RefuseAsync(context, error!);
            return;
        }

        exchange.Envelope = envelope;
        await next(context);
    }
}
