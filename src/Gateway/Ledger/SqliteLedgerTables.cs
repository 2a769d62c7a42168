using System.Data.Common;
using System.Globalization;
using Gateway.Exchanges;
using Gateway.Stores;
using Microsoft.Data.Sqlite;

namespace Gateway.Ledger;

/// <summary>
/// The ledger in a SQLite file. A process that is alive holds the lock of a file of its own beside it, which the kernel lets go of however the process
/// ends: so lines of a dead one are known at once, by whoever starts next.
/// </summary>
internal sealed class SqliteLedgerTables(SqliteStore store, string node, TimeProvider time) : LedgerTables(store, node)
{
    private const string OpenColumns = "opened_at, id, node, tenant, key_id, endpoint, data_class, trace_id, model";
    private const string CloseColumns =
        "closed_at, deployment, outcome, code, status, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, cost_nano, currency, latency_us, first_token_us";

    private static readonly string InsertOpen =
        $"""
        INSERT INTO exchanges ({OpenColumns}, deployment, outcome, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, cost_nano, currency)
        VALUES ({Parameters(OpenColumns)}, '', '{OutcomeWords.Open}', 0, 0, 0, 0, 0, 0, '') ON CONFLICT (opened_at, id) DO NOTHING
        """;

    private static readonly string InsertClosed =
        $"""
        INSERT INTO exchanges ({OpenColumns}, {CloseColumns}) VALUES ({Parameters(OpenColumns)}, {Parameters(CloseColumns)})
        ON CONFLICT (opened_at, id) DO UPDATE SET {string.Join(", ", CloseColumns.Split(", ").Select(c => $"{c} = excluded.{c}"))} WHERE exchanges.closed_at IS NULL
        """;

    private FileStream? _alive;
    private SqliteCommand? _open;
    private SqliteCommand? _closed;

    protected override string Now => StoreTime.ToMicroseconds(time.GetUtcNow()).ToString(CultureInfo.InvariantCulture);

    public override void Write(IReadOnlyList<LedgerLine> lines)
    {
        var connection = (SqliteConnection)Connection;
        var open = _open ??= Prepare(connection, InsertOpen, OpenColumns);
        var closed = _closed ??= Prepare(connection, InsertClosed, $"{OpenColumns}, {CloseColumns}");
        var usage = new Dictionary<UsageKey, UsageSums>();
        using var transaction = connection.BeginTransaction();
        (open.Transaction, closed.Transaction) = (transaction, transaction);
        foreach (var line in lines)
        {
            if (line.Closing is not { } closing)
            {
                Bind(open, line.Opening);
                open.ExecuteNonQuery();
                continue;
            }

            Bind(closed, line.Opening);
            Bind(closed, closing);

            // None changed: this line was closed by the same transaction before, whose end nobody saw.
            if (closed.ExecuteNonQuery() == 1)
            {
                var key = UsageKey.Of(line.Opening, closing);
                usage[key] = usage.GetValueOrDefault(key).Plus(UsageSums.Of(closing));
            }
        }

        Add(transaction, usage);
        transaction.Commit();
    }

    public override void Beat()
    {
        _alive ??= new FileStream(LockOf(Node), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        base.Beat();
    }

    public override IReadOnlyList<string> FindDeadNodes()
    {
        var nodes = new List<string>();
        using (var command = Connection.CreateCommand("SELECT node FROM ledger_nodes WHERE node <> @node", ("node", Node)))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                nodes.Add(reader.GetString(0));
            }
        }

        return [.. nodes.Where(n => !IsLocked(LockOf(n)))];
    }

    public override void Disconnect()
    {
        _open?.Dispose();
        _closed?.Dispose();
        (_open, _closed) = (null, null);
        base.Disconnect();
    }

    public override void Dispose()
    {
        base.Dispose();
        _alive?.Dispose();
    }

    // The lock of a process that has ended is nobody's again.
    protected override bool LockDead(DbTransaction transaction, string node) => !IsLocked(LockOf(node));

    private static bool IsLocked(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private string LockOf(string node) => $"{store.Path}-node-{node}";

    private static string Parameters(string columns) => string.Join(", ", columns.Split(", ").Select(c => "@" + c));

    private static SqliteCommand Prepare(SqliteConnection connection, string sql, string columns)
    {
        var command = (SqliteCommand)connection.CreateCommand(sql);
        foreach (var column in columns.Split(", "))
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = column });
        }

        return command;
    }

    // In the order of OpenColumns.
    private void Bind(SqliteCommand command, LedgerOpening opening)
    {
        var parameters = command.Parameters;
        parameters[0].Value = StoreTime.ToMicroseconds(opening.OpenedAt);
        parameters[1].Value = opening.Id;
        parameters[2].Value = Node;
        parameters[3].Value = opening.Tenant;
        parameters[4].Value = opening.KeyId;
        parameters[5].Value = opening.Endpoint;
        parameters[6].Value = DataClassWords.Of(opening.DataClass);
        parameters[7].Value = (object?)opening.TraceId ?? DBNull.Value;
        parameters[8].Value = opening.Model ?? "";
    }

    // In the order of CloseColumns, behind those of the opening.
    private static void Bind(SqliteCommand command, LedgerClosing closing)
    {
        var parameters = command.Parameters;
        parameters[9].Value = StoreTime.ToMicroseconds(closing.ClosedAt);
        parameters[10].Value = closing.Deployment ?? "";
        parameters[11].Value = closing.Outcome;
        parameters[12].Value = (object?)closing.Code ?? DBNull.Value;
        parameters[13].Value = closing.Status;
        parameters[14].Value = closing.Usage?.InputTokens ?? 0;
        parameters[15].Value = closing.Usage?.CachedTokens ?? 0;
        parameters[16].Value = closing.Usage?.OutputTokens ?? 0;
        parameters[17].Value = closing.Usage?.ReasoningTokens ?? 0;
        parameters[18].Value = closing.Usage is { IsEstimated: true } ? 1 : 0;
        parameters[19].Value = closing.CostNano;
        parameters[20].Value = closing.Currency ?? "";
        parameters[21].Value = (long)closing.Latency.TotalMicroseconds;
        parameters[22].Value = closing.FirstToken is { } first ? (long)first.TotalMicroseconds : DBNull.Value;
    }
}
