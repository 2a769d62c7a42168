using System.Globalization;
using Gateway.Admin;
using Gateway.Exchanges;
using Gateway.Ledger;
using Gateway.Stores;
using Gateway.Tests.Testing;
using static Gateway.Tests.Testing.LedgerLines;

namespace Gateway.Tests.Ledger;

/// <summary>What holds for the ledger on either kind of store.</summary>
public sealed class LedgerTablesTests
{
    private const string Decisions = "SELECT decision, policy, candidates, country FROM exchanges";
    private const string Usage = "SELECT tenant, model, requests, failed, refused, lost, estimated, input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_nano FROM usage_daily ORDER BY day, tenant, model";

    [Theory, StoreKinds]
    public async Task A_line_has_all_that_is_known_of_its_exchange(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var tables = Tables(test.Store);
        var line = new LedgerLine(new("req_1", Noon.AddMicroseconds(3), "acme", "key_1", "chat.completions", "restricted", "0af7651916cd43dd8448eb211c80319c", "gpt") { Decision = "dec_1", Policy = "0123", Candidates = "azure;far=trains" });

        tables.Write([line]);
        Assert.Equal(["dec_1|0123|azure;far=trains|"], await test.RowsAsync(Decisions));
        var open = await test.RowsAsync("SELECT outcome, closed_at, tenant, key_id, model, deployment, endpoint, data_class, trace_id, node FROM exchanges");
        line.Closing = new(
            Noon.AddSeconds(2), "ok", null, 200, "azure", new Usage(100, 50) { CachedTokens = 40, ReasoningTokens = 20, IsEstimated = true }, 1234, "USD", TimeSpan.FromMicroseconds(1_999_997), TimeSpan.FromMilliseconds(7))
        {
            Country = "BR",
        };
        tables.Write([line]);

        Assert.Equal([$"open||acme|key_1|gpt||chat.completions|restricted|0af7651916cd43dd8448eb211c80319c|{tables.Node}"], open);
        Assert.Equal(
            [$"req_1|{StoreTime.ToMicroseconds(Noon) + 3}|{StoreTime.ToMicroseconds(Noon) + 2_000_000}|ok||200|azure|100|40|50|20|1|1234|USD|1999997|7000"],
            await test.RowsAsync("SELECT id, opened_at, closed_at, outcome, code, status, deployment, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated, cost_nano, currency, latency_us, first_token_us FROM exchanges"));
        Assert.Equal(["acme|gpt|1|0|0|0|1|100|40|50|20|1234"], await test.RowsAsync(Usage));
        Assert.Equal(["dec_1|0123|azure;far=trains|BR"], await test.RowsAsync(Decisions));
    }

    [Theory, StoreKinds]
    public async Task A_group_that_is_written_again_changes_nothing(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var tables = Tables(test.Store);
        LedgerLine[] lines = [Open(Noon).Close(), Open(Noon), Open(Noon).Close(outcome: "refused", code: "model_not_found", status: 404)];

        tables.Write(lines);
        var before = (await test.RowsAsync("SELECT * FROM exchanges ORDER BY id"), await test.RowsAsync(Usage));
        tables.Write(lines);
        tables.Disconnect();
        tables.Connect();
        tables.Write(lines);

        Assert.Equal(before.Item1, await test.RowsAsync("SELECT * FROM exchanges ORDER BY id"));
        Assert.Equal(before.Item2, await test.RowsAsync(Usage));
        Assert.Equal(3, before.Item1.Count);
        Assert.Equal(["acme|m|2|0|1|0|0|14|0|6|0|0"], before.Item2);
    }

    [Theory, StoreKinds]
    public async Task Usage_is_added_up_by_the_day_in_UTC_on_which_the_exchange_began(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var tables = Tables(test.Store);
        var midnight = new DateTimeOffset(2026, 3, 15, 0, 0, 0, TimeSpan.Zero);

        tables.Write([Open(midnight.AddMicroseconds(-1)).Close(), Open(midnight).Close(), Open(midnight.AddHours(23)).Close(), Open(DateTimeOffset.UnixEpoch.AddMicroseconds(1)).Close()]);

        Assert.Equal(["0|1", "20526|1", "20527|2"], await test.RowsAsync("SELECT day, requests FROM usage_daily ORDER BY day"));
    }

