using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Residency.Guard;

/// <summary>
/// The last look before a request is answered or sent: where it goes now must be permitted now. Whatever stands before this stage can only choose wrongly, not
/// send wrongly; and facts that were good when the request came may have expired while other deployments were tried.
/// </summary>
internal sealed partial class DispatchMiddleware(RequestDelegate next, TimeProvider time, ILogger<DispatchMiddleware> logger)
{
    private readonly ILogger _logger = logger;

    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var destinations = context.GetReverseProxyFeature().AvailableDestinations;
        for (var i = 0; i < destinations.Count; i++)
        {
            if (exchange.Residency is not { } decision || !decision.Permits(destinations[i].DestinationId, time.GetUtcNow()))
            {
                LogNotPermitted(context.TraceIdentifier, destinations[i].DestinationId, exchange.DataClass.Name, exchange.Residency?.Id);
                return exchange.RefuseAsync(context, ApiError.NoLongerPermitted(destinations[i].DestinationId, exchange.DataClass));
            }
        }

        return next(context);
    }

    [LoggerMessage(EventId = 15501, Level = LogLevel.Error, Message = "Request {RequestId}: not sent to {Deployment}, which decision {Decision} does not permit now for data of the class {DataClass}")]
    private partial void LogNotPermitted(string requestId, string deployment, string dataClass, string? decision);
}
