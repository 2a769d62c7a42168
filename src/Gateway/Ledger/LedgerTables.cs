using System.Data.Common;
using Gateway.Exchanges;
using Gateway.Stores;

namespace Gateway.Ledger;

/// <summary>
/// The ledger's tables, as <see cref="LedgerWriter"/>'s thread writes them, by one connection that is kept. What both kinds of store say alike is
/// here; how lines are written, who is alive and how old lines go is theirs.
/// </summary>
/// <remarks>
/// Everything can be done again: a line is found by time and id, and it counts in the day's usage when it changes from open to closed, in the same
/// transaction. So a transaction of which nobody knows whether it was committed is simply repeated.
/// </remarks>
internal abstract class LedgerTables(Store store, string node) : IDisposable
{
    /// <summary>Most lines that one transaction of upkeep touches, so that none keeps the writer for long.</summary>
    public const int LinesPerStep = 1_000;

    protected const string KeyColumns = "day, tenant, key_id, model, deployment, endpoint, currency";
    protected const string SumColumns = "requests, failed, refused, lost, estimated, input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_nano";

    /// <summary>Adds to the sums of a day, whichever rows are inserted before it.</summary>
    protected static readonly string AddToUsage =
        $"ON CONFLICT ({KeyColumns}) DO UPDATE SET {string.Join(", ", SumColumns.Split(", ").Select(c => $"{c} = usage_daily.{c} + excluded.{c}"))}";

    protected static readonly string InsertUsage =
        $"INSERT INTO usage_daily ({KeyColumns}, {SumColumns}) VALUES (@{KeyColumns.Replace(", ", ", @", StringComparison.Ordinal)}, @{SumColumns.Replace(", ", ", @", StringComparison.Ordinal)}) {AddToUsage}";

    /// <summary>Adds to what tenants have spent of their balances.</summary>
    protected const string AddToSpent = "ON CONFLICT (tenant, currency) DO UPDATE SET spent_nano = balance_spent.spent_nano + excluded.spent_nano";

    private DbConnection? _connection;

    /// <summary>This process, in the lines that it opens.</summary>
    public string Node { get; } = node;

    protected Store Store { get; } = store;

    /// <summary>Opens the connection, if there is none.</summary>
    /// <returns>Whether it is a new one, by which this node is not yet known to be alive.</returns>
    public bool Connect()
    {
        if (_connection is not null)
        {
            return false;
        }

        _connection = Store.Open();
        return true;
    }

    /// <summary>Notes why the store failed.</summary>
    public void Note(StoreError error) => Store.Note(error);

    /// <summary>Lets go of the connection; after a failure nothing is known of it.</summary>
    public virtual void Disconnect()
    {
        var connection = _connection;
        _connection = null;
        connection?.Dispose();
    }

    /// <summary>Writes lines in one transaction, each as far as it has got: open, or closed and counted.</summary>
    public abstract void Write(IReadOnlyList<LedgerLine> lines);

    /// <summary>Says that this node is alive.</summary>
    public virtual void Beat() => Execute($"INSERT INTO ledger_nodes (node, seen_at) VALUES (@node, {Now}) ON CONFLICT (node) DO UPDATE SET seen_at = excluded.seen_at", ("node", Node));

    /// <summary>Nodes that have ended without saying so.</summary>
    public abstract IReadOnlyList<string> FindDeadNodes();

    /// <summary>Closes open lines of a dead node as lost, <see cref="LinesPerStep"/> at most; the last step forgets the node.</summary>
    /// <returns>How many; fewer than the most when the node is done with.</returns>
    public int CloseLost(string dead, DateTimeOffset now)
    {
        using var transaction = Connection.BeginTransaction();
        if (!LockDead(transaction, dead))
        {
            return 0;
        }

        var lost = Change(
            transaction,
            $"""
            UPDATE exchanges SET closed_at = @now, outcome = '{OutcomeWords.Lost}'
            WHERE (opened_at, id) IN (SELECT opened_at, id FROM exchanges WHERE node = @node AND closed_at IS NULL LIMIT {LinesPerStep})
            """,
            sign: 1,
            ("now", StoreTime.ToMicroseconds(now)),
            ("node", dead));
        if (lost < LinesPerStep)
        {
            Execute(transaction, "DELETE FROM ledger_nodes WHERE node = @node", ("node", dead));
        }

        transaction.Commit();
        return lost;
    }

