using System.Collections.Frozen;
using System.Data.Common;
using System.Globalization;

namespace Gateway.Stores;

/// <summary>
/// The tables, step by step: <c>Migrations/0001_name.sql</c>, or <c>0001_name.sqlite.sql</c> and <c>0001_name.postgresql.sql</c> where the two
/// differ. All steps that are missing are taken in one transaction, by one process at a time. A step that has been released never changes.
/// </summary>
internal static class Migrations
{
    private const string Prefix = "migrations/";

    /// <summary>Seconds that a step may take: large tables are rewritten by some.</summary>
    public const int MigrationTimeout = 15 * 60;

    /// <summary>Brings a database up to date.</summary>
    /// <exception cref="StoreSchemaException">It is of a newer gateway.</exception>
    public static void Apply(Store store, DbConnection connection, DateTimeOffset now)
    {
        var steps = StepsFor(store.Dialect);
        using var transaction = connection.BeginTransaction();
        store.LockForMigration(transaction);
        Execute(transaction, "CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)");
        var applied = AppliedTo(transaction);
        if (applied.Count > 0 && applied.Max() > steps[^1].Version)
        {
            throw new StoreSchemaException(string.Create(
                CultureInfo.InvariantCulture,
                $"The store ({store.Description}) was written by a newer gateway: its tables are of version {applied.Max()}, this program knows {steps[^1].Version}. Run the newer program, or give this one a store of its own."));
        }

        foreach (var (version, name, resource) in steps.Where(s => !applied.Contains(s.Version)))
        {
            Execute(transaction, Read(resource));
            Execute(
                transaction, "INSERT INTO schema_versions (version, name, applied_at) VALUES (@version, @name, @now)",
                ("version", version), ("name", name), ("now", StoreTime.ToMicroseconds(now)));
        }

        transaction.Commit();
    }

    private static List<(long Version, string Name, string Resource)> StepsFor(string dialect) =>
    [
        .. from resource in typeof(Migrations).Assembly.GetManifestResourceNames()
           where resource.StartsWith(Prefix, StringComparison.Ordinal)
           let parts = resource[Prefix.Length..].Split('.')
           where parts.Length == 2 || string.Equals(parts[1], dialect, StringComparison.Ordinal)
           let underscore = parts[0].IndexOf('_', StringComparison.Ordinal)
           let version = long.Parse(parts[0].AsSpan(0, underscore), NumberStyles.None, CultureInfo.InvariantCulture)
           orderby version
           select (version, parts[0][(underscore + 1)..], resource),
    ];

    private static FrozenSet<long> AppliedTo(DbTransaction transaction)
    {
        using var command = transaction.Connection!.CreateCommand("SELECT version FROM schema_versions");
        command.Transaction = transaction;
        using var reader = command.ExecuteReader();
        var versions = new HashSet<long>();
        while (reader.Read())
        {
            versions.Add(reader.GetInt64(0));
        }

        return versions.ToFrozenSet();
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(Migrations).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    private static void Execute(DbTransaction transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = transaction.Connection!.CreateCommand(sql, parameters);
        command.Transaction = transaction;
        command.CommandTimeout = MigrationTimeout;
        command.ExecuteNonQuery();
    }
}

/// <summary>The tables are not ones that this program can work with; waiting does not help.</summary>
internal sealed class StoreSchemaException(string message) : Exception(message);
