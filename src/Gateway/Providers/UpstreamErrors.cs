using Gateway.Api;
using Gateway.Residency.Guard;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Providers;

/// <summary>What the client is told when an upstream does not answer as it should. Never the upstream's own words: they may hold anything.</summary>
internal static class UpstreamErrors
{
    public static ApiError From(Upstream upstream, IForwarderErrorFeature error) => error.Error switch
    {
        // HttpClient tells its connect time-out, and only that, by the exception inside.
        ForwarderError.RequestTimedOut when error.Exception?.InnerException is TimeoutException =>
            Unreachable(upstream, $"no connection was made within {UpstreamClientFactory.ConnectTimeout.TotalSeconds:0} seconds"),
        ForwarderError.RequestTimedOut => TimedOut(upstream),
        _ => Unreachable(upstream, Reason(error.Exception)),
    };

    public static ApiError TimedOut(Upstream upstream) => new(
        StatusCodes.Status504GatewayTimeout,
        $"The deployment '{upstream.Deployment}' was silent for longer than {upstream.Timeout.TotalSeconds:0.###} seconds.",
        ApiErrorTypes.Upstream,
        Code: "upstream_timeout");

    public static ApiError Unreachable(Upstream upstream, string reason) => new(
        StatusCodes.Status502BadGateway,
        $"The deployment '{upstream.Deployment}' could not answer: {reason}.",
        ApiErrorTypes.Upstream,
        Code: "upstream_unreachable");

    public static ApiError Invalid(Upstream upstream, string what) => new(
        StatusCodes.Status502BadGateway,
        $"The deployment '{upstream.Deployment}' sent {what}.",
        ApiErrorTypes.Upstream,
        Code: "upstream_invalid_response");

    public static ApiError ClosedEarly(Upstream upstream) => new(
        StatusCodes.Status502BadGateway,
        $"The deployment '{upstream.Deployment}' closed the connection before its answer was complete.",
        ApiErrorTypes.Upstream,
        Code: "upstream_closed_early");

    public static ApiError Status(Upstream upstream, int status) => new(
        status,
        $"The deployment '{upstream.Deployment}' refused the request with status {status}.",
        ApiErrorTypes.Upstream,
        Code: "upstream_error");

    private static string Reason(Exception? exception) => exception is { InnerException: ConnectRefusedException refused }
        ? $"the gateway does not connect to it, because {refused.Message}"
        : (exception as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "its host name was not found",
            HttpRequestError.ConnectionError => "it could not be reached",
            HttpRequestError.SecureConnectionError => "no trusted TLS connection could be made",
            HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError => "it did not speak HTTP",
            HttpRequestError.ResponseEnded => "it closed the connection without an answer",
            HttpRequestError.ConfigurationLimitExceeded => "its response headers were too large",
            _ => "the connection failed",
        };
}
