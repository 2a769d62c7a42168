using System.Data.Common;
using Npgsql;

namespace Gateway.Stores;

/// <summary>PostgreSQL, shared by the nodes of a gateway.</summary>
internal sealed class PostgreSqlStore : Store
{
    // Any number, as long as all gateways take the same: the ASCII of "gateway".
    private const long MigrationLock = 0x67617465776179;

    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;

    /// <param name="connectionString">Npgsql's: <c>Host=...;Username=...;Password=...;Database=...</c>.</param>
    /// <param name="time">The clock.</param>
    public PostgreSqlStore(string connectionString, TimeProvider time)
    {
        _time = time;
        var settings = Parse(connectionString);
        Description = $"PostgreSQL at {settings.Host}:{settings.Port}, database {settings.Database ?? settings.Username}";
        _source = NpgsqlDataSource.Create(settings);
    }

    public override string Description { get; }

    public override string Dialect => "postgresql";

    protected override TimeProvider Time => _time;

    /// <summary>The data source, for what only PostgreSQL has.</summary>
    public NpgsqlDataSource Source => _source;

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>Reads a connection string; what it leaves open is set so that a database that is gone is noticed in seconds.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        SetDefault("Timeout", 3);
        SetDefault("Command Timeout", 5);
        SetDefault("Cancellation Timeout", 1000);
        SetDefault("Keepalive", 10);
        SetDefault("Application Name", "gateway");

        // What goes wrong is told in our own words; the server's may quote values.
        settings.IncludeErrorDetail = false;
        return settings;

        void SetDefault(string key, object value)
        {
            if (!settings.ContainsKey(key) || !settings.ShouldSerialize(key))
            {
                settings[key] = value;
            }
        }
    }

    public override void LockForMigration(DbTransaction transaction)
    {
        using var command = transaction.Connection!.CreateCommand("SELECT pg_advisory_xact_lock(@lock)", ("lock", MigrationLock));
        command.Transaction = transaction;
        command.CommandTimeout = Migrations.MigrationTimeout;
        command.ExecuteNonQuery();
    }

    protected override DbConnection CreateConnection() => _source.CreateConnection();
}
