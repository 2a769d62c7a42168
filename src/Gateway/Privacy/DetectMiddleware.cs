using Gateway.Api;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Telemetry;

namespace Gateway.Privacy;

/// <summary>
/// Looks for personal data in all that a request says, and raises its class by what is there, or refuses it. Fails closed: what could not be
/// looked at is of the highest class.
/// </summary>
internal sealed partial class DetectMiddleware(RequestDelegate next, PrivacyMetrics metrics, ILogger<DetectMiddleware> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.GetExchange();
        var privacy = exchange.Caller.Gateway.Privacy;
        var findings = Look(exchange, privacy.Detector);
        exchange.Findings = findings;
        metrics.Found(exchange.Caller.Tenant.Name, findings);
        if (findings.IsIncomplete)
        {
            exchange.Raise(privacy.Highest);
        }
        else if (findings.Counts.Count > 0)
        {
            exchange.Raise(privacy.RaiseTo);
        }

        List<string>? refused = null;
        foreach (var kind in findings.Counts.Keys)
        {
            if (privacy.ActionFor(exchange.Caller.Tenant.Name, exchange.DataClass, kind) == PrivacyAction.Refuse)
            {
                (refused ??= []).Add(kind);
            }
        }

        return refused is null ? next(context) : exchange.RefuseAsync(context, ApiError.PersonalData(refused));
    }

    private Findings Look(Exchange exchange, PersonalDataDetector detector)
    {
        var findings = new Findings();
        try
        {
            var text = RequestText.Read(exchange.Envelope.Body.Span);
            try
            {
                var found = new List<PersonalDataSpan>();
                findings.IsIncomplete = !detector.Detect(text.Text, found);
                found.ForEach(f => findings.Add(f.Kind));
                for (var i = 0; i < text.Unreadable; i++)
                {
                    findings.Add(Findings.Unreadable);
                }
            }
            finally
            {
                text.Return();
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The message could hold some of the text.
            Log.DetectionFailed(logger, exchange.Id, e.GetType().Name);
            findings.IsIncomplete = true;
        }

        return findings;
    }

    private static partial class Log
    {
        [LoggerMessage(16000, LogLevel.Error, "Request {RequestId} could not be searched for personal data ({Error}); it is of the highest class of data.")]
        public static partial void DetectionFailed(ILogger logger, string requestId, string error);
    }
}
