using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Tests.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Gateway.EndToEnd.Tests;

/// <summary>The ledger of a gateway that is killed while it works.</summary>
public sealed class LedgerTests
{
    private const int Kills = 20;
    private const string Key = "key-of-the-ledger-tests";

    [Fact]
    public Task Killed_twenty_times_under_load_SQLite_has_each_acknowledged_request_once() => KillAsync(connectionString: null);

    [PostgreSqlFact]
    public async Task Killed_twenty_times_under_load_PostgreSQL_has_each_acknowledged_request_once() =>
        await KillAsync(await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync());

    private static async Task KillAsync(string? connectionString)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        using var upstream = new Upstream();
        await ConfigureAsync(folder, upstream.BaseUrl, connectionString);
        var acknowledged = new ConcurrentBag<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var gateway = await GatewayProcess.StartAsync(folder);
            using var killed = new CancellationTokenSource();
            var before = acknowledged.Count;
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var load = Enumerable.Range(0, 8).Select(_ => LoadAsync(gateway, id =>
            {
                acknowledged.Add(id);
                if (acknowledged.Count >= before + 60)
                {
                    enough.TrySetResult();
                }
            })).ToList();
            await enough.Task.WaitAsync(TimeSpan.FromMinutes(1));
            await gateway.KillAsync();
            await Task.WhenAll(load);
        }

        // The next start, or with PostgreSQL any node once the dead one's time is up, closes what was left open.
        await using var last = await GatewayProcess.StartAsync(folder);
        await using var store = await OpenAsync(folder, connectionString);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (await CountAsync(store, "SELECT COUNT(*) FROM exchanges WHERE closed_at IS NULL") > 0)
        {
            await Task.Delay(100, patience.Token);
        }

        var lines = await RowsAsync(store, "SELECT id, outcome FROM exchanges");
        Assert.True(acknowledged.Count >= Kills * 60);
        Assert.Empty(acknowledged.Except(lines.Keys, StringComparer.Ordinal));
        Assert.All(acknowledged, id => Assert.True(lines[id] is "ok" or "lost", $"{id}: {lines[id]}"));
        Assert.All(lines.Values, outcome => Assert.True(outcome is "ok" or "lost", outcome));

        // One of ten requests was never answered, so some were open at every end.
        Assert.True(lines.Values.Count(o => o == "lost") >= Kills);
        Assert.Equal(lines.Count, await CountAsync(store, "SELECT CAST(SUM(requests) AS BIGINT) FROM usage_daily"));
        Assert.Equal(lines.Values.Count(o => o == "lost"), await CountAsync(store, "SELECT CAST(SUM(lost) AS BIGINT) FROM usage_daily"));
        Assert.Equal(7L * lines.Values.Count(o => o == "ok"), await CountAsync(store, "SELECT CAST(SUM(input_tokens) AS BIGINT) FROM usage_daily"));

        // And the command line says the same, beside the gateway that runs.
        await using var command = await GatewayProcess.StartAsync(folder, ["usage", "--json", "--group-by", "tenant"]);
        Assert.Equal(0, command.ExitCode);
        Assert.Equal(lines.Count, JsonDocument.Parse(command.Output).RootElement.GetProperty("data")[0].GetProperty("requests").GetInt64());
    }

    private static async Task LoadAsync(GatewayProcess gateway, Action<string> acknowledge)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };
        try
        {
            while (true)
            {
                using var content = new StringContent("""{"model":"m","messages":[{"role":"user","content":"hello"}]}""", Encoding.UTF8, "application/json");
                using var response = await client.PostAsync(gateway.Api + "/chat/completions", content);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                acknowledge(response.Headers.GetValues("x-request-id").Single());
            }
        }
        catch (HttpRequestException)
        {
            // The gateway is gone.
        }
    }

    private static async Task ConfigureAsync(string folder, string baseUrl, string? connectionString)
    {
        var store = "";
        if (connectionString is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "postgresql"), connectionString);
            store = "store: { postgresql: \"file:postgresql\" }\n";
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            listen: { api: "127.0.0.1:0" }
            {{store}}ledger: { durability: { public: commit } }
            models: [{ name: m, deployments: [d] }]
            deployments: [{ name: d, kind: openai-compatible, base_url: "{{baseUrl}}" }]
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            tenants: [{ name: t, policy: open, models: [m], keys: [{ name: k, sha256: {{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}} }] }]
            """);
    }

    private static async Task<DbConnection> OpenAsync(string folder, string? connectionString)
    {
        DbConnection connection = connectionString is null
            ? new SqliteConnection($"Data Source={Path.Combine(folder, "gateway.db")};Mode=ReadOnly")
            : new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<long> CountAsync(DbConnection store, string sql)
    {
        await using var command = store.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    // The second of two rows with one id would throw.
    private static async Task<Dictionary<string, string>> RowsAsync(DbConnection store, string sql)
    {
        await using var command = store.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0), reader.GetString(1));
        }

        return rows;
    }
}