    /// <summary>Opens this node's lines again that another took for lost, when this one could not say that it is alive.</summary>
    public int Revive()
    {
        using var transaction = Connection.BeginTransaction();
        var revived = Change(
            transaction,
            $"UPDATE exchanges SET closed_at = NULL, outcome = '{OutcomeWords.Open}' WHERE node = @node AND outcome = '{OutcomeWords.Lost}'",
            sign: -1,
            ("node", Node));
        transaction.Commit();
        return revived;
    }

    /// <summary>Takes this node off the list, when it ends with nothing left open.</summary>
    public virtual void Leave() =>
        Execute("DELETE FROM ledger_nodes WHERE node = @node AND NOT EXISTS (SELECT 1 FROM exchanges WHERE node = @node AND closed_at IS NULL)", ("node", Node));

    /// <summary>Removes closed lines from before a point in time, <see cref="LinesPerStep"/> at most, the oldest first.</summary>
    /// <returns>Whether there may be more.</returns>
    public virtual bool Prune(DateTimeOffset before) => LinesPerStep == Execute(
        $"""
        DELETE FROM exchanges WHERE (opened_at, id) IN (
            SELECT opened_at, id FROM exchanges WHERE opened_at < @before AND closed_at IS NOT NULL ORDER BY opened_at, id LIMIT {LinesPerStep})
        """,
        ("before", StoreTime.ToMicroseconds(before)));

    /// <summary>Removes the record of what admins did before a point in time, in the same steps.</summary>
    /// <returns>Whether there may be more.</returns>
    public bool PruneActs(DateTimeOffset before) => LinesPerStep == Execute(
        $"DELETE FROM admin_acts WHERE (at, id) IN (SELECT at, id FROM admin_acts WHERE at < @before ORDER BY at, id LIMIT {LinesPerStep})",
        ("before", StoreTime.ToMicroseconds(before)));

    /// <summary>Makes room for the lines that are to come.</summary>
    public virtual void Prepare(DateTimeOffset now)
    {
    }

    public virtual void Dispose() => Disconnect();

    protected DbConnection Connection => _connection ?? throw new InvalidOperationException("Not connected.");

    /// <summary>The time as an expression of SQL: where nodes share a store, its clock counts.</summary>
    protected abstract string Now { get; }

    /// <summary>Whether a node is dead, and stays so until the transaction ends.</summary>
    protected abstract bool LockDead(DbTransaction transaction, string node);

    protected int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Connection.CreateCommand(sql, parameters);
        return command.ExecuteNonQuery();
    }

    protected static void Execute(DbTransaction transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = transaction.Connection!.CreateCommand(sql, parameters);
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    /// <summary>Adds what lines come to, day by day.</summary>
    private static void Add(DbTransaction transaction, IEnumerable<KeyValuePair<UsageKey, UsageSums>> usage)
    {
        using var command = transaction.Connection!.CreateCommand(InsertUsage);
        command.Transaction = transaction;
        foreach (var name in $"{KeyColumns}, {SumColumns}".Split(", "))
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        // In the order of all nodes, so that two of them never wait for each other.
        foreach (var (key, sums) in usage.OrderBy(u => u.Key, UsageKey.Order))
        {
            object[] values =
            [
                key.Day, key.Tenant, key.KeyId, key.Model, key.Deployment, key.Endpoint, key.Currency,
                sums.Requests, sums.Failed, sums.Refused, sums.Lost, sums.Estimated,
                sums.InputTokens, sums.CachedTokens, sums.OutputTokens, sums.ReasoningTokens, sums.CostNano,
            ];
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters[i].Value = values[i];
            }

            command.ExecuteNonQuery();
        }
    }

    // Lines that become lost, or are found again: nothing is known of them but that they were.
    private static int Change(DbTransaction transaction, string sql, int sign, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var usage = new Dictionary<UsageKey, UsageSums>();
        var count = 0;
        using (var command = transaction.Connection!.CreateCommand(sql + " RETURNING opened_at, tenant, key_id, model, deployment, endpoint, currency", parameters))
        {
            command.Transaction = transaction;
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                var key = new UsageKey(
                    UsageKey.DayOf(StoreTime.FromMicroseconds(reader.GetInt64(0))), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), reader.GetString(6));
                usage[key] = usage.GetValueOrDefault(key).Plus(new UsageSums { Requests = sign, Lost = sign });
                count++;
            }
        }

        Add(transaction, usage);
        return count;
    }
}
