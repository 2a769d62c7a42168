using System.Text.Json;
using Gateway.Cli;
using Gateway.Ledger;
using Gateway.Stores;
using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;
using static Gateway.Tests.Testing.LedgerLines;

namespace Gateway.Tests.Admin;

/// <summary>Usage and exchanges through the admin API and <c>/v1/usage</c>, on both kinds of store.</summary>
public sealed class LedgerEndpointsTests
{
    private const string TenantAdmin = "gw_tenant-admin-77a1";
    private const string Viewer = "gw_viewer-18c2";
    private const string Spring = "from=2026-03-01&to=2026-04-01";

    [Theory, StoreKinds]
    public async Task Usage_is_grouped_and_filtered_and_sums_are_exact(string kind)
    {
        await using var gateway = await StartAsync(kind);

        Assert.Equal(
            [
                """{"tenant":"acme","model":"big","currency":"BRL","requests":1,"failed":0,"refused":0,"lost":0,"estimated":0,"input_tokens":1,"cached_tokens":0,"output_tokens":2,"reasoning_tokens":0,"cost":0.000000001}""",
                """{"tenant":"acme","model":"big","currency":"USD","requests":2,"failed":1,"refused":0,"lost":0,"estimated":0,"input_tokens":17,"cached_tokens":0,"output_tokens":5,"reasoning_tokens":0,"cost":1.5}""",
                """{"tenant":"other","model":"=small","requests":1,"failed":0,"refused":0,"lost":0,"estimated":0,"input_tokens":7,"cached_tokens":0,"output_tokens":3,"reasoning_tokens":0,"cost":0}""",
            ],
            await UsageAsync(gateway, Spring));
        Assert.Equal(["2026-03-14|3", "2026-03-15|1"], (await UsageAsync(gateway, Spring + "&group_by=day")).Select(Day).GroupBy(d => d.Day).Select(g => $"{g.Key}|{g.Sum(d => d.Requests)}"));
        Assert.Equal(["2026-03-15|1"], (await UsageAsync(gateway, "from=2026-03-15&to=2026-03-16&group_by=day")).Select(Day).Select(d => $"{d.Day}|{d.Requests}"));
        Assert.Single(await UsageAsync(gateway, Spring + "&tenant=other"));
        Assert.Single(await UsageAsync(gateway, Spring + "&key=key_2"));
        Assert.Empty(await UsageAsync(gateway, Spring + "&model=" + Uri.EscapeDataString("x' OR 1=1 --")));
        Assert.Equal(3, (await UsageAsync(gateway, Spring + "&group_by=key,endpoint,deployment")).Count);
    }

    [Theory, StoreKinds]
    public async Task In_CSV_no_text_is_a_formula(string kind)
    {
        await using var gateway = await StartAsync(kind);

        var csv = await TextAsync(gateway, $"/usage?{Spring}&format=csv&group_by=model");

        Assert.Equal(
            "model,currency,requests,failed,refused,lost,estimated,input_tokens,cached_tokens,output_tokens,reasoning_tokens,cost\r\n"
            + "'=small,,1,0,0,0,0,7,0,3,0,0\r\nbig,BRL,1,0,0,0,0,1,0,2,0,0.000000001\r\nbig,USD,2,1,0,0,0,17,0,5,0,1.5\r\n",
            csv);
        Assert.Contains(",'=small,", await TextAsync(gateway, "/exchanges?format=csv"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("a=b", "a=b")]
    [InlineData("", "")]
    public void A_cell_is_text_and_nothing_else(string text, string cell)
    {
        var csv = new System.Text.StringBuilder();
        Csv.AppendRow(csv, text, 1L, null, 0.5m);

        Assert.Equal(cell + ",1,,0.5\r\n", csv.ToString());
    }

    [Theory, StoreKinds]
    public async Task Pages_of_exchanges_follow_each_other_whatever_comes_in_between(string kind)
    {
        await using var gateway = await StartAsync(kind);
        using var tables = Tables(gateway.Services.GetRequiredService<Store>());
        var lines = Enumerable.Range(0, 25).Select(i => Open(Noon.AddMilliseconds(i / 3), "paged").Close()).ToList();
        tables.Write(lines);

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await gateway.AdminJsonAsync(HttpMethod.Get, $"/exchanges?tenant=paged&limit=4{(cursor is null ? "" : "&cursor=" + cursor)}");
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(l => l.GetProperty("id").GetString()!));
            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
            tables.Write([Open(Noon.AddDays(1), "paged").Close()]);
        }
        while (cursor is not null);

        Assert.Equal(lines.Select(l => l.Opening).OrderByDescending(o => o.OpenedAt).ThenByDescending(o => o.Id, StringComparer.Ordinal).Select(o => o.Id), seen);
    }

    [Fact]
    public async Task Usage_comes_as_JSON_lines_too()
    {
        await using var gateway = await StartAsync("sqlite");

        var lines = await TextAsync(gateway, $"/usage?{Spring}&format=jsonl");

        Assert.Equal(await UsageAsync(gateway, Spring), lines.Split('\n')[..^1]);
    }

