using Gateway.Stores;
using Npgsql;

namespace Gateway.Configuration.Validators;

/// <summary>The store's connection string is one.</summary>
internal sealed class StoreValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        if (config.Store.Postgresql is { } secret && !IsConnectionString(secret.Reveal()))
        {
            // Its own words would quote the secret.
            report.Error(
                "store.postgresql",
                "the secret is no connection string of Npgsql; write Host=...;Username=...;Password=...;Database=... (a URL such as postgresql://... is not read)");
        }
    }

    private static bool IsConnectionString(string text)
    {
        try
        {
            // Nothing is opened by it; some settings are judged here only.
            NpgsqlDataSource.Create(PostgreSqlStore.Parse(text)).Dispose();
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            return false;
        }
    }
}
