using Gateway.Configuration;
using Gateway.Quotas.Redis;
using Gateway.Telemetry;

namespace Gateway.Quotas;

/// <summary>Puts limits together.</summary>
internal static class QuotaServices
{
    public static void AddQuotas(this IServiceCollection services, RedisConfig? redis)
    {
        if (redis is null)
        {
            services.AddSingleton<QuotaStore, MemoryQuotaStore>();
        }
        else
        {
            services.AddRedisQuotas(redis);
        }

        services.AddSingleton<QuotaLedger>();
        services.AddSingleton<QuotaRebuild>();
        services.AddSingleton<QuotaQueue>();
        services.AddSingleton<QuotaKeeper>();
        services.AddSingleton<QuotaReport>();
        services.AddSingleton<QuotaMetrics>();
        services.AddSingleton<BalanceStore>();
        services.AddSingleton<BalanceOperations>();
        services.AddSingleton<BalanceRefresh>();
        services.AddHostedService(p => p.GetRequiredService<BalanceRefresh>());
    }
}
