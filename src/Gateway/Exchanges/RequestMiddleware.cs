using System.Buffers;
using Gateway.Api;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Exchanges;

/// <summary>
/// Reads the body, up to the limit, into one pooled buffer, and its envelope. Memory follows what has arrived, not what the headers promise.
/// </summary>
internal sealed class RequestMiddleware(RequestDelegate next)
{
    private const int InitialBuffer = 16 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var request = context.Request;
        var limit = exchange.Caller.Gateway.BodyLimit;
        if (request.ContentLength > limit)
        {
            await RefuseTooLargeAsync(context, exchange, limit);
            return;
        }

        // Without a body and with an upgrade, what follows would be the other protocol's, and YARP would ask the upstream for it.
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            context.Response.Headers.Connection = "close";
            await exchange.RefuseAsync(context, ApiError.BadRequest(
                $"The connection cannot be upgraded to '{request.Headers.Upgrade}'. Send a request with a body.", code: "upgrade_not_supported"));
            return;
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            await exchange.RefuseAsync(context, new ApiError(
                StatusCodes.Status415UnsupportedMediaType,
                $"The request body has the encoding '{request.Headers.ContentEncoding}'. Send it as plain JSON.",
                ApiErrorTypes.InvalidRequest,
                Code: "unsupported_content_encoding"));
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp((request.ContentLength ?? 0) + 1, 1, InitialBuffer));
        var owned = true;
        try
        {
            var length = 0;
            int read;
            while ((read = await request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted)) > 0)
            {
                length += read;
                if (length > limit)
                {
                    await RefuseTooLargeAsync(context, exchange, limit);
                    return;
                }

                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length);
                }
            }

            var envelope = RequestEnvelopeReader.Read(buffer, length, out var error);
            if (envelope is null)
            {
                await exchange.RefuseAsync(context, error!);
                return;
            }

            exchange.Envelope = envelope;
            owned = false;
        }
        catch (BadHttpRequestException e)
        {
            exchange.Fail(IsCutOff(e) ? ExchangeOutcome.ClientGone : ExchangeOutcome.Refused, failure: null);
            await ErrorResponse.WriteAsync(context, ApiError.BadHttp(e));
            return;
        }
        catch (IOException)
        {
            // The connection broke; there is nobody to tell.
            exchange.Fail(ExchangeOutcome.ClientGone, failure: null);
            context.Abort();
            return;
        }
        finally
        {
            if (owned)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        await next(context);
    }

    // Kestrel has no other public mark of it. The client may still read, having closed only its sending side, so it is told all the same.
    private static bool IsCutOff(BadHttpRequestException e) => e.Message.StartsWith("Unexpected end of request content", StringComparison.Ordinal);

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    // The rest of the body is not read, so the connection cannot be used again.
    private static Task RefuseTooLargeAsync(HttpContext context, Exchange exchange, long limit)
    {
        context.Response.Headers.Connection = "close";
        return exchange.RefuseAsync(context, ApiError.BodyTooLarge(limit));
    }
}