    [Theory, StoreKinds]
    public async Task Sums_are_those_of_the_lines_whatever_the_lines(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var tables = Tables(test.Store);
        var random = new Random(1);
        string[] outcomes = [.. Enum.GetValues<ExchangeOutcome>().Select(OutcomeWords.Of)];
        for (var group = 0; group < 20; group++)
        {
            tables.Write([.. Enumerable.Range(0, random.Next(1, 60)).Select(_ =>
            {
                var line = Open(Noon.AddHours(random.Next(-40, 40)), $"t{random.Next(3)}", $"m{random.Next(3)}", $"key_{random.Next(3)}");
                return random.Next(5) == 0 ? line : line.Close(
                    random.Next(1000), random.Next(1000), outcomes[random.Next(outcomes.Length)], $"d{random.Next(2)}", costNano: random.Next(), currency: random.Next(2) == 0 ? "USD" : "BRL");
            })]);
        }

        const string Groups = "tenant, key_id, model, deployment, endpoint, currency";
        Assert.NotEmpty(await test.RowsAsync(Usage));
        Assert.Equal(
            await test.RowsAsync(
                $"""
                SELECT opened_at / 86400000000 AS day, {Groups}, COUNT(*), SUM(CASE WHEN outcome IN ('upstream_error', 'error') THEN 1 ELSE 0 END), SUM(CASE WHEN outcome = 'refused' THEN 1 ELSE 0 END),
                    SUM(input_tokens), SUM(output_tokens), SUM(cost_nano) FROM exchanges WHERE closed_at IS NOT NULL GROUP BY opened_at / 86400000000, {Groups} ORDER BY 1, 2, 3, 4, 5, 6, 7
                """),
            await test.RowsAsync($"SELECT day, {Groups}, requests, failed, refused, input_tokens, output_tokens, cost_nano FROM usage_daily ORDER BY 1, 2, 3, 4, 5, 6, 7"));
    }

    [Theory, StoreKinds]
    public async Task Open_lines_of_a_dead_process_become_lost_and_those_of_a_living_one_do_not(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var living = Tables(test.Store);
        living.Write([Open(Noon, "living")]);
        var dead = Tables(test.Store);
        dead.Write([Open(Noon, "dead"), Open(Noon, "dead").Close()]);
        using var next = Tables(test.Store);
        Assert.Empty(next.FindDeadNodes());

        await dead.DieAsync(test);
        Assert.Equal([dead.Node], next.FindDeadNodes());
        Assert.Equal(0, next.CloseLost(living.Node, Noon));
        Assert.Equal(1, next.CloseLost(dead.Node, Noon.AddHours(1)));

        Assert.Equal(["dead|lost|1", "dead|ok|1", "living|open|0"], await test.RowsAsync(
            "SELECT tenant, outcome, CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END FROM exchanges ORDER BY tenant, outcome"));
        Assert.Equal(["dead|m|1|0|0|0|0|7|0|3|0|0", "dead|m|1|0|0|1|0|0|0|0|0|0"], (await test.RowsAsync(Usage)).Order(StringComparer.Ordinal));
        Assert.Empty(next.FindDeadNodes());
    }

    [Theory, StoreKinds]
    public async Task Lines_of_a_dead_process_are_closed_in_short_steps_until_none_is_left(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var dead = Tables(test.Store);
        dead.Write([.. Enumerable.Range(0, (2 * LedgerTables.LinesPerStep) + 5).Select(i => Open(Noon.AddSeconds(i)))]);
        await dead.DieAsync(test);
        using var next = Tables(test.Store);

        var steps = new List<int>();
        while (next.FindDeadNodes() is [var node])
        {
            steps.Add(next.CloseLost(node, Noon));
        }

        Assert.Equal([LedgerTables.LinesPerStep, LedgerTables.LinesPerStep, 5], steps);
    }

    [Theory, StoreKinds]
    public async Task A_process_that_was_taken_for_dead_gets_its_lines_back(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var silent = Tables(test.Store);
        var line = Open(Noon);
        silent.Write([line, Open(Noon, "other").Close()]);
        await test.ExecuteAsync($"UPDATE exchanges SET outcome = 'lost', closed_at = 1 WHERE closed_at IS NULL");
        await test.ExecuteAsync($"INSERT INTO usage_daily SELECT day, tenant, key_id, model, '', endpoint, '', 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 FROM usage_daily");
        await test.ExecuteAsync("UPDATE usage_daily SET tenant = 'acme' WHERE lost = 1");

        Assert.Equal(1, silent.Revive());
        Assert.Equal(0, silent.Revive());
        silent.Write([line.Close()]);

        Assert.Equal(["acme|ok", "other|ok"], await test.RowsAsync("SELECT tenant, outcome FROM exchanges ORDER BY tenant"));
        Assert.Equal(["acme|1|0", "other|1|0"], await test.RowsAsync("SELECT tenant, SUM(requests), SUM(lost) FROM usage_daily GROUP BY tenant ORDER BY tenant"));
    }

