using System.Data.Common;
using System.Globalization;
using Gateway.Stores;
using Npgsql;

namespace Gateway.Ledger;

/// <summary>
/// The ledger in PostgreSQL, shared by nodes: each says every few seconds that it is alive, and the lines of one that did not for
/// <see cref="Lease"/> are lost. Lines stand in a partition a month.
/// </summary>
internal sealed class PostgreSqlLedgerTables(PostgreSqlStore store, string node) : LedgerTables(store, node)
{
    /// <summary>How long a node may be silent. By the database's clock, which is the same for all.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    // An array a column, all of one length: a statement that is prepared once, whatever the number of lines.
    private const string InsertOpen =
        """
        INSERT INTO exchanges (opened_at, id, node, tenant, key_id, endpoint, data_class, trace_id, model, decision, policy, candidates, findings,
            reserved_at, reserved_tokens, reserved_nano, reserved_currency,
            deployment, outcome, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, cost_nano, currency)
        SELECT o, i, $1, t, k, e, d, tr, m, de, po, ca, fn, ra, rt, rn, rc, '', 'open', 0, 0, 0, 0, 0, 0, ''
        FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
            $14::bigint[], $15::bigint[], $16::bigint[], $17::text[]) AS l(o, i, t, k, e, d, tr, m, de, po, ca, fn, ra, rt, rn, rc)
        ON CONFLICT (opened_at, id) DO NOTHING
        """;

    // Rows of usage are taken in one order by all nodes, so that two of them never wait for each other.
    private static readonly string InsertClosed =
        $"""
        WITH closed AS (
            INSERT INTO exchanges (opened_at, id, node, tenant, key_id, endpoint, data_class, trace_id, model, decision, policy, candidates, findings,
                reserved_at, reserved_tokens, reserved_nano, reserved_currency, closed_at, deployment, outcome, code, status,
                input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, cost_nano, currency, latency_us, first_token_us, country, drawn_nano, drawn_currency,
                redacted, answer_findings)
            SELECT o, i, $1, t, k, e, d, tr, m, de, po, ca, fn, ra, rt, rn, rc, c, dep, oc, co, st, ti, tc, tout, tr2, es, cost, cur, la, fi, cn, dn, dc, re, af
            FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
                $14::bigint[], $15::bigint[], $16::bigint[], $17::text[],
                $18::bigint[], $19::text[], $20::text[], $21::text[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[], $27::bigint[],
                $28::bigint[], $29::text[], $30::bigint[], $31::bigint[], $32::text[], $33::bigint[], $34::text[], $35::text[], $36::text[])
                AS l(o, i, t, k, e, d, tr, m, de, po, ca, fn, ra, rt, rn, rc, c, dep, oc, co, st, ti, tc, tout, tr2, es, cost, cur, la, fi, cn, dn, dc, re, af)
            ON CONFLICT (opened_at, id) DO UPDATE SET closed_at = excluded.closed_at, deployment = excluded.deployment, outcome = excluded.outcome,
                code = excluded.code, status = excluded.status, input_tokens = excluded.input_tokens, cached_tokens = excluded.cached_tokens,
                output_tokens = excluded.output_tokens, reasoning_tokens = excluded.reasoning_tokens, estimated = excluded.estimated,
                cost_nano = excluded.cost_nano, currency = excluded.currency, latency_us = excluded.latency_us, first_token_us = excluded.first_token_us,
                country = excluded.country, drawn_nano = excluded.drawn_nano, drawn_currency = excluded.drawn_currency,
                redacted = excluded.redacted, answer_findings = excluded.answer_findings
            WHERE exchanges.closed_at IS NULL
            RETURNING *),
        drawn AS (
            INSERT INTO balance_spent (tenant, currency, spent_nano)
            SELECT tenant, drawn_currency, sum(drawn_nano) FROM closed WHERE drawn_nano > 0 GROUP BY 1, 2 ORDER BY tenant COLLATE "C", drawn_currency COLLATE "C"
            {AddToSpent})
        INSERT INTO usage_daily ({KeyColumns}, {SumColumns})
        SELECT div(opened_at, 86400000000)::bigint AS day, tenant, key_id, model, deployment, endpoint, currency,
            count(*), count(*) FILTER (WHERE outcome IN ('upstream_error', 'error')), count(*) FILTER (WHERE outcome = 'refused'), 0, sum(estimated),
            sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(reasoning_tokens), sum(cost_nano)
        FROM closed GROUP BY 1, 2, 3, 4, 5, 6, 7
        ORDER BY 1, tenant COLLATE "C", key_id COLLATE "C", model COLLATE "C", deployment COLLATE "C", endpoint COLLATE "C", currency COLLATE "C"
        {AddToUsage}
        """;

