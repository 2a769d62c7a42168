using Gateway.Api;

namespace Gateway.Admin;

/// <summary>An expected failure, as an endpoint's result.</summary>
internal sealed class ErrorResult(ApiError error) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => ErrorResponse.WriteAsync(httpContext, error);
}
