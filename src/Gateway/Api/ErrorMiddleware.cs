using Gateway.Exchanges;

namespace Gateway.Api;

/// <summary>
/// The outermost layer: whatever went wrong inside, the client gets an error in OpenAI's shape with a request id. Bare statuses of the
/// framework (404, 405, 415) and of YARP (502, 503, 504) get their body here.
/// </summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, TimeProvider time, ILogger<ErrorMiddleware> logger)
{
    private readonly ILogger _logger = logger;

    public async Task InvokeAsync(HttpContext context)
    {
        RequestIds.Assign(context, time.GetUtcNow());
        RequestIds.Stamp(context);
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await ErrorResponse.WriteAsync(context, ApiError.BadHttp(e));
            return;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (IOException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is not BadHttpRequestException)
        {
            // The exception's message may quote the request; its type and place do not. So Kestrel, which would log it whole, never sees it.
            LogUnhandled(context.TraceIdentifier, e.GetType().FullName, e.StackTrace);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            context.Response.Clear();
            await ErrorResponse.WriteAsync(
                context, ApiError.Internal("The gateway failed on this request. Its log has the details under the request id."));
            return;
        }

        var response = context.Response;
        if (response.StatusCode >= 400 && !response.HasStarted && response.ContentLength is null or 0 && response.ContentType is null
            && !context.RequestAborted.IsCancellationRequested)
        {
            await ErrorResponse.WriteAsync(context, FromStatus(context));
        }
    }

    private static ApiError FromStatus(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var path = context.Request.Path.Value;
        return context.Features.Get<Exchange>()?.Failure ?? status switch
        {
            StatusCodes.Status404NotFound => new ApiError(
                status,
                $"Unknown request URL: {context.Request.Method} {path}.{BaseUrlHint(context.Request.Path)}",
                ApiErrorTypes.InvalidRequest,
                Code: "unknown_url"),
            StatusCodes.Status405MethodNotAllowed => new ApiError(
                status,
                $"Not allowed to {context.Request.Method} on {path}. Allowed: {context.Response.Headers.Allow}.",
                ApiErrorTypes.InvalidRequest,
                Code: "method_not_supported"),
            < 500 => new ApiError(status, $"The request was refused with status {status}.", ApiErrorTypes.InvalidRequest),
            _ => new ApiError(status, $"The request failed with status {status}.", ApiErrorTypes.Server),
        };
    }

    private static string BaseUrlHint(PathString path) =>
        path.StartsWithSegments("/v1/v1", StringComparison.Ordinal) ? " The API's base URL ends with /v1, and it stands here twice."
        : path.StartsWithSegments("/v1", StringComparison.Ordinal) ? ""
        : " The API's base URL ends with /v1.";

    [LoggerMessage(EventId = 1000, Level = LogLevel.Error, Message = "Request {RequestId} failed: {ExceptionType}\n{StackTrace}")]
    private partial void LogUnhandled(string requestId, string? exceptionType, string? stackTrace);
}
