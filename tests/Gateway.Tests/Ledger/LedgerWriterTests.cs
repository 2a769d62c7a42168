using Gateway.Ledger;
using Gateway.Stores;
using Gateway.Tests.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Tests.Testing.LedgerLines;

namespace Gateway.Tests.Ledger;

/// <summary>The writer in front of either kind of store: in good days, and when the store fails.</summary>
public sealed class LedgerWriterTests
{
    private const int Capacity = 1_000;

    [Theory, StoreKinds]
    public async Task A_line_that_is_waited_for_is_in_the_store_when_the_waiting_ends(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var writer = Start(test.Store);
        for (var i = 1; i <= 20; i++)
        {
            Assert.True(writer.TryAdd(Open(Noon), Capacity, out var committed));
            Assert.True(await committed);
            Assert.Equal([$"open|{i}"], await test.RowsAsync("SELECT outcome, COUNT(*) FROM exchanges GROUP BY outcome"));
        }
    }

    [Theory, StoreKinds]
    public async Task Every_line_is_written_once_however_many_write_at_a_time(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        using var writer = Start(test.Store);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < 250; i++)
            {
                var line = Open(Noon, $"t{n}");
                if (i % 10 == 0)
                {
                    Assert.True(writer.TryAdd(line, int.MaxValue, out var committed));
                    Assert.True(await committed);
                }
                else
                {
                    Assert.True(writer.TryAdd(line, int.MaxValue));
                }

                writer.Update(line.Close());
            }
        })));
        await writer.StopAsync(CancellationToken.None);

        Assert.Equal(["ok|2000"], await test.RowsAsync("SELECT outcome, COUNT(*) FROM exchanges GROUP BY outcome"));
        Assert.Equal(["2000|14000|6000"], await test.RowsAsync("SELECT SUM(requests), SUM(input_tokens), SUM(output_tokens) FROM usage_daily"));
        Assert.Empty(await test.RowsAsync("SELECT * FROM ledger_nodes"));
    }

    [Fact]
    public async Task A_file_that_another_program_keeps_locked_holds_up_nobody_but_who_needs_a_durable_line()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        using var writer = Start(test.Store);
        await ReadyAsync(writer);
        await using var other = (SqliteConnection)await test.Store.OpenAsync(CancellationToken.None);
        var hold = await other.BeginTransactionAsync();

        // The one that finds out waits as long as the file's lock is waited for; then all know.
        Assert.True(writer.TryAdd(Open(Noon, "waited"), Capacity, out var first));
        Assert.False(await first);
        Assert.Equal("locked", writer.Health.Error?.Code);
        Assert.False(writer.TryAdd(Open(Noon, "refused"), Capacity, out _));
        Assert.True(writer.TryAdd(Open(Noon, "batch").Close(), Capacity));
        await hold.RollbackAsync();
        await RecoversAsync(writer);

        Assert.Equal(["batch|ok", "waited|open"], await test.RowsAsync("SELECT tenant, outcome FROM exchanges WHERE tenant <> 'ready' ORDER BY tenant"));
    }

    [Fact]
    public async Task A_store_that_fails_in_its_own_way_is_tried_again_until_it_takes_the_line()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        await test.ExecuteAsync("CREATE TRIGGER refuse BEFORE INSERT ON exchanges BEGIN SELECT RAISE(FAIL, 'no'); END");
        using var writer = Start(test.Store);
        Assert.True(writer.TryAdd(Open(Noon), Capacity, out var committed));
        Assert.False(await committed);
        Assert.NotNull(writer.Health.Error);

        await test.ExecuteAsync("DROP TRIGGER refuse");
        await RecoversAsync(writer);

        Assert.Equal(["1"], await test.RowsAsync("SELECT COUNT(*) FROM exchanges"));
    }

    [Fact]
    public async Task What_waits_has_a_bound_and_closing_what_is_open_is_within_it_always()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        using var writer = Start(test.Store);
        await ReadyAsync(writer);
        var open = Open(Noon, "before");
        Assert.True(writer.TryAdd(open, Capacity, out var committed));
        Assert.True(await committed);
        await using var other = (SqliteConnection)await test.Store.OpenAsync(CancellationToken.None);
        var hold = await other.BeginTransactionAsync();

        var taken = Enumerable.Range(0, 2 * Capacity).Count(_ => writer.TryAdd(Open(Noon).Close(), Capacity));
        writer.Update(open.Close());

        Assert.Equal(Capacity, taken);
        Assert.Equal(Capacity + 1, writer.Waiting);
        await hold.RollbackAsync();
        await writer.StopAsync(CancellationToken.None);
        Assert.Equal([$"ok|{Capacity + 1}"], await test.RowsAsync("SELECT outcome, COUNT(*) FROM exchanges WHERE tenant <> 'ready' GROUP BY outcome"));
    }

    [Fact]
    public async Task A_file_that_was_moved_away_is_told_and_nothing_is_lost_when_it_is_put_back()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        using var writer = Start(test.Store);
        await ReadyAsync(writer);
        var path = ((SqliteStore)test.Store).Path;
        File.Move(path, path + ".away");

        // The file that is open takes them still, where nobody will find them.
        Assert.True(writer.TryAdd(Open(Noon, "durable").Close(), Capacity, out var committed));
        Assert.False(await committed);
        Assert.Equal("gone", writer.Health.Error?.Code);
        Assert.True(writer.TryAdd(Open(Noon, "batch").Close(), Capacity));
        Assert.False(File.Exists(path));
        File.Move(path + ".away", path);
        await RecoversAsync(writer);

        Assert.Equal(["batch|1", "durable|1"], await test.RowsAsync("SELECT tenant, COUNT(*) FROM exchanges WHERE tenant <> 'ready' GROUP BY tenant ORDER BY tenant"));
        Assert.Equal(["batch|1", "durable|1"], await test.RowsAsync("SELECT tenant, requests FROM usage_daily WHERE tenant <> 'ready' ORDER BY tenant"));
    }

    [Fact]
    public async Task A_file_without_tables_in_its_place_gets_them_and_the_lines_that_wait()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        using var writer = Start(test.Store);
        await ReadyAsync(writer);
        foreach (var file in Directory.GetFiles(test.Folder))
        {
            File.Delete(file);
        }

        await File.WriteAllBytesAsync(((SqliteStore)test.Store).Path, []);
        Assert.True(writer.TryAdd(Open(Noon, "batch").Close(), Capacity));
        await Eventually.TrueAsync(() => writer.Failures > 0, "the writer has seen it");
        await RecoversAsync(writer);

        Assert.Equal(["batch|ok"], await test.RowsAsync("SELECT tenant, outcome FROM exchanges"));
    }

    [SmallDiskFact]
    public async Task A_disk_that_is_full_is_told_and_nothing_is_lost_when_there_is_room_again()
    {
        using var disk = SmallDisk.Mount();
        await using var store = new SqliteStore(Path.Combine(disk.Folder, SqliteStore.FileName), TimeProvider.System);
        using var writer = Start(store);
        await ReadyAsync(writer);
        disk.Fill();

        // What the database's log has room for still goes; then no more.
        var durable = 0;
        while (writer.TryAdd(Open(Noon, "durable").Close(), Capacity, out var committed))
        {
            durable++;
            await committed;
        }

        Assert.Equal("disk_full", writer.Health.Error?.Code);
        Assert.Equal(10, Enumerable.Range(0, 10).Count(_ => writer.TryAdd(Open(Noon, "batch").Close(), Capacity)));
        disk.Empty();
        await RecoversAsync(writer);

        Assert.Equal([$"batch|10", $"durable|{durable}"], await RowsAsync(store, "SELECT tenant, COUNT(*) FROM exchanges WHERE tenant <> 'ready' GROUP BY tenant ORDER BY tenant"));
        Assert.Equal([$"batch|10", $"durable|{durable}"], await RowsAsync(store, "SELECT tenant, requests FROM usage_daily WHERE tenant <> 'ready' ORDER BY tenant"));
    }

    [SmallDiskFact]
    public async Task A_disk_that_may_only_be_read_is_told_and_nothing_is_lost_when_it_may_be_written_again()
    {
        using var disk = SmallDisk.Mount();
        await using var store = new SqliteStore(Path.Combine(disk.Folder, SqliteStore.FileName), TimeProvider.System);
        store.Migrate();
        disk.SetReadOnly(true);
        using var writer = Start(store);
        Assert.True(writer.TryAdd(Open(Noon, "batch").Close(), Capacity));
        await Eventually.TrueAsync(() => !writer.Health.IsAvailable, "the failure is known");

        Assert.Equal("read_only", writer.Health.Error?.Code);
        Assert.False(writer.TryAdd(Open(Noon, "durable"), Capacity, out _));
        disk.SetReadOnly(false);
        await RecoversAsync(writer);

        Assert.Equal(["batch|ok"], await RowsAsync(store, "SELECT tenant, outcome FROM exchanges"));
    }

    [PostgreSqlFact]
    public async Task PostgreSQL_that_became_a_replica_is_told_as_one_that_may_only_be_read()
    {
        await using var test = await TestStore.CreateAsync("postgresql");
        using var writer = Start(test.Store);
        await ReadyAsync(writer);
        var database = new Npgsql.NpgsqlConnectionStringBuilder(test.ConnectionString).Database;
        await test.ExecuteAsync($"ALTER DATABASE {database} SET default_transaction_read_only = on");
        await test.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()");
        Assert.True(writer.TryAdd(Open(Noon, "batch").Close(), Capacity));
        await Eventually.TrueAsync(() => writer.Health.Error?.Code == "read_only", "the failure is known");

        await using (var connection = await test.Store.OpenAsync(CancellationToken.None))
        {
            foreach (var sql in new[] { "SET default_transaction_read_only = off", $"ALTER DATABASE {database} RESET default_transaction_read_only" })
            {
                await using var command = connection.CreateCommand(sql);
                await command.ExecuteNonQueryAsync();
            }
        }

        await test.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()");
        await RecoversAsync(writer);

        Assert.Equal(["batch|ok"], await test.RowsAsync("SELECT tenant, outcome FROM exchanges WHERE tenant <> 'ready'"));
    }

    [PostgreSqlFact]
    public async Task PostgreSQL_that_is_stopped_and_started_under_load_loses_and_doubles_nothing()
    {
        await using var cluster = await PostgreSqlCluster.StartAsync();
        await using var store = new PostgreSqlStore(await cluster.CreateDatabaseAsync(), TimeProvider.System);
        using var writer = Start(store);
        await ReadyAsync(writer);
        using var ended = new CancellationTokenSource();
        var (acknowledged, refused, batched) = (0, 0, 0);
        var load = Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                var line = Open(Noon, "durable");
                if (!writer.TryAdd(line, int.MaxValue, out var committed))
                {
                    Interlocked.Increment(ref refused);
                    await Task.Yield();
                }
                else if (await committed)
                {
                    Interlocked.Increment(ref acknowledged);
                    writer.Update(line.Close());
                }
                else
                {
                    // As the gateway does it: told that it could not be recorded, and recorded as that if it can.
                    writer.Update(line.Close(outcome: "error", code: "ledger_unavailable", status: 503));
                }

                if (writer.Waiting < Capacity && writer.TryAdd(Open(Noon, "batch").Close(), int.MaxValue))
                {
                    Interlocked.Increment(ref batched);
                }
            }
        })).ToList();

        for (var round = 0; round < 3; round++)
        {
            var before = Volatile.Read(ref acknowledged);
            await Eventually.TrueAsync(() => Volatile.Read(ref acknowledged) > before + 100, "lines are acknowledged");
            await cluster.StopServerAsync();
            await Eventually.TrueAsync(() => !writer.Health.IsAvailable, "the outage is known");
            await cluster.StartServerAsync();
            await Eventually.TrueAsync(() => writer.Health.IsAvailable, "the store takes lines again");
        }

        await ended.CancelAsync();
        await Task.WhenAll(load);
        await writer.StopAsync(CancellationToken.None);

        Assert.True(refused > 0);
        await using var connection = await store.OpenAsync(CancellationToken.None);
        Assert.Equal(acknowledged, await CountAsync("tenant = 'durable' AND outcome = 'ok'"));
        Assert.Equal(batched, await CountAsync("tenant = 'batch' AND outcome = 'ok'"));
        Assert.Equal(0, await CountAsync("outcome NOT IN ('ok', 'error')"));
        Assert.Equal([$"{await CountAsync("1 = 1")}"], await TestStore.RowsAsync(connection, "SELECT SUM(requests) FROM usage_daily"));

        async Task<long> CountAsync(string where)
        {
            await using var command = connection.CreateCommand($"SELECT COUNT(*) FROM exchanges WHERE {where}");
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }

    [Theory, StoreKinds]
    public async Task Who_starts_next_closes_what_a_dead_process_left_open(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var dead = Tables(test.Store);
        dead.Write([.. Enumerable.Range(0, LedgerTables.LinesPerStep + 1).Select(_ => Open(Noon))]);
        await dead.DieAsync(test);

        using var writer = Start(test.Store);

        await Eventually.TrueAsync(async () => (await test.RowsAsync("SELECT 1 FROM exchanges WHERE outcome = 'open'")).Count == 0, "all are closed as lost");
    }

    private static async Task<IReadOnlyList<string>> RowsAsync(Store store, string sql)
    {
        await using var connection = await store.OpenAsync(CancellationToken.None);
        return await TestStore.RowsAsync(connection, sql);
    }

    private static LedgerWriter Start(Store store)
    {
        var writer = new LedgerWriter(LedgerServices.CreateTables(store, TimeProvider.System), () => TimeSpan.FromDays(36_500), TimeProvider.System, NullLogger<LedgerWriter>.Instance);
        _ = writer.StartAsync(CancellationToken.None);
        return writer;
    }

    private static Task ReadyAsync(LedgerWriter writer) => Eventually.TrueAsync(
        async () => writer.TryAdd(Open(Noon, "ready").Close(), Capacity, out var committed) && await committed, "the writer is ready");

    private static async Task RecoversAsync(LedgerWriter writer)
    {
        await Eventually.TrueAsync(() => writer.Health.IsAvailable && writer.Waiting == 0, $"the store takes lines again: {writer.Health}, {writer.Waiting} wait");
    }
}
