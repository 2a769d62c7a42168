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
    private const string OpenColumns =
        "opened_at, id, node, tenant, key_id, endpoint, data_class, trace_id, model, decision, policy, candidates, findings, reserved_at, reserved_tokens, reserved_nano, reserved_currency";
    private const string CloseColumns =
        "closed_at, deployment, outcome, code, status, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, cost_nano, currency, latency_us, first_token_us, "
        + "country, drawn_nano, drawn_currency, redacted, answer_findings";

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

    private static readonly int OpenCount = OpenColumns.Split(", ").Length;

    private FileStream? _alive;
    private SqliteStatement? _open;
    private SqliteStatement? _closed;
    private SqliteStatement? _usage;

    protected override string Now => StoreTime.ToMicroseconds(time.GetUtcNow()).ToString(CultureInfo.InvariantCulture);

    public override void Write(IReadOnlyList<LedgerLine> lines)
    {
        var connection = (SqliteConnection)Connection;
        var open = _open ??= new SqliteStatement(connection, InsertOpen);
        var closed = _closed ??= new SqliteStatement(connection, InsertClosed);
        var usage = new Dictionary<UsageKey, UsageSums>();
        using var transaction = connection.BeginTransaction();

        // In the table's order, so that its pages are filled one after the other.
        foreach (var line in lines.OrderBy(l => l.Opening.OpenedAt).ThenBy(l => l.Opening.Id, StringComparer.Ordinal))
        {
            if (line.Closing is not { } closing)
            {
                Bind(open, line.Opening);
                open.Run();
                continue;
            }

            Bind(closed, line.Opening);
            Bind(closed, closing);

            // None changed: this line was closed by the same transaction before, whose end nobody saw.
            if (closed.Run() == 1)
            {
                var key = UsageKey.Of(line.Opening, closing);
                usage[key] = usage.GetValueOrDefault(key).Plus(UsageSums.Of(closing));
                if (closing.Drawn is { } drawn)
                {
                    Draw(transaction, line.Opening.Tenant, drawn);
                }
            }
        }

        var add = _usage ??= new SqliteStatement(connection, InsertUsage);
        foreach (var (key, sums) in usage)
        {
            Bind(add, key, sums);
            add.Run();
        }

        transaction.Commit();
        SqliteStore.ThrowIfMoved(connection);
    }

    public override void Beat()
    {
        // Somebody may have tidied up, and others have taken this process for dead since.
        var wasRemoved = _alive is not null && !File.Exists(LockOf(Node));
        if (wasRemoved)
        {
            _alive!.Dispose();
            _alive = null;
        }

        _alive ??= new FileStream(LockOf(Node), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        base.Beat();
        if (wasRemoved)
        {
            Revive();
        }
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
        _usage?.Dispose();
        (_open, _closed, _usage) = (null, null, null);
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

    // In the order of OpenColumns.
    private void Bind(SqliteStatement statement, LedgerOpening opening)
    {
        var place = 0;
        statement.Bind(++place, StoreTime.ToMicroseconds(opening.OpenedAt));
        statement.Bind(++place, opening.Id);
        statement.Bind(++place, Node);
        statement.Bind(++place, opening.Tenant);
        statement.Bind(++place, opening.KeyId);
        statement.Bind(++place, opening.Endpoint);
        statement.Bind(++place, opening.DataClass);
        statement.Bind(++place, opening.TraceId);
        statement.Bind(++place, opening.Model ?? "");
        statement.Bind(++place, opening.Decision);
        statement.Bind(++place, opening.Policy);
        statement.Bind(++place, opening.Candidates);
        statement.Bind(++place, opening.Findings);
        statement.Bind(++place, opening.Reserved is { } reserved ? StoreTime.ToMicroseconds(reserved.At) : null);
        statement.Bind(++place, opening.Reserved?.Tokens ?? 0);
        statement.Bind(++place, opening.Reserved?.Nano ?? 0);
        statement.Bind(++place, opening.Reserved?.Currency ?? "");
    }

    // In the order of CloseColumns, behind those of the opening.
    private static void Bind(SqliteStatement statement, LedgerClosing closing)
    {
        var place = OpenCount;
        statement.Bind(++place, StoreTime.ToMicroseconds(closing.ClosedAt));
        statement.Bind(++place, closing.Deployment ?? "");
        statement.Bind(++place, closing.Outcome);
        statement.Bind(++place, closing.Code);
        statement.Bind(++place, closing.Status);
        statement.Bind(++place, closing.Usage?.InputTokens ?? 0);
        statement.Bind(++place, closing.Usage?.CachedTokens ?? 0);
        statement.Bind(++place, closing.Usage?.OutputTokens ?? 0);
        statement.Bind(++place, closing.Usage?.ReasoningTokens ?? 0);
        statement.Bind(++place, closing.Usage is { IsEstimated: true } ? 1 : 0);
        statement.Bind(++place, closing.CostNano);
        statement.Bind(++place, closing.Currency ?? "");
        statement.Bind(++place, (long)closing.Latency.TotalMicroseconds);
        statement.Bind(++place, closing.FirstToken is { } first ? (long)first.TotalMicroseconds : null);
        statement.Bind(++place, closing.Country);
        statement.Bind(++place, closing.Drawn?.Nano ?? 0);
        statement.Bind(++place, closing.Drawn?.Currency ?? "");
        statement.Bind(++place, closing.Redacted);
        statement.Bind(++place, closing.AnswerFindings);
    }

    private static void Draw(DbTransaction transaction, string tenant, DrawnRecord drawn) => Execute(
        transaction,
        $"INSERT INTO balance_spent (tenant, currency, spent_nano) VALUES (@tenant, @currency, @nano) {AddToSpent}",
        ("tenant", tenant),
        ("currency", drawn.Currency),
        ("nano", drawn.Nano));

    // In the order of KeyColumns and SumColumns.
    private static void Bind(SqliteStatement statement, UsageKey key, UsageSums sums)
    {
        statement.Bind(1, key.Day);
        statement.Bind(2, key.Tenant);
        statement.Bind(3, key.KeyId);
        statement.Bind(4, key.Model);
        statement.Bind(5, key.Deployment);
        statement.Bind(6, key.Endpoint);
        statement.Bind(7, key.Currency);
        statement.Bind(8, sums.Requests);
        statement.Bind(9, sums.Failed);
        statement.Bind(10, sums.Refused);
        statement.Bind(11, sums.Lost);
        statement.Bind(12, sums.Estimated);
        statement.Bind(13, sums.InputTokens);
        statement.Bind(14, sums.CachedTokens);
        statement.Bind(15, sums.OutputTokens);
        statement.Bind(16, sums.ReasoningTokens);
        statement.Bind(17, sums.CostNano);
    }
}
