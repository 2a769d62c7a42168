using System.Buffers;
using Gateway.Api;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Exchanges;

/// <summary>
/// A request's body in one pooled buffer, up to the limit; or why there is none. Memory follows what has arrived, not what the headers promise.
/// </summary>
/// <param name="Buffer">A rented array, for the reader to return; null when there is no body.</param>
/// <param name="Length">Bytes of it that are the body.</param>
/// <param name="Error">What to tell the client; null when it is gone.</param>
/// <param name="Outcome">How an exchange ends with it.</param>
internal readonly record struct RequestBody(byte[]? Buffer, int Length, ApiError? Error, ExchangeOutcome Outcome)
{
    private const int InitialBuffer = 16 * 1024;

    public static async ValueTask<RequestBody> ReadAsync(HttpContext context, long limit)
    {
        if (Check(context, limit) is { } error)
        {
            return Refuse(error);
        }

        var request = context.Request;
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
                    return Refuse(TooLarge(context, limit));
                }

                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length);
                }
            }

            owned = false;
            return new(buffer, length, null, ExchangeOutcome.Ok);
        }
        catch (BadHttpRequestException e)
        {
            return new(null, 0, ApiError.BadHttp(e), IsCutOff(e) ? ExchangeOutcome.ClientGone : ExchangeOutcome.Refused);
        }
        catch (IOException)
        {
            // The connection broke; there is nobody to tell.
            context.Abort();
            return new(null, 0, null, ExchangeOutcome.ClientGone);
        }
        finally
        {
            if (owned)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static ApiError? Check(HttpContext context, long limit)
    {
        var request = context.Request;
        if (request.ContentLength > limit)
        {
            return TooLarge(context, limit);
        }

        // Without a body and with an upgrade, what follows would be the other protocol's, and YARP would ask the upstream for it.
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            context.Response.Headers.Connection = "close";
            return ApiError.BadRequest(
                $"The connection cannot be upgraded to '{request.Headers.Upgrade}'. Send a request with a body.", code: "upgrade_not_supported");
        }

        return request.Headers.ContentEncoding.Count == 0
            ? null
            : new ApiError(
                StatusCodes.Status415UnsupportedMediaType,
                $"The request body has the encoding '{request.Headers.ContentEncoding}'. Send it as plain JSON.",
                ApiErrorTypes.InvalidRequest,
                Code: "unsupported_content_encoding");
    }

    private static RequestBody Refuse(ApiError error) => new(null, 0, error, ExchangeOutcome.Refused);

    // The rest of the body is not read, so the connection cannot be used again.
    private static ApiError TooLarge(HttpContext context, long limit)
    {
        context.Response.Headers.Connection = "close";
        return ApiError.BodyTooLarge(limit);
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
}