    [Theory, StoreKinds]
    public async Task All_lines_come_at_once_as_JSON_lines(string kind)
    {
        await using var gateway = await StartAsync(kind);
        using var tables = Tables(gateway.Services.GetRequiredService<Store>());
        tables.Write([.. Enumerable.Range(0, 2_500).Select(i => Open(Noon.AddSeconds(i), "many").Close())]);

        var text = await TextAsync(gateway, "/exchanges?tenant=many&format=jsonl");

        var times = text.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement.GetProperty("opened_at").GetDateTimeOffset()).ToList();
        Assert.Equal(Enumerable.Range(0, 2_500).Select(i => Noon.AddSeconds(2_499 - i)), times);
        Assert.Equal(7, (await TextAsync(gateway, "/exchanges?tenant=many&format=jsonl&limit=7")).TrimEnd('\n').Split('\n').Length);
    }

    [Theory, StoreKinds]
    public async Task A_line_is_found_by_the_id_that_the_client_got(string kind)
    {
        await using var gateway = await StartAsync(kind);
        var id = (await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges?tenant=other")).GetProperty("data")[0].GetProperty("id").GetString();

        Assert.Equal(id, (await gateway.AdminJsonAsync(HttpMethod.Get, $"/exchanges?id={id}")).GetProperty("data")[0].GetProperty("id").GetString());
        foreach (var other in new[] { "req_", "chatcmpl-1", id![..^1] + (id[^1] == '0' ? '1' : '0'), "req_ffffffffffffffffffffffffffffffff", "' OR 1=1 --" })
        {
            Assert.Empty((await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges?id=" + Uri.EscapeDataString(other))).GetProperty("data").EnumerateArray());
        }
    }

    [Theory]
    [InlineData("/usage?from=2026-04-01&to=2026-03-01", "to", "lies before")]
    [InlineData("/usage?from=yesterday", "from", "date")]
    [InlineData("/usage?from=2026-03-01T12:00:00Z", "from", "by the day")]
    [InlineData("/usage?group_by=tenant,tenant", "group_by", "twice")]
    [InlineData("/usage?group_by=cost_nano", "group_by", "day, tenant, key")]
    [InlineData("/usage?group_by=", "group_by", "day, tenant, key")]
    [InlineData("/usage?format=xml", "format", "json, jsonl or csv")]
    [InlineData("/usage?tenant=%00", "tenant", "NUL")]
    [InlineData("/exchanges?from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z", "to", "lies before")]
    [InlineData("/exchanges?outcome=good", "outcome", "upstream_error")]
    [InlineData("/exchanges?data_class=secret", "data_class", "restricted")]
    [InlineData("/exchanges?limit=0", "limit", "1000")]
    [InlineData("/exchanges?limit=1e3", "limit", "1000")]
    [InlineData("/exchanges?cursor=x", "cursor", "next_cursor")]
    [InlineData("/exchanges?cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTp4", "cursor", "next_cursor")]
    [InlineData("/exchanges?format=parquet", "format", "jsonl")]
    [InlineData("/exchanges?id=%00", "id", "NUL")]
    [InlineData("/exchanges?outcom=refused", "outcom", "outcome, code")]
    [InlineData("/usage?tenant=acme&tenant=other", "tenant", "more than once")]
    [InlineData("/tenants?x", "x", "none here")]
    public async Task What_cannot_be_meant_is_refused_with_what_could(string path, string param, string words)
    {
        await using var gateway = await StartAsync("sqlite");
        var error = await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Get, path), 400);

        Assert.Equal(param, error.Param);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Theory, StoreKinds]
    public async Task A_tenant_sees_its_own_usage_only(string kind)
    {
        await using var gateway = await StartAsync(kind);

        Assert.Equal(["acme"], (await UsageAsync(gateway, Spring, TenantAdmin)).Select(r => JsonDocument.Parse(r).RootElement.GetProperty("tenant").GetString()).Distinct());
        Assert.Equal(403, (int)(await gateway.AdminAsync(HttpMethod.Get, $"/usage?{Spring}&tenant=other", key: TenantAdmin)).StatusCode);
        Assert.Equal(403, (int)(await gateway.AdminAsync(HttpMethod.Get, "/exchanges", key: TenantAdmin)).StatusCode);
        Assert.Equal(403, (int)(await gateway.AdminAsync(HttpMethod.Get, "/exchanges", key: Viewer)).StatusCode);
        Assert.Equal(200, (int)(await gateway.AdminAsync(HttpMethod.Get, "/usage", key: Viewer)).StatusCode);
        Assert.Equal(401, (int)(await gateway.AdminAsync(HttpMethod.Get, "/usage", key: TestKeys.Acme)).StatusCode);

        var own = JsonDocument.Parse(await gateway.Client.GetStringAsync($"/v1/usage?{Spring}")).RootElement;
        Assert.Equal("list", own.GetProperty("object").GetString());
        Assert.Equal(["2026-03-14|BRL", "2026-03-14|USD", "2026-03-15|USD"], own.GetProperty("data").EnumerateArray().Select(r => $"{r.GetProperty("day")}|{r.GetProperty("currency")}"));
        Assert.Single(JsonDocument.Parse(await gateway.Client.GetStringAsync($"/v1/usage?{Spring}&model=big&group_by=endpoint&key=key_2")).RootElement.GetProperty("data").EnumerateArray());
        Assert.Equal("group_by", (await OpenAIError.ReadAsync(await gateway.Client.GetAsync("/v1/usage?group_by=deployment"), 400)).Param);
        Assert.Equal("tenant", (await OpenAIError.ReadAsync(await gateway.Client.GetAsync("/v1/usage?tenant=other"), 400)).Param);
        Assert.Equal(404, (int)(await new HttpClient().GetAsync(new Uri(gateway.Api, "/admin/v1/usage"))).StatusCode);
    }

    // With SQLite the data folder, which the process's environment names, would decide.
    [PostgreSqlFact]
    public async Task The_command_line_prints_a_table_JSON_or_CSV()
    {
        await using var gateway = await StartAsync("postgresql");
        string[] usage = ["usage", "--config", gateway.ConfigPath, "--from", "2026-03-01", "--to", "2026-04-01"];

        var (code, table, _) = await RunAsync([.. usage, "--group-by", "model"]);
        Assert.Equal(0, code);
        Assert.Equal(
            """
            model   requests  failed  refused  lost  input  cached  output             cost
            =small         1       0        0     0      7       0       3                -
            big            1       0        0     0      1       0       2  0.000000001 BRL
            big            2       1        0     0     17       0       5          1.5 USD

            """,
            table);
        var (_, json, _) = await RunAsync([.. usage, "--json", "--tenant", "other"]);
        Assert.Equal("other", JsonDocument.Parse(json).RootElement.GetProperty("data")[0].GetProperty("tenant").GetString());
        var (_, csv, _) = await RunAsync([.. usage, "--csv", "--model", "=small"]);
        Assert.EndsWith("\r\nother,'=small,,1,0,0,0,0,7,0,3,0,0\r\n", csv, StringComparison.Ordinal);
        Assert.Equal((0, "no requests\n"), (await RunAsync([.. usage, "--tenant", "nobody"])) is var (none, words, _) ? (none, words) : default);
        var (failed, nothing, error) = await RunAsync(["usage", "--config", gateway.ConfigPath, "--from", "2026-04-01", "--to", "2026-03-01"]);
        Assert.Equal((1, ""), (failed, nothing));
        Assert.Contains("lies before", error, StringComparison.Ordinal);
        Assert.Equal((1, "", "Give one of --json and --csv.\n"), await RunAsync([.. usage, "--json", "--csv"]));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var root = new System.CommandLine.RootCommand { UsageCommand.Create() };
        var code = await CommandRunner.RunAsync(root, arguments, new System.CommandLine.InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    private static async Task<IReadOnlyList<string>> UsageAsync(TestGateway gateway, string query, string key = TestKeys.Admin) =>
        [.. (await gateway.AdminJsonAsync(HttpMethod.Get, "/usage?" + query, key: key)).GetProperty("data").EnumerateArray().Select(r => r.GetRawText())];

    private static (string Day, long Requests) Day(string json)
    {
        var row = JsonDocument.Parse(json).RootElement;
        return (row.GetProperty("day").GetString()!, row.GetProperty("requests").GetInt64());
    }

    private static async Task<string> TextAsync(TestGateway gateway, string path)
    {
        var response = await gateway.AdminAsync(HttpMethod.Get, path);
        Assert.Equal(200, (int)response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    // Four lines: two of acme in dollars, one in reais, and one of another tenant that costs nothing.
    private static async Task<TestGateway> StartAsync(string kind)
    {
        var gateway = await TestGateway.StartAsync(new GatewayFile()
            .Model("m", "d")
            .Deployment("d", "http://127.0.0.1:9/v1")
            .Tenant("acme", TestKeys.Acme, "m")
            .Tenant("other", TestKeys.Other, "m")
            .Admin("root", "admin", TestKeys.Admin)
            .Admin("boss", "tenant-admin", TenantAdmin, "acme")
            .Admin("guest", "viewer", Viewer)
            .Store(kind == "postgresql" ? await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync() : null));
        using var tables = Tables(gateway.Services.GetRequiredService<Store>());
        tables.Write(
        [
            Open(Noon, "acme", "big").Close(10, 3, costNano: 1_000_000_000, currency: "USD"),
            Open(Noon.AddDays(1), "acme", "big").Close(7, 2, outcome: "upstream_error", costNano: 500_000_000, currency: "USD"),
            Open(Noon, "acme", "big", key: "key_2").Close(1, 2, costNano: 1, currency: "BRL"),
            Open(Noon, "other", "=small").Close(),
        ]);
        return gateway;
    }
}
