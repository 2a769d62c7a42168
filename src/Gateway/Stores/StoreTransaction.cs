using System.Data.Common;

namespace Gateway.Stores;

/// <summary>Commands of a transaction.</summary>
internal static class StoreTransaction
{
    /// <summary>Runs a command; the number of rows that it touched.</summary>
    public static async Task<int> ExecuteAsync(
        this DbTransaction transaction, string sql, (string Name, object? Value)[] parameters, CancellationToken cancellationToken)
    {
        await using var command = transaction.Connection!.CreateCommand(sql, parameters);
        command.Transaction = transaction;
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs a command that gives one number.</summary>
    public static async Task<long> ReadNumberAsync(
        this DbTransaction transaction, string sql, (string Name, object? Value)[] parameters, CancellationToken cancellationToken)
    {
        await using var command = transaction.Connection!.CreateCommand(sql, parameters);
        command.Transaction = transaction;
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), System.Globalization.CultureInfo.InvariantCulture);
    }
}
