using Gateway.Hosting;
using Gateway.Stores;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Stores;

public sealed class StoreTests
{
    // The theories leave PostgreSQL out where there is none; this one then says so.
    [PostgreSqlFact]
    public async Task PostgreSQL_is_there_for_the_tests_of_stores()
    {
        await using var store = await TestStore.CreateAsync("postgresql");

        Assert.Equal(["1"], await store.RowsAsync("SELECT 1"));
    }

    [Theory, StoreKinds]
    public async Task Tables_are_made_once_however_many_open_the_store_at_a_time(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var stores = Enumerable.Range(0, 8).Select(_ => test.Another()).ToList();

        // Each on a thread of its own, as a process has one: the pool of two cores would let them wait for each other.
        await Task.WhenAll(stores.Select(s => Task.Factory.StartNew(s.Migrate, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        var versions = await test.RowsAsync("SELECT version FROM schema_versions ORDER BY version");
        Assert.Equal(Enumerable.Range(1, versions.Count).Select(v => $"{v}"), versions);
        Assert.Empty(await test.RowsAsync("SELECT * FROM exchanges"));
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Theory, StoreKinds]
    public async Task A_store_of_a_newer_gateway_is_refused_with_both_versions(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        await test.ExecuteAsync("INSERT INTO schema_versions (version, name, applied_at) VALUES (9999, 'later', 0)");
        await using var later = test.Another();

        var refused = Assert.Throws<StoreSchemaException>(later.Migrate);

        Assert.Contains("9999", refused.Message, StringComparison.Ordinal);
        Assert.Contains("newer", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task The_file_is_its_owners_to_read_only()
    {
        await using var test = await TestStore.CreateAsync("sqlite");
        await test.ExecuteAsync("INSERT INTO ledger_nodes (node, seen_at) VALUES ('n', 1)");
        await using var open = await test.Store.OpenAsync(CancellationToken.None);

        Assert.All(Directory.GetFiles(test.Folder), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task The_description_of_PostgreSQL_holds_no_password()
    {
        await using var store = new PostgreSqlStore("Host=db.example;Username=u;Password=p4ssw0rd;Database=d", TimeProvider.System);

        Assert.Equal("PostgreSQL at db.example:5432, database d", store.Description);
    }

    [Theory]
    [InlineData("Host=h", 3, 5)]
    [InlineData("Host=h;Timeout=9;Command Timeout=30", 9, 30)]
    public void A_connection_string_keeps_its_time_outs_and_gets_short_ones_where_it_has_none(string text, int connect, int command)
    {
        var settings = PostgreSqlStore.Parse(text);

        Assert.Equal((connect, command), (settings.Timeout, settings.CommandTimeout));
    }

    [PostgreSqlFact]
    public async Task A_store_that_cannot_be_reached_has_a_name_for_it_and_is_good_once_it_is_back()
    {
        await using var cluster = await PostgreSqlCluster.StartAsync();
        await using var store = new PostgreSqlStore(await cluster.CreateDatabaseAsync(), TimeProvider.System);
        await cluster.StopServerAsync();

        var gone = await Record.ExceptionAsync(() => store.OpenAsync(CancellationToken.None));
        await cluster.StartServerAsync();

        Assert.Equal("unreachable", StoreError.From(gone!)!.Code);
        await using var back = await store.OpenAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_folder_that_is_a_file_does_not_keep_the_gateway_from_starting()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-store-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "data"), "");
        await using var store = new SqliteStore(Path.Combine(folder, "data", SqliteStore.FileName), TimeProvider.System);
        using var logs = new LogCapture();
        using var factory = LoggerFactory.Create(b => b.AddProvider(logs));

        await new StoreStart(store, factory.CreateLogger<StoreStart>()).RunAsync();

        Assert.Contains(logs.Lines, l => l.Id.Id == 12000 && l.Text.Contains(store.Description, StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    [Theory, StoreKinds]
    public async Task A_newer_store_ends_the_start(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        await test.ExecuteAsync("INSERT INTO schema_versions (version, name, applied_at) VALUES (9999, 'later', 0)");
        await using var later = test.Another();

        await Assert.ThrowsAsync<StartupException>(() => new StoreStart(later, NullLogger<StoreStart>.Instance).RunAsync());
    }
}
