using Gateway.Exchanges;

namespace Gateway.Residency;

/// <summary>What an answer says of where it came from: facts that its tenant may know. An upstream's own headers of these names never pass.</summary>
internal static class ResidencyHeaders
{
    public const string Prefix = "x-gateway-";

    public const string Deployment = Prefix + "deployment";
    public const string Country = Prefix + "country";
    public const string DataClass = Prefix + "data-class";
    public const string Decision = Prefix + "decision";
    public const string Policy = Prefix + "policy";

    /// <summary>What had a placeholder in what the deployment got, by kind: <c>br_cpf=2,email=1</c>.</summary>
    public const string Redacted = Prefix + "redacted";

    /// <summary>Puts the headers into the response when it starts: until then another deployment may come to answer.</summary>
    public static void SendWith(HttpContext context) => context.Response.OnStarting(static state =>
    {
        var response = ((HttpContext)state).Response;
        var exchange = response.HttpContext.GetExchange();
        var decision = exchange.Residency!;
        response.Headers[DataClass] = exchange.DataClass.Name;
        response.Headers[Decision] = decision.Id;
        response.Headers[Policy] = decision.Policy.Hash;
        if (exchange.Deployment is { } deployment)
        {
            response.Headers[Deployment] = deployment.Name;
            response.Headers[Country] = deployment.Placement.Countries ?? "unknown";
            if (exchange.Redacted is { } redacted)
            {
                response.Headers[Redacted] = redacted.ToString();
            }
        }

        return Task.CompletedTask;
    }, context);
}
