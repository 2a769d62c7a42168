using System.Data.Common;

namespace Gateway.Stores;

/// <summary>
/// The database that keys and the ledger stand in: a SQLite file in the data folder, or PostgreSQL. Both speak the same SQL as far as ADO.NET's
/// callers see it: parameters are <c>@name</c>, times are microseconds since 1970 in 64 bits.
/// </summary>
/// <remarks>
/// Opening a connection brings the tables up to date first, so a store that was down at start is ready as soon as it is back. Failures of the
/// database are exceptions that <see cref="StoreError"/> puts a name to.
/// </remarks>
internal abstract class Store : IAsyncDisposable
{
    private readonly Lock _migrating = new();
    private volatile bool _migrated;
    private bool _exists;

    /// <summary>What it is, for people: never with a password in it.</summary>
    public abstract string Description { get; }

    /// <summary>Ends the names of migrations that are for this kind of database only.</summary>
    public abstract string Dialect { get; }

    /// <summary>The store of a configuration; nothing is opened yet.</summary>
    public static Store Create(Configuration.StoreConfig config, string dataFolder, TimeProvider time) => config.Postgresql is { } connectionString
        ? new PostgreSqlStore(connectionString.Reveal(), time)
        : new SqliteStore(Path.Combine(dataFolder, SqliteStore.FileName), time);

    /// <summary>An open connection to up-to-date tables; the caller disposes of it.</summary>
    /// <exception cref="StoreSchemaException">The tables are of a newer gateway.</exception>
    public DbConnection Open()
    {
        Migrate();
        var connection = CreateConnection();
        try
        {
            connection.Open();
            Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="Open"/>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (!_migrated)
        {
            await Task.Run(Migrate, cancellationToken);
        }

        var connection = CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            Prepare(connection);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Brings the tables up to date, if that was not done yet.</summary>
    /// <exception cref="StoreSchemaException">They are of a newer gateway.</exception>
    public void Migrate()
    {
        if (_migrated)
        {
            return;
        }

        lock (_migrating)
        {
            if (!_migrated)
            {
                if (!_exists)
                {
                    CreateDatabase();
                    _exists = true;
                }

                using var connection = CreateConnection();
                connection.Open();
                Prepare(connection);
                Migrations.Apply(this, connection, Time.GetUtcNow());
                _migrated = true;
            }
        }
    }

    /// <summary>Notes a failure that somebody met: where the tables were not there, the next to open the store makes them.</summary>
    public void Note(StoreError error)
    {
        if (error == StoreError.NoTables)
        {
            _migrated = false;
        }
    }

    /// <summary>Waits until no other process migrates; the lock ends with the transaction.</summary>
    public abstract void LockForMigration(DbTransaction transaction);

    public abstract ValueTask DisposeAsync();

    protected abstract TimeProvider Time { get; }

    protected abstract DbConnection CreateConnection();

    /// <summary>Makes what must be there before a connection can be opened. Once: what vanishes later is for the operator to put back.</summary>
    protected virtual void CreateDatabase()
    {
    }

    /// <summary>Sets what each connection needs.</summary>
    protected virtual void Prepare(DbConnection connection)
    {
    }
}
