using System.Data.Common;
using System.Security.Cryptography;
using Gateway.Stores;

namespace Gateway.Admin;

/// <summary>The record of what admins did.</summary>
internal sealed class AdminActStore(Store store, TimeProvider time)
{
    /// <summary>Adds an act to the transaction that does it.</summary>
    public Task AddAsync(DbTransaction transaction, AdminAct act, CancellationToken cancellationToken) => transaction.ExecuteAsync(
        "INSERT INTO admin_acts (at, id, who, role, act, object, tenant, outcome, request_id) VALUES (@at, @id, @who, @role, @act, @object, @tenant, @outcome, @request)",
        [
            ("at", StoreTime.ToMicroseconds(time.GetUtcNow())), ("id", "act_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))),
            ("who", act.Who), ("role", act.Role), ("act", act.Act), ("object", act.Object), ("tenant", act.Tenant), ("outcome", act.Outcome), ("request", act.RequestId),
        ],
        cancellationToken);

    /// <summary>Adds an act that changes nothing in the store.</summary>
    public async Task AddAsync(AdminAct act, CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AddAsync(transaction, act, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Acts, the latest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="before">Where the page before ended; null for the first.</param>
    /// <param name="limit">Most acts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<AdminAct>> ListAsync(AdminActFilter filter, PageCursor? before, int limit, CancellationToken cancellationToken)
    {
        var conditions = new List<string> { "at >= @from", "at < @to" };
        var parameters = new List<(string, object?)>
        {
            ("limit", (long)limit), ("from", StoreTime.ToMicroseconds(filter.From)), ("to", StoreTime.ToMicroseconds(filter.To)),
        };
        foreach (var (column, value) in new[] { ("who", filter.Who), ("act", filter.Act), ("object", filter.Object), ("tenant", filter.Tenant) })
        {
            if (value is not null)
            {
                conditions.Add($"{column} = @{column}");
                parameters.Add((column, value));
            }
        }

        if (before is { } cursor)
        {
            conditions.Add("(at, id) < (@at, @id)");
            parameters.AddRange([("at", cursor.At), ("id", cursor.Id)]);
        }

        await using var connection = await store.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand(
            $"SELECT at, id, who, role, act, object, tenant, outcome, request_id FROM admin_acts WHERE {string.Join(" AND ", conditions)} ORDER BY at DESC, id DESC LIMIT @limit",
            [.. parameters]);
        command.CommandTimeout = StoreCommands.ReportTimeout;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var acts = new List<AdminAct>();
        while (await reader.ReadAsync(cancellationToken))
        {
            acts.Add(new AdminAct(reader.GetString(2), reader.GetString(3), reader.GetString(4), Text(reader, 5), Text(reader, 6), reader.GetString(7), Text(reader, 8))
            {
                At = StoreTime.FromMicroseconds(reader.GetInt64(0)),
                Id = reader.GetString(1),
            });
        }

        return acts;
    }

    private static string? Text(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}

/// <summary>Which acts; null for all.</summary>
internal sealed record AdminActFilter(DateTimeOffset From, DateTimeOffset To, string? Who = null, string? Act = null, string? Object = null, string? Tenant = null);
