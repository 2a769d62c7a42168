using System.Buffers;
using Gateway.Api;

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
        finally
        {
            if (owned)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        await next(context);
    }

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
