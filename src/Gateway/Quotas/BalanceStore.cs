using System.Data.Common;
using Gateway.Admin;
using Gateway.Stores;

namespace Gateway.Quotas;

/// <summary>Payments of tenants that pay ahead: lines that never change, each in one transaction with the record of who booked it.</summary>
internal sealed class BalanceStore(Store store, AdminActStore acts)
{
    /// <summary>Books a payment; one of the same id is left as it is.</summary>
    /// <returns>The payment as it stands in the store, and whether it is new.</returns>
    public async Task<(BalanceEntry Entry, bool IsNew)> AddAsync(BalanceEntry entry, AdminAct act, CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        await using (var transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            var isNew = await transaction.ExecuteAsync(
                """
                INSERT INTO balance_entries (tenant, id, at, amount_nano, currency, who, note) VALUES (@tenant, @id, @at, @amount, @currency, @who, @note)
                ON CONFLICT (tenant, id) DO NOTHING
                """,
                [
                    ("tenant", entry.Tenant), ("id", entry.Id), ("at", StoreTime.ToMicroseconds(entry.At)), ("amount", entry.AmountNano), ("currency", entry.Currency),
                    ("who", entry.Who), ("note", entry.Note),
                ],
                cancellationToken) == 1;
            if (isNew)
            {
                await acts.AddAsync(transaction, act, cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return (entry, true);
            }
        }

        var known = await ListAsync(connection, "tenant = @tenant AND id = @id", cancellationToken, ("tenant", entry.Tenant), ("id", entry.Id));
        return (known[0], false);
    }

    /// <summary>The latest payments of a tenant, the latest first.</summary>
    public async Task<IReadOnlyList<BalanceEntry>> ListAsync(string tenant, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        return await ListAsync(connection, "tenant = @tenant", cancellationToken, ("tenant", tenant), ("limit", (long)limit));
    }

    /// <summary>What was paid in by a tenant and what it has spent, in billionths of the currency's unit.</summary>
    public async Task<(long Paid, long Spent)> SumAsync(string tenant, string currency, CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand(
            """
            SELECT CAST(COALESCE((SELECT SUM(amount_nano) FROM balance_entries WHERE tenant = @tenant AND currency = @currency), 0) AS BIGINT),
                COALESCE((SELECT spent_nano FROM balance_spent WHERE tenant = @tenant AND currency = @currency), 0)
            """,
            ("tenant", tenant),
            ("currency", currency));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private static async Task<IReadOnlyList<BalanceEntry>> ListAsync(
        DbConnection connection, string condition, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = connection.CreateCommand(
            $"SELECT tenant, id, at, amount_nano, currency, who, note FROM balance_entries WHERE {condition} ORDER BY at DESC, id DESC{(parameters.Any(p => p.Name == "limit") ? " LIMIT @limit" : "")}",
            parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<BalanceEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            entries.Add(new BalanceEntry(
                reader.GetString(0), reader.GetString(1), StoreTime.FromMicroseconds(reader.GetInt64(2)), reader.GetInt64(3), reader.GetString(4), reader.GetString(5),
                await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetString(6)));
        }

        return entries;
    }
}

/// <summary>A payment.</summary>
/// <param name="Tenant">Whose balance it is for.</param>
/// <param name="Id">The payer's name of it, by which it is known again.</param>
/// <param name="At">When it was booked.</param>
/// <param name="AmountNano">Billionths of the currency's unit; with a minus where it was paid back.</param>
/// <param name="Currency">By ISO 4217.</param>
/// <param name="Who">Who booked it.</param>
/// <param name="Note">For people.</param>
internal sealed record BalanceEntry(string Tenant, string Id, DateTimeOffset At, long AmountNano, string Currency, string Who, string? Note);
