using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Stores;

/// <summary>
/// A prepared statement of SQLite, for the few that run for every request: without ADO.NET's reader and boxes in between, which took longer than the
/// insert itself. Values are bound by their place, from 1.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    // Names, ids and words of the ledger are shorter; what is not goes the long way.
    private const int ShortText = 256;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public void Bind(int place, long? value) =>
        Check(value is { } number ? raw.sqlite3_bind_int64(_statement, place, number) : raw.sqlite3_bind_null(_statement, place));

    public void Bind(int place, string? value)
    {
        if (value is null)
        {
            Check(raw.sqlite3_bind_null(_statement, place));
            return;
        }

        Span<byte> utf8 = stackalloc byte[ShortText];
        Check(Encoding.UTF8.TryGetBytes(value, utf8, out var length)
            ? raw.sqlite3_bind_text(_statement, place, utf8[..length])
            : raw.sqlite3_bind_text(_statement, place, Encoding.UTF8.GetBytes(value)));
    }

    /// <summary>Runs it with what was bound.</summary>
    /// <returns>Rows that it changed.</returns>
    /// <exception cref="SqliteException">SQLite failed.</exception>
    public int Run()
    {
        var result = raw.sqlite3_step(_statement);
        raw.sqlite3_reset(_statement);
        Check(result);
        return raw.sqlite3_changes(_database);
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }
}
