using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Gateway.Stores;

/// <summary>A SQLite file: readers and one writer at a time side by side (WAL), and a commit is on disk when it returns.</summary>
internal sealed partial class SqliteStore(string path, TimeProvider time) : Store
{
    public const string FileName = "gateway.db";

    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = path,

        // Not one that it makes itself: a file that vanished would be followed by an empty one, for everybody to read.
        Mode = SqliteOpenMode.ReadWrite,

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

    /// <summary>Throws when the file that a connection has open is no longer the one at the path: what was written is nowhere then.</summary>
    /// <exception cref="FileNotFoundException">It was moved, removed or replaced.</exception>
    public static void ThrowIfMoved(SqliteConnection connection)
    {
        var moved = 0;
        if (FileControl(connection.Handle!.DangerousGetHandle(), database: 0, HasMoved, ref moved) == 0 && moved != 0)
        {
            throw new FileNotFoundException(message: null);
        }
    }

    protected override DbConnection CreateConnection() => File.Exists(Path) ? new SqliteConnection(_connectionString) : throw new FileNotFoundException(message: null);

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

    // SQLITE_FCNTL_HAS_MOVED (https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html): one stat.
    private const int HasMoved = 20;

    // The package has no name for it.
    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control")]
    private static partial int FileControl(nint connection, nint database, int operation, ref int result);

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand(sql);
        command.ExecuteNonQuery();
    }
}