    protected override string Now => "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

    public override void Write(IReadOnlyList<LedgerLine> lines)
    {
        // A line may be closed by its request at any moment: what it was when looked at counts.
        var open = new List<LedgerOpening>();
        var closed = new List<(LedgerOpening Opening, LedgerClosing Closing)>();
        foreach (var line in lines)
        {
            if (line.Closing is { } closing)
            {
                closed.Add((line.Opening, closing));
            }
            else
            {
                open.Add(line.Opening);
            }
        }

        // One round trip, one transaction.
        using var batch = ((NpgsqlConnection)Connection).CreateBatch();
        if (open.Count > 0)
        {
            batch.BatchCommands.Add(Command(InsertOpen, OpeningColumns(open)));
        }

        if (closed.Count > 0)
        {
            batch.BatchCommands.Add(Command(InsertClosed, [.. OpeningColumns([.. closed.Select(c => c.Opening)]), .. ClosingColumns([.. closed.Select(c => c.Closing)])]));
        }

        batch.ExecuteNonQuery();
    }

    // Sessions from before a failover may still take the database for one that only reads; the pool keeps none of them.
    public override void Disconnect()
    {
        base.Disconnect();
        store.Source.Clear();
    }

    public override IReadOnlyList<string> FindDeadNodes()
    {
        var nodes = new List<string>();
        using var command = Connection.CreateCommand($"SELECT node FROM ledger_nodes WHERE node <> @node AND seen_at < {Now} - @lease", ("node", Node), ("lease", LeaseMicroseconds));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            nodes.Add(reader.GetString(0));
        }

