using System.Text.Json;
using Gateway.Tenants;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Admin;

/// <summary>Keys through the admin API, on both kinds of store.</summary>
public sealed class KeyEndpointsTests : IAsyncDisposable
{
    private readonly ShiftedTime _time = new();
    private readonly FakeUpstream _upstream = FakeUpstream.Start();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    [Theory, StoreKinds]
    public async Task A_key_is_made_used_rotated_and_revoked(string kind)
    {
        await using var gateway = await StartAsync(kind);
        var (id, first) = await gateway.CreateKeyAsync();
        Assert.True(ApiKey.IsWellFormed(first));
        Assert.Equal(200, await gateway.TryKeyAsync(first));

        var rotated = await gateway.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/rotate", """{"grace":"1h"}""");
        var second = rotated.GetProperty("key").GetString()!;
        Assert.NotEqual(first, second);
        Assert.Equal((200, 200), (await gateway.TryKeyAsync(first), await gateway.TryKeyAsync(second)));

        _time.Shift += TimeSpan.FromMinutes(61);
        Assert.Equal((401, 200), (await gateway.TryKeyAsync(first), await gateway.TryKeyAsync(second)));

        var third = (await gateway.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/rotate", """{"grace":"0s"}""")).GetProperty("key").GetString()!;
        Assert.Equal((401, 401, 200), (await gateway.TryKeyAsync(first), await gateway.TryKeyAsync(second), await gateway.TryKeyAsync(third)));

        var fourth = await gateway.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/rotate", """{"grace":"1h"}""");
        Assert.True(fourth.TryGetProperty("grace_ends_at", out _));
        var revoked = await gateway.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/revoke");
        Assert.Equal("revoked", revoked.GetProperty("status").GetString());
        Assert.False(revoked.TryGetProperty("grace_ends_at", out _));
        Assert.Equal((401, 401), (await gateway.TryKeyAsync(third), await gateway.TryKeyAsync(fourth.GetProperty("key").GetString()!)));
        Assert.Equal("key_revoked", (await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m"), key: third), 401)).Code);
        await gateway.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/revoke");
        Assert.Equal("key_not_active", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, $"/keys/{id}/rotate"), 409)).Code);

        // No secret and no hash of one is in any list, record or log.
        var everything = await gateway.AdminJsonAsync(HttpMethod.Get, "/keys") + "" + await gateway.AdminJsonAsync(HttpMethod.Get, "/acts");
        foreach (var secret in new[] { first, second, third })
        {
            Assert.DoesNotContain(secret, everything, StringComparison.Ordinal);
            Assert.DoesNotContain(KeyHash.Of(secret).ToString(), everything, StringComparison.Ordinal);
            Assert.DoesNotContain(gateway.Logs.Lines, l => l.Text.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Theory, StoreKinds]
    public async Task A_key_expires_and_its_expiry_can_be_moved(string kind)
    {
        await using var gateway = await StartAsync(kind);
        var soon = _time.GetUtcNow().AddHours(1);
        var (id, key) = await gateway.CreateKeyAsync($$""","expires_at":"{{soon:yyyy-MM-ddTHH:mm:ssZ}}" """);
        Assert.Equal(200, await gateway.TryKeyAsync(key));

        _time.Shift += TimeSpan.FromHours(1);
        Assert.Equal("key_expired", (await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m"), key: key), 401)).Code);
        Assert.Equal("expired", (await gateway.AdminJsonAsync(HttpMethod.Get, $"/keys/{id}")).GetProperty("status").GetString());
        Assert.Equal("key_not_active", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, $"/keys/{id}/rotate"), 409)).Code);

        await gateway.AdminJsonAsync(HttpMethod.Patch, $"/keys/{id}", $$"""{"expires_at":"{{soon.AddHours(5):yyyy-MM-ddTHH:mm:ssZ}}"}""");
        Assert.Equal(200, await gateway.TryKeyAsync(key));
        await gateway.AdminJsonAsync(HttpMethod.Patch, $"/keys/{id}", """{"expires_at":null}""");
        _time.Shift += TimeSpan.FromDays(10_000);
        Assert.Equal(200, await gateway.TryKeyAsync(key));
    }

    [Theory, StoreKinds]
    public async Task A_key_made_at_run_time_keeps_to_its_scope(string kind)
    {
        await using var gateway = await StartAsync(kind);
        var (_, narrow) = await gateway.CreateKeyAsync(""","models":["m"],"endpoints":["chat.completions"],"data_class":"personal" """);
        var (_, elsewhere) = await gateway.CreateKeyAsync(""","networks":["203.0.113.0/24"]""");

        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m"), key: narrow)).StatusCode);
        Assert.Equal(404, (int)(await gateway.PostAsync(TestGateway.Prompt("n"), key: narrow)).StatusCode);
        Assert.Equal(403, await gateway.TryKeyAsync(narrow));
        Assert.Equal(403, await gateway.TryKeyAsync(elsewhere));
    }

    [Theory, StoreKinds]
    public async Task A_tenants_policy_bounds_how_many_keys_it_has_and_for_how_long(string kind)
    {
        await using var gateway = await TestGateway.StartAsync(
            new GatewayFile().Model("m", "a").Deployment("a", _upstream.BaseUrl).Admin("root", "admin", TestKeys.Admin).Tenant("acme", TestKeys.Acme, "m")
                .PolicyTenant("bounded", "[m]", "max_life: 30d, max_keys: 2").Store(kind == "postgresql" ? await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync() : null),
            _time);
        var (id, key) = await gateway.CreateKeyAsync(tenant: "bounded");
        await gateway.CreateKeyAsync(tenant: "bounded");
        const string Another = """{"tenant":"bounded","name":"x"}""";

        Assert.Equal("too_many_keys", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, "/keys", Another), 409)).Code);
        await gateway.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/revoke");
        (id, key) = await gateway.CreateKeyAsync(tenant: "bounded");
        Assert.Equal("expires_at", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Patch, $"/keys/{id}", """{"expires_at":null}"""), 400)).Param);
        Assert.Equal("expires_at", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, "/keys", """{"tenant":"bounded","name":"x","expires_at":"2099-01-01"}"""), 400)).Param);
        Assert.Equal(200, await gateway.TryKeyAsync(key));

        // Its keys expire by themselves, and make room.
        _time.Shift += TimeSpan.FromDays(31);
        Assert.Equal(401, await gateway.TryKeyAsync(key));
        await gateway.CreateKeyAsync(tenant: "bounded");
    }

    [Fact]
    public async Task Each_act_is_a_line_with_who_and_what()
    {
        await using var gateway = await StartAsync("sqlite");
        var (id, _) = await gateway.CreateKeyAsync(by: "key-of-operator");
        await gateway.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/rotate", key: "key-of-operator");
        await gateway.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/revoke");
        await gateway.AdminAsync(HttpMethod.Get, "/acts", key: "key-of-operator");
        await gateway.AdminJsonAsync(HttpMethod.Get, "/tenants");

        var acts = (await gateway.AdminJsonAsync(HttpMethod.Get, "/acts")).GetProperty("data").EnumerateArray()
            .Select(a => $"{a.GetProperty("who")} {a.GetProperty("role")} {a.GetProperty("act")} {Text(a, "object_id")} {Text(a, "tenant")} {a.GetProperty("outcome")}").ToList();

        Assert.Equal(
            [
                "root admin acts.read   done",
                "op operator acts.read /admin/v1/acts  refused",
                $"root admin key.revoke {id} acme done",
                $"op operator key.rotate {id} acme done",
                $"op operator key.create {id} acme done",
            ],
            acts);
        Assert.Single((await gateway.AdminJsonAsync(HttpMethod.Get, "/acts?who=op&act=key.rotate&from=2020-01-01")).GetProperty("data").EnumerateArray());
        var page = await gateway.AdminJsonAsync(HttpMethod.Get, "/acts?limit=2&who=op");
        Assert.True(page.GetProperty("has_more").GetBoolean());
        var last = await gateway.AdminJsonAsync(HttpMethod.Get, $"/acts?limit=2&who=op&cursor={page.GetProperty("next_cursor").GetString()}");
        Assert.Equal("key.create", Assert.Single(last.GetProperty("data").EnumerateArray()).GetProperty("act").GetString());
    }

    [Fact]
    public async Task Lists_have_declared_keys_first_and_go_on_page_by_page()
    {
        await using var gateway = await StartAsync("sqlite");
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            made.Add((await gateway.CreateKeyAsync()).Id);
        }

        var first = await gateway.AdminJsonAsync(HttpMethod.Get, "/keys?limit=3");
        var second = await gateway.AdminJsonAsync(HttpMethod.Get, $"/keys?limit=3&cursor={first.GetProperty("next_cursor").GetString()}");

        Assert.Equal(["file", "file", "store", "store", "store"], Texts(first, "source"));
        Assert.Equal(made, [.. Texts(first, "id").Skip(2), .. Texts(second, "id")]);
        Assert.False(second.TryGetProperty("next_cursor", out _));
        var declared = Texts(first, "id")[0];
        Assert.Equal("file", (await gateway.AdminJsonAsync(HttpMethod.Get, $"/keys/{declared}")).GetProperty("source").GetString());
        Assert.Equal("key_declared", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, $"/keys/{declared}/revoke"), 409)).Code);
    }

    [Theory]
    [InlineData("", null, "invalid_json")]
    [InlineData("not json", null, "invalid_json")]
    [InlineData("null", null, "invalid_json")]
    [InlineData("[]", null, "invalid_json")]
    [InlineData("{}", "tenant", "missing_required_parameter")]
    [InlineData("""{"tenant":"acme"}""", "name", "missing_required_parameter")]
    [InlineData("""{"tenant":"nobody","name":"x"}""", "tenant", "invalid_value")]
    [InlineData("""{"tenant":"' OR 1=1 --","name":"x"}""", "tenant", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"'; DROP TABLE api_keys; --"}""", "name", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":""}""", "name", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x\n"}""", "name", "invalid_value")]
    [InlineData("""{"tenant":7,"name":"x"}""", "tenant", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","nam":1}""", "nam", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","models":[]}""", "models", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","models":["m","gpt-9"]}""", "models[1]", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","models":[null]}""", "models[0]", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","models":"m"}""", "models", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","endpoints":["chat"]}""", "endpoints[0]", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","networks":["10.0.0.1/8"]}""", "networks", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","data_class":"secret"}""", "data_class", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","expires_at":"2020-01-01"}""", "expires_at", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","expires_at":"2200-01-01"}""", "expires_at", "invalid_value")]
    [InlineData("""{"tenant":"acme","name":"x","expires_at":"tomorrow"}""", "expires_at", "invalid_value")]
    public async Task What_no_key_can_be_made_of_is_refused_by_field(string body, string? field, string code)
    {
        await using var gateway = await StartAsync("sqlite");

        var error = await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Post, "/keys", body), 400);

        Assert.Equal((field, code), (error.Param, error.Code));
        Assert.Equal(2, (await gateway.AdminJsonAsync(HttpMethod.Get, "/keys")).GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task What_cannot_be_asked_for_is_refused()
    {
        await using var gateway = await StartAsync("sqlite");
        var (id, _) = await gateway.CreateKeyAsync();
        foreach (var (method, path, body, status) in new[]
        {
            ("GET", "/keys?limit=0", null, 400),
            ("GET", "/keys?limit=1001", null, 400),
            ("GET", "/keys?limit=x", null, 400),
            ("GET", "/keys?cursor=' OR 1=1 --", null, 400),
            ("GET", "/keys?tenant=%00", null, 400),
            ("GET", "/keys?tenant=' OR 1=1 --", null, 200),
            ("GET", "/keys/' OR 1=1 --", null, 404),
            ("GET", "/keys/" + new string('k', 2000), null, 404),
            ("GET", "/acts?from=2026-02-01&to=2026-01-01", null, 400),
            ("GET", "/acts?from=yesterday", null, 400),
            ("GET", "/acts?who=%00", null, 400),
            ("POST", $"/keys/{id}/rotate", """{"grace":"-1s"}""", 400),
            ("POST", $"/keys/{id}/rotate", """{"grace":"91d"}""", 400),
            ("POST", $"/keys/{id}/rotate", """{"grace":24}""", 400),
            ("PATCH", $"/keys/{id}", "{}", 400),
            ("PATCH", $"/keys/{id}", null, 400),
            ("POST", "/keys", new string(' ', 70_000), 413),
        })
        {
            var response = await gateway.AdminAsync(new HttpMethod(method), path, body);
            Assert.True(status == (int)response.StatusCode, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
    }

    [PostgreSqlFact]
    public async Task A_key_made_or_revoked_on_one_node_is_so_on_the_other()
    {
        var connectionString = await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync();
        await using var one = await TestGateway.StartAsync(File().Store(connectionString));
        await using var two = await TestGateway.StartAsync(File().Store(connectionString));
        var (id, key) = await one.CreateKeyAsync();

        await Eventually.TrueAsync(async () => await two.TryKeyAsync(key) == 200, "the other node takes the key");
        await two.AdminJsonAsync(HttpMethod.Post, $"/keys/{id}/revoke");
        Assert.Equal(401, await two.TryKeyAsync(key));
        await Eventually.TrueAsync(async () => await one.TryKeyAsync(key) == 401, "the other node refuses the key");
    }

    [PostgreSqlFact]
    public async Task With_the_store_down_known_keys_work_unknown_ones_get_a_503_and_wrong_ones_a_401()
    {
        await using var cluster = await PostgreSqlCluster.StartAsync();
        var connectionString = await cluster.CreateDatabaseAsync();
        string known;
        await using (var before = await TestGateway.StartAsync(File().Store(connectionString)))
        {
            known = (await before.CreateKeyAsync()).Key;
            await cluster.StopServerAsync();
            await before.Logs.WaitForAsync(l => l.Id.Id == 10010);

            Assert.Equal(200, await before.TryKeyAsync(known));
            Assert.Equal(200, await before.TryKeyAsync(TestKeys.Acme));
            Assert.Equal(503, await before.TryKeyAsync(ApiKey.Generate()));
            Assert.Equal(401, await before.TryKeyAsync("no-key-of-ours"));
            Assert.Equal("store_unavailable", (await OpenAIError.ReadAsync(await before.AdminAsync(HttpMethod.Get, "/keys"), 503)).Code);
        }

        // At the start of another node nothing is known but what the file declares.
        await using var gateway = await TestGateway.StartAsync(File().Store(connectionString));
        var error = await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("m"), key: known), 503);
        Assert.Equal("store_unavailable", error.Code);
        Assert.Equal(200, await gateway.TryKeyAsync(TestKeys.Acme));

        await cluster.StartServerAsync();
        await Eventually.TrueAsync(async () => await gateway.TryKeyAsync(known) == 200, "the key is known again");
        await Eventually.TrueAsync(async () => await gateway.TryKeyAsync(ApiKey.Generate()) == 401, "what is unknown is unknown again");
    }

    [Fact]
    public async Task A_key_of_a_tenant_that_the_file_no_longer_has_opens_nothing_until_it_is_back()
    {
        await using var gateway = await StartAsync("sqlite");
        var (_, key) = await gateway.CreateKeyAsync(tenant: "other");
        Assert.Equal(200, await gateway.TryKeyAsync(key));

        Assert.True(await gateway.ReloadAsync(File(withOther: false)));
        Assert.Equal(401, await gateway.TryKeyAsync(key));
        Assert.True(await gateway.ReloadAsync(File()));
        Assert.Equal(200, await gateway.TryKeyAsync(key));
    }

    [Fact]
    public async Task Roles_of_a_token_open_what_they_open()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var gateway = await TestGateway.StartAsync(File().More(
            $"jwt: [{{ name: idp, issuer: \"{issuer.Url}\", audiences: [gateway], role_claim: groups, roles: [{{ value: g-ops, role: operator }}, {{ value: g-ta, role: tenant-admin }}] }}]"));
        string Token(string tenant, params string[] groups)
        {
            var claims = issuer.Claims(tenant);
            claims["groups"] = new System.Text.Json.Nodes.JsonArray([.. groups.Select(g => System.Text.Json.Nodes.JsonValue.Create(g))]);
            return issuer.Token(claims);
        }

        var (id, _) = await gateway.CreateKeyAsync(by: Token("acme", "x", "g-ops"));
        Assert.Equal("idp:user-7", (await gateway.AdminJsonAsync(HttpMethod.Get, $"/keys/{id}")).GetProperty("created_by").GetString());
        Assert.Equal(200, (int)(await gateway.AdminAsync(HttpMethod.Get, $"/keys/{id}", key: Token("acme", "g-ta"))).StatusCode);
        Assert.Equal(404, (int)(await gateway.AdminAsync(HttpMethod.Get, $"/keys/{id}", key: Token("other", "g-ta"))).StatusCode);
        Assert.Equal(403, (int)(await gateway.AdminAsync(HttpMethod.Get, $"/keys/{id}", key: Token("nobody", "g-ta"))).StatusCode);
        Assert.Equal("no_role", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Get, "/keys", key: Token("acme", "admin", "viewer")), 403)).Code);
        Assert.Equal("token_signature", (await OpenAIError.ReadAsync(await gateway.AdminAsync(HttpMethod.Get, "/keys", key: Token("acme", "g-ops")[..^8]), 401)).Code);
    }

    [Fact]
    public async Task The_document_describes_each_endpoint_with_its_bodies()
    {
        await using var gateway = await StartAsync("sqlite");
        var document = await gateway.AdminJsonAsync(HttpMethod.Get, "/openapi.json", key: null);
        var paths = document.GetProperty("paths");

        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var body = paths.GetProperty("/admin/v1/keys").GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        var schema = body.TryGetProperty("$ref", out var reference)
            ? document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1])
            : body;
        Assert.Equal(
            ["data_class", "endpoints", "expires_at", "limits", "models", "name", "networks", "tenant"], schema.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.True(paths.GetProperty("/admin/v1/keys").GetProperty("post").GetProperty("responses").TryGetProperty("201", out _));
        foreach (var path in new[] { "/admin/v1/keys/{id}", "/admin/v1/keys/{id}/rotate", "/admin/v1/keys/{id}/revoke", "/admin/v1/tenants", "/admin/v1/acts" })
        {
            Assert.True(paths.TryGetProperty(path, out _), path);
        }

        Assert.DoesNotContain(paths.EnumerateObject(), p => !p.Name.StartsWith("/admin/", StringComparison.Ordinal));
    }

    private async Task<TestGateway> StartAsync(string kind) => await TestGateway.StartAsync(
        File().Store(kind == "postgresql" ? await (await PostgreSqlCluster.SharedAsync()).CreateDatabaseAsync() : null), _time);

    private GatewayFile File(bool withOther = true)
    {
        var file = new GatewayFile().Model("m", "a").Model("n", "a").Deployment("a", _upstream.BaseUrl).Tenant("acme", TestKeys.Acme, "m", "n")
            .Admin("root", "admin", TestKeys.Admin).Admin("op", "operator", "key-of-operator");
        return withOther ? file.Tenant("other", TestKeys.Other, "m") : file;
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString()! : "";

    private static string[] Texts(JsonElement list, string name) => [.. list.GetProperty("data").EnumerateArray().Select(e => e.GetProperty(name).GetString()!)];
}
