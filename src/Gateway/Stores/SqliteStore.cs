using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Gateway.Stores;

/// <summary>A SQLite file: readers and one writer at a time side by side (WAL), and a commit is on disk when it returns.</summary>
internal sealed class SqliteStore(string path, TimeProvider time) : Store
{
    public const string FileName = "gateway.db";

    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = path,

        // A pooled connection would hold on to a file that an operator has moved away, or to a disk that was full.
        Pooling = false,

        // Seconds that the driver tries again by itself when the file is locked, beyond busy_timeout; 0 would be for ever.
        DefaultTimeout = 1,
    }.ToString();

    /// <summary>Full path of the file.</summary>
    public string Path { get; } = path;

    public override string Description => Path;

    public override string Dialect => "sqlite";

    protected override TimeProvider Time => time;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Microsoft.Data.Sqlite begins its transactions with BEGIN IMMEDIATE, which is the lock.
    public override void LockForMigration(DbTransaction transaction)
    {
    }

    protected override DbConnection CreateConnection() => new SqliteConnection(_connectionString);

    protected override void CreateDatabase()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        if (!File.Exists(Path))
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                // Who used what is its owner's to read only. SQLite gives the files beside it the same mode.
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            new FileStream(Path, options).Dispose();
        }

        // Kept in the file from then on. Not in a transaction, so not a migration.
        using var connection = CreateConnection();
        connection.Open();
        Execute(connection, "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL");
    }

    // FULL: the log is synced at every commit (the default of SQLite, not of all builds of it). The size limit gives the log's space back after a burst.
    protected override void Prepare(DbConnection connection) => Execute(
        connection, "PRAGMA busy_timeout = 2000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864");

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand(sql);
        command.ExecuteNonQuery();
    }
}