        return nodes;
    }

    public override void Prepare(DateTimeOffset now)
    {
        var (month, there) = (FirstOfMonth(now), Partitions());
        foreach (var first in new[] { month, month.AddMonths(1) }.Where(m => !there.ContainsKey(PartitionOf(m))))
        {
            var (from, to) = (StoreTime.ToMicroseconds(first), StoreTime.ToMicroseconds(first.AddMonths(1)));

            // A clock that was wrong wrote of this month before its time; PostgreSQL would not split it. It stays where it is, and goes line by line.
            using var early = Connection.CreateCommand("SELECT EXISTS (SELECT 1 FROM exchanges_other WHERE opened_at >= @from AND opened_at < @to)", ("from", from), ("to", to));
            if (early.ExecuteScalar() is not true)
            {
                TryAlter(string.Create(CultureInfo.InvariantCulture, $"CREATE TABLE IF NOT EXISTS {PartitionOf(first)} PARTITION OF exchanges FOR VALUES FROM ({from}) TO ({to})"));
            }
        }
    }

    // A month that is over is dropped whole: it costs the same however many lines it has. What is in no month goes line by line.
    public override bool Prune(DateTimeOffset before)
    {
        foreach (var (name, _) in Partitions().Where(p => p.Value <= before))
        {
            TryAlter($"DROP TABLE IF EXISTS {name}");
        }

        return LinesPerStep == Execute(
            $"""
            DELETE FROM exchanges_other WHERE (opened_at, id) IN (
                SELECT opened_at, id FROM exchanges_other WHERE opened_at < @before AND closed_at IS NOT NULL ORDER BY opened_at, id LIMIT {LinesPerStep})
            """,
            ("before", StoreTime.ToMicroseconds(before)));
    }

    // A node that says it is alive now waits for the end of this transaction, and then knows that it may have been taken for dead.
    protected override bool LockDead(DbTransaction transaction, string node)
    {
        using var command = transaction.Connection!.CreateCommand(
            $"SELECT 1 FROM ledger_nodes WHERE node = @node AND seen_at < {Now} - @lease FOR UPDATE", ("node", node), ("lease", LeaseMicroseconds));
        command.Transaction = transaction;
        return command.ExecuteScalar() is not null;
    }

    // Whoever reads the table at length, such as a backup, holds this up; then it is for the next time. Lines must not wait behind it.
    private void TryAlter(string sql)
    {
        using var transaction = Connection.BeginTransaction();
        try
        {
            Execute(transaction, "SET LOCAL lock_timeout = '200ms'");

            // Another node may be about to do the same.
            Execute(transaction, "SELECT pg_advisory_xact_lock(@lock)", ("lock", 0x67617465776179 + 1));
            Execute(transaction, sql);
            transaction.Commit();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
        }
    }

    private static long LeaseMicroseconds => Lease.Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset FirstOfMonth(DateTimeOffset time) => new(time.UtcDateTime.Year, time.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    private static string PartitionOf(DateTimeOffset month) => month.UtcDateTime.ToString("'exchanges_'yyyyMM", CultureInfo.InvariantCulture);

    // The months that there are, each with its end.
    private Dictionary<string, DateTimeOffset> Partitions()
    {
        using var command = Connection.CreateCommand(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'exchanges'::regclass AND c.relname ~ '^exchanges_[0-9]{6}$'");
        using var reader = command.ExecuteReader();
        var partitions = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        while (reader.Read())
        {
            var name = reader.GetString(0);
            partitions.Add(name, DateTimeOffset.ParseExact(name["exchanges_".Length..], "yyyyMM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).AddMonths(1));
        }

        return partitions;
    }

    private NpgsqlBatchCommand Command(string sql, IEnumerable<object> columns)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Node });
        foreach (var column in columns)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = column });
        }

        return command;
    }

    private static object[] OpeningColumns(List<LedgerOpening> lines) =>
    [
        Column(lines, l => StoreTime.ToMicroseconds(l.OpenedAt)),
        Column(lines, l => l.Id),
        Column(lines, l => l.Tenant),
        Column(lines, l => l.KeyId),
        Column(lines, l => l.Endpoint),
        Column(lines, l => l.DataClass),
        Column(lines, l => l.TraceId),
        Column(lines, l => l.Model ?? ""),
        Column(lines, l => l.Decision),
        Column(lines, l => l.Policy),
        Column(lines, l => l.Candidates),
        Column(lines, l => l.Findings),
        Column(lines, l => l.Reserved is { } reserved ? (long?)StoreTime.ToMicroseconds(reserved.At) : null),
        Column(lines, l => l.Reserved?.Tokens ?? 0),
        Column(lines, l => l.Reserved?.Nano ?? 0),
        Column(lines, l => l.Reserved?.Currency ?? ""),
    ];

    private static object[] ClosingColumns(List<LedgerClosing> lines) =>
    [
        Column(lines, l => StoreTime.ToMicroseconds(l.ClosedAt)),
        Column(lines, l => l.Deployment ?? ""),
        Column(lines, l => l.Outcome),
        Column(lines, l => l.Code),
        Column(lines, l => (long)l.Status),
        Column(lines, l => (long)(l.Usage?.InputTokens ?? 0)),
        Column(lines, l => (long)(l.Usage?.CachedTokens ?? 0)),
        Column(lines, l => (long)(l.Usage?.OutputTokens ?? 0)),
        Column(lines, l => (long)(l.Usage?.ReasoningTokens ?? 0)),
        Column(lines, l => l.Usage is { IsEstimated: true } ? 1L : 0L),
        Column(lines, l => l.CostNano),
        Column(lines, l => l.Currency ?? ""),
        Column(lines, l => (long)l.Latency.TotalMicroseconds),
        Column(lines, l => l.FirstToken is { } first ? (long?)first.TotalMicroseconds : null),
        Column(lines, l => l.Country),
        Column(lines, l => l.Drawn?.Nano ?? 0),
        Column(lines, l => l.Drawn?.Currency ?? ""),
        Column(lines, l => l.Redacted),
        Column(lines, l => l.AnswerFindings),
    ];

    private static TValue[] Column<TLine, TValue>(List<TLine> lines, Func<TLine, TValue> value)
    {
        var column = new TValue[lines.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(lines[i]);
        }

        return column;
    }
}
