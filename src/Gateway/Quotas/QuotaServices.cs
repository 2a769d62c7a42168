using Gateway.Telemetry;

namespace Gateway.Quotas;

/// <summary>Puts limits together.</summary>
internal static class QuotaServices
{
    public static void AddQuotas(this IServiceCollection services)
    {
        services.AddSingleton<QuotaStore, MemoryQuotaStore>();
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