    [Theory, StoreKinds]
    public async Task A_process_that_ends_in_order_leaves_no_name_behind(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var tables = Tables(test.Store);
        var line = Open(Noon);
        tables.Write([line]);

        tables.Leave();
        Assert.Single(await test.RowsAsync("SELECT * FROM ledger_nodes"));
        tables.Write([line.Close()]);
        tables.Leave();

        Assert.Empty(await test.RowsAsync("SELECT * FROM ledger_nodes"));
    }

    [Theory, StoreKinds]
    public async Task Old_lines_go_in_short_steps_and_what_they_come_to_stays(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var tables = Tables(test.Store);
        tables.Prepare(Noon);
        var years = Noon.AddYears(-3);
        tables.Write([.. Enumerable.Range(0, LedgerTables.LinesPerStep + 10).Select(i => Open(years.AddSeconds(i)).Close()), Open(years), Open(Noon).Close()]);

        Assert.True(tables.Prune(Noon.AddYears(-1)));
        Assert.Equal(["12"], await test.RowsAsync("SELECT COUNT(*) FROM exchanges"));
        Assert.False(tables.Prune(Noon.AddYears(-1)));

        Assert.Equal(["ok|1", "open|1"], await test.RowsAsync("SELECT outcome, COUNT(*) FROM exchanges GROUP BY outcome ORDER BY outcome"));
        Assert.Equal([$"{LedgerTables.LinesPerStep + 11}"], await test.RowsAsync("SELECT SUM(requests) FROM usage_daily"));
    }

    [Theory, StoreKinds]
    public async Task Acts_of_admins_go_when_they_are_as_old_as_lines_that_go(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var tables = Tables(test.Store);
        foreach (var at in new[] { Noon.AddYears(-2), Noon })
        {
            await new AdminActStore(test.Store, new FixedTime(at)).AddAsync(new("root", "admin", "acts.read", null, null, AdminAct.Done, null), default);
        }

        Assert.False(tables.PruneActs(Noon.AddYears(-1)));

        Assert.Equal(["1"], await test.RowsAsync("SELECT COUNT(*) FROM admin_acts"));
    }

    [Fact]
    public async Task A_living_process_whose_lock_was_removed_gets_its_lines_back()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        using var living = Tables(test.Store);
        var line = Open(Noon);
        living.Write([line]);
        using var next = Tables(test.Store);

        File.Delete(Directory.GetFiles(test.Folder, $"*{living.Node}").Single());
        Assert.Equal([living.Node], next.FindDeadNodes());
        Assert.Equal(1, next.CloseLost(living.Node, Noon));
        living.Beat();
        living.Write([line.Close()]);

