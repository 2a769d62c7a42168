using Gateway.Ledger;
using Gateway.Stores;

namespace Gateway.Residency;

/// <summary>What the ledger has of a month, without the lines of this process, which it counts itself.</summary>
internal sealed class CapLedger(Store store, LedgerWriter writer)
{
    public async Task<IReadOnlyDictionary<string, long>?> ReadAsync(string tenant, DateTimeOffset month, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await store.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand(
                """
                SELECT deployment, CAST(SUM(input_tokens + output_tokens) AS BIGINT) FROM exchanges
                WHERE tenant = @tenant AND opened_at >= @from AND node <> @node AND deployment <> '' GROUP BY deployment
                """,
                ("tenant", tenant), ("from", StoreTime.ToMicroseconds(month)), ("node", writer.Node));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var used = new Dictionary<string, long>(StringComparer.Ordinal);
            while (await reader.ReadAsync(cancellationToken))
            {
                used.Add(reader.GetString(0), reader.GetInt64(1));
            }

            return used;
        }
        catch (Exception e) when (StoreError.From(e) is not null)
        {
            return null;
        }
    }
}
