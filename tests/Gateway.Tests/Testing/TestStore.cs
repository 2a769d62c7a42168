using System.Data.Common;
using System.Globalization;
using Gateway.Configuration;
using Gateway.Stores;
using Xunit.Sdk;

namespace Gateway.Tests.Testing;

/// <summary>An empty store of its own, of either kind.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private TestStore(string folder, string? connectionString, TimeProvider time)
    {
        (Folder, ConnectionString) = (folder, connectionString);
        Store = Another(time);
    }

    public Store Store { get; }

    /// <summary>The data folder.</summary>
    public string Folder { get; }

    /// <summary>Of PostgreSQL; null for SQLite.</summary>
    public string? ConnectionString { get; }

    /// <param name="kind"><c>sqlite</c> or <c>postgresql</c>.</param>
    /// <param name="time">The clock.</param>
    public static async Task<TestStore> CreateAsync(string kind, TimeProvider? time = null)
    {
        var connectionString = kind == "postgresql" ? await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync() : null;
        return new TestStore(Directory.CreateTempSubdirectory("gateway-store-").FullName, connectionString, time ?? TimeProvider.System);
    }

    /// <summary>The same store, as another process opens it; the caller disposes of it.</summary>
    public Store Another(TimeProvider? time = null) =>
        Store.Create(new StoreConfig { Postgresql = ConnectionString is null ? null : new Secret(ConnectionString) }, Folder, time ?? TimeProvider.System);

    /// <summary>The rows of a query, each with its values separated by bars; NULL is nothing.</summary>
    public async Task<IReadOnlyList<string>> RowsAsync(string sql)
    {
        await using var connection = await Store.OpenAsync(CancellationToken.None);
        return await RowsAsync(connection, sql);
    }

    /// <inheritdoc cref="RowsAsync(string)"/>
    public static async Task<IReadOnlyList<string>> RowsAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => ValueOf(reader, i))));
        }

        return rows;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Store.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static string ValueOf(DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? "" : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture)!;
}

/// <summary>The kinds of store that there are on this machine, one for each run of a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StoreKindsAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod)
    {
        yield return ["sqlite"];
        if (PostgreSqlCluster.Missing is null)
        {
            yield return ["postgresql"];
        }
    }
}