        Assert.Empty(next.FindDeadNodes());
        Assert.Equal(["ok"], await test.RowsAsync("SELECT outcome FROM exchanges"));
        Assert.Equal(["1|0|7"], await test.RowsAsync("SELECT SUM(requests), SUM(lost), SUM(input_tokens) FROM usage_daily"));
    }

    [PostgreSqlFact]
    public async Task Who_reads_PostgreSQL_at_length_holds_up_the_upkeep_and_no_line()
    {
        await using var test = await TestStore.CreateAsync("postgresql");
        using var tables = Tables(test.Store);
        tables.Prepare(Noon);
        tables.Write([Open(Noon).Close()]);
        await using (var reader = await test.Store.OpenAsync(CancellationToken.None))
        {
            await using var reading = await reader.BeginTransactionAsync();
            await TestStore.RowsAsync(reader, "SELECT COUNT(*) FROM exchanges");

            tables.Prune(Noon.AddYears(1));
            tables.Prepare(Noon.AddYears(1));
            tables.Write([Open(Noon.AddYears(1)).Close()]);
        }

        Assert.Equal(["2"], await test.RowsAsync("SELECT COUNT(*) FROM exchanges"));
        tables.Prune(Noon.AddYears(1));
        Assert.Equal(["1"], await test.RowsAsync("SELECT COUNT(*) FROM exchanges"));
    }

    [PostgreSqlFact]
    public async Task Lines_of_a_clock_that_was_ahead_do_not_stand_in_the_way_when_their_month_comes()
    {
        await using var test = await TestStore.CreateAsync("postgresql");
        using var tables = Tables(test.Store);
        tables.Prepare(Noon);
        tables.Write([Open(Noon.AddMonths(6)).Close()]);

        tables.Prepare(Noon.AddMonths(6));
        tables.Write([Open(Noon.AddMonths(6)).Close(), Open(Noon.AddMonths(7)).Close()]);

        Assert.Equal(
            ["exchanges_202610|1", "exchanges_other|2"], await test.RowsAsync("SELECT tableoid::regclass::text, COUNT(*) FROM exchanges GROUP BY 1 ORDER BY 1"));
    }

    [PostgreSqlFact]
    public async Task In_PostgreSQL_a_month_is_a_partition_and_goes_whole()
    {
        await using var test = await TestStore.CreateAsync("postgresql");
        using var tables = Tables(test.Store);
        foreach (var month in Enumerable.Range(0, 5))
        {
            tables.Prepare(Noon.AddMonths(month));
            tables.Prepare(Noon.AddMonths(month));
            tables.Write([Open(Noon.AddMonths(month)).Close()]);
        }

        const string Months = "SELECT tableoid::regclass::text, COUNT(*) FROM exchanges GROUP BY 1 ORDER BY 1";
        Assert.Equal(["exchanges_202603|1", "exchanges_202604|1", "exchanges_202605|1", "exchanges_202606|1", "exchanges_202607|1"], await test.RowsAsync(Months));

        // The 14th of May: April is over for more than that, May is not.
        tables.Prune(Noon.AddMonths(2));

        Assert.Equal(["exchanges_202605|1", "exchanges_202606|1", "exchanges_202607|1"], await test.RowsAsync(Months));
        Assert.Equal(["5"], await test.RowsAsync("SELECT SUM(requests) FROM usage_daily"));
    }

    [Theory, StoreKinds]
    public async Task Text_stays_text_whatever_stands_in_it(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var tables = Tables(test.Store);
        const string Sql = "'); DROP TABLE exchanges; --\" $1 @node %s \\ \u00FC\uD83D\uDE00\r\n";
        var line = new LedgerLine(new(Sql, Noon, Sql, Sql, Sql, "public", Sql, Sql));
        line.Closing = new(Noon, Sql, Sql, 200, Sql, null, 0, Sql, TimeSpan.Zero, null);

        tables.Write([new LedgerLine(line.Opening)]);
        tables.Write([line]);

        var escaped = string.Join('|', Enumerable.Repeat(Sql, 10));
        Assert.Equal([escaped], await test.RowsAsync("SELECT id, tenant, key_id, endpoint, trace_id, model, outcome, code, deployment, currency FROM exchanges"));
        Assert.Equal([string.Join('|', Enumerable.Repeat(Sql, 6))], await test.RowsAsync("SELECT tenant, key_id, model, deployment, endpoint, currency FROM usage_daily"));
    }

    [Theory, StoreKinds]
    public async Task Nodes_that_write_the_same_rows_at_a_time_do_not_stand_in_each_others_way(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);

        // Each on a thread of its own, as the writer of a gateway has one.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(node => Task.Factory.StartNew(
            () => WriteAll(node), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        void WriteAll(int node)
        {
            using var tables = Tables(test.Store);
            for (var group = 0; group < 25; group++)
            {
                // Each in an order of its own.
                var tenants = Enumerable.Range(0, 20).ToArray();
                new Random((node * 100) + group).Shuffle(tenants);
                tables.Write([.. tenants.Select(t => Open(Noon, $"t{t}").Close())]);
            }
        }

        Assert.Equal(["2000|20"], await test.RowsAsync("SELECT SUM(requests), COUNT(*) FROM usage_daily"));
        Assert.Equal(["2000"], await test.RowsAsync("SELECT COUNT(*) FROM exchanges"));
    }

    [Fact]
    public void A_cost_is_exact_to_the_billionth_and_cached_tokens_have_their_own_price()
    {
        var price = new Price("USD", 0.15m, 0.075m, 0.60m);

        Assert.Equal(((60 * 150) + (40 * 75) + (50 * 600)).ToString(CultureInfo.InvariantCulture), price.CostOf(new Usage(100, 50) { CachedTokens = 40 }).ToString(CultureInfo.InvariantCulture));
        Assert.Equal(75, price.CostOf(new Usage(1, 0) { CachedTokens = 9 }));
        Assert.Equal(0, price.CostOf(new Usage(0, 0)));
        Assert.Equal(2, new Price("USD", 0.0015m, 0, 0).CostOf(new Usage(1, 0)));
        Assert.Equal(long.MaxValue, new Price("USD", 999_999_999m, 0, 999_999_999m).CostOf(new Usage(int.MaxValue, int.MaxValue)));
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
