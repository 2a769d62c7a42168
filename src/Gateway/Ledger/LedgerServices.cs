using Gateway.Residency;
using Gateway.Routing;
using Gateway.Stores;

namespace Gateway.Ledger;

/// <summary>Puts the ledger together.</summary>
internal static class LedgerServices
{
    public static void AddLedger(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            // Found now, for the writer outlives the provider by a moment when a start fails.
            var (state, time) = (provider.GetRequiredService<GatewayState>(), provider.GetRequiredService<TimeProvider>());
            return new LedgerWriter(
                CreateTables(provider.GetRequiredService<Store>(), time), () => RetentionOf(state), time, provider.GetRequiredService<ILogger<LedgerWriter>>());
        });

        // Stops after the server, so that the last answers' lines are written.
        services.AddHostedService(provider => provider.GetRequiredService<LedgerWriter>());
        services.AddSingleton<LedgerKeeper>();
        services.AddSingleton<CapLedger>();
        services.AddSingleton(provider => new CapKeeper(provider.GetRequiredService<CapLedger>().ReadAsync, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<UsageReport>();
        services.AddSingleton<ExchangeReport>();
    }

    /// <summary>The ledger's tables in a store, for a process of its own.</summary>
    public static LedgerTables CreateTables(Store store, TimeProvider time)
    {
        // Another at each start: lines of the process before are another's.
        var node = $"node_{Guid.NewGuid():N}";
        return store switch
        {
            SqliteStore sqlite => new SqliteLedgerTables(sqlite, node, time),
            PostgreSqlStore postgreSql => new PostgreSqlLedgerTables(postgreSql, node),
            _ => throw new NotSupportedException(store.GetType().Name),
        };
    }

    private static TimeSpan RetentionOf(GatewayState state)
    {
        var gateway = state.Acquire();
        var retention = gateway.Ledger.Retention;
        gateway.Release();
        return retention;
    }
}
