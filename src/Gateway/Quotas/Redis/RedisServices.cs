using System.Diagnostics.Metrics;
using Gateway.Configuration;

namespace Gateway.Quotas.Redis;

/// <summary>Puts the shared side of quotas together.</summary>
internal static class RedisServices
{
    /// <summary>Adds <see cref="RedisQuotaStore"/>, begun with the host, and ended behind the server.</summary>
    public static void AddRedisQuotas(this IServiceCollection services, RedisConfig config)
    {
        services.AddSingleton(new RedisOptions(config.Connection.Reveal(), config.Prefix) { Nodes = config.Nodes });
        services.AddSingleton(p => new RedisMetrics(p.GetRequiredService<IMeterFactory>()));
        services.AddSingleton<RedisLink>();
        services.AddSingleton<RedisQuotaStore>();
        services.AddSingleton<QuotaStore>(p => p.GetRequiredService<RedisQuotaStore>());
        services.AddHostedService(p => p.GetRequiredService<RedisQuotaStore>());
        services.AddHostedService<RedisKeyNotices>();
    }
}
