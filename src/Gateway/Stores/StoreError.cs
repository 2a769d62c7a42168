using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Gateway.Stores;

/// <summary>Why the store failed, without its own words: those may quote values, hosts and names.</summary>
/// <param name="Code">A word for programs and metrics.</param>
/// <param name="Reason">The same for people, as the end of a sentence.</param>
internal sealed record StoreError(string Code, string Reason)
{
    /// <summary>Another database stands in the place of the one that was known.</summary>
    public static readonly StoreError NoTables = new("no_tables", "it holds no tables of this gateway");

    private static readonly StoreError Full = new("disk_full", "its disk is full");
    private static readonly StoreError ReadOnly = new("read_only", "it may only be read");
    private static readonly StoreError Locked = new("locked", "another program keeps it locked");
    private static readonly StoreError Unreachable = new("unreachable", "it cannot be reached");

    // On Unix .NET gives the errno: ENOSPC and EROFS of Linux.
    private const int NoSpace = 28;
    private const int ReadOnlyFileSystem = 30;

    /// <summary>Null when the exception is no failure of the store but a fault of ours.</summary>
    public static StoreError? From(Exception exception) => exception switch
    {
        StoreSchemaException => new("schema", "its tables are of a newer gateway"),
        SqliteException e => From(e),
        PostgresException e => From(e.SqlState),
        NpgsqlException { InnerException: TimeoutException } or TimeoutException => new("timeout", "it did not answer in time"),
        DbException or SocketException => Unreachable,
        FileNotFoundException or DirectoryNotFoundException => new("gone", "its file was moved or removed; put it back, or start the gateway again to begin a new one"),
        UnauthorizedAccessException => new("denied", "this user may not open it"),
        IOException { HResult: NoSpace } => Full,
        IOException { HResult: ReadOnlyFileSystem } => ReadOnly,
        IOException => new("io_error", "its file cannot be read or written"),
        _ => null,
    };

    // https://sqlite.org/rescode.html; 1 is a fault in a statement, and those here were all tried.
    private static StoreError From(SqliteException e) => e.SqliteErrorCode switch
    {
        1 => NoTables,
        5 or 6 => Locked,
        8 => ReadOnly,
        10 => new("io_error", "its file cannot be read or written"),
        11 or 26 => new("corrupt", "its file is damaged or no SQLite file"),
        13 => Full,
        14 => new("denied", "its file cannot be opened"),
        _ => new("error", $"SQLite failed with code {e.SqliteExtendedErrorCode}"),
    };

    // https://www.postgresql.org/docs/15/errcodes-appendix.html
    private static StoreError From(string sqlState) => sqlState switch
    {
        "42P01" => NoTables,
        "53100" => Full,
        "25006" => ReadOnly,
        "55P03" or "40P01" or "40001" => Locked,
        "57014" => new("timeout", "it did not answer in time"),
        ['2', '8', ..] or "3D000" or "42501" => new("denied", $"it refuses this user (SQLSTATE {sqlState})"),
        ['0', '8', ..] or ['5', '7', ..] or ['5', '3', ..] => Unreachable,
        _ => new("error", $"PostgreSQL failed with SQLSTATE {sqlState}"),
    };
}
