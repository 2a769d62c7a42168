using Gateway.Api;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Telemetry;

namespace Gateway.Privacy;

/// <summary>
/// Looks for personal data in all that a request says: refuses it, raises its class, or makes what deployments elsewhere get of it. Fails closed: what could not
/// be looked at is of the highest class.
/// </summary>
internal sealed partial class DetectMiddleware(RequestDelegate next, PrivacyMetrics metrics, ILogger<DetectMiddleware> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var (privacy, tenant) = (exchange.Caller.Gateway.Privacy, exchange.Caller.Tenant);
        var screening = RequestScreen.Look(privacy, tenant.Name, tenant.Policy, exchange.DataClass, exchange.Envelope, exchange.Model!.HasUpstream);
        exchange.Screening = screening;
        exchange.Raise(screening.DataClass);
        metrics.Found(tenant.Name, screening.Findings, PrivacyDirection.Request);
        if (screening.Failure is { } failure)
        {
            // Its message could hold some of the text.
            Log.DetectionFailed(logger, exchange.Id, failure);
        }

        if (screening.Values is { } values)
        {
            exchange.AnswerScreen = new AnswerScreen(privacy.Detector, kind => privacy.ActionFor(tenant.Name, exchange.DataClass, kind, PrivacyDirection.Answer), values);
        }

        return screening.Refused.Count > 0 ? exchange.RefuseAsync(context, ApiError.PersonalData(screening.Refused))
            : exchange.AnswerScreen is null ? next(context)
            : CountAsync(context, tenant.Name, exchange.AnswerScreen.Findings);
    }

    private async Task CountAsync(HttpContext context, string tenant, Findings findings)
    {
        try
        {
            await next(context);
        }
        finally
        {
            metrics.Found(tenant, findings, PrivacyDirection.Answer);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(16000, LogLevel.Error, "Request {RequestId} could not be searched for personal data ({Error}); it is of the highest class of data.")]
        public static partial void DetectionFailed(ILogger logger, string requestId, string error);
    }
}
