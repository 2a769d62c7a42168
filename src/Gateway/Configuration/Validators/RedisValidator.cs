using Gateway.Quotas.Redis;

namespace Gateway.Configuration.Validators;

/// <summary>Redis's connection string is one.</summary>
internal sealed class RedisValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        if (config.Redis is { Connection: { } secret } && !IsConnectionString(secret.Reveal()))
        {
            // Its own words would quote the secret.
            report.Error(
                "redis.connection",
                "the secret is no connection string of StackExchange.Redis; write host:6379,password=...,ssl=true (a URL such as redis://... is not read)");
        }
    }

    private static bool IsConnectionString(string text)
    {
        try
        {
            return !text.Contains("://", StringComparison.Ordinal) && RedisLink.Parse(text).EndPoints.Count > 0;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }
}
