using Gateway.Admin;
using Gateway.Hosting;
using Gateway.Tenants;
using Gateway.Tests.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Admin;

/// <summary>The whole table: each endpoint of the admin API, each role.</summary>
public sealed class AdminRolesTests : IAsyncLifetime
{
    private const string AllRoles = "viewer operator auditor tenant-admin admin";

    // What each may do, written down a second time: the table in the code must say the same.
    private static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["GET /admin/v1/tenants"] = "viewer operator tenant-admin admin",
        ["GET /admin/v1/keys"] = "viewer operator tenant-admin admin",
        ["GET /admin/v1/keys/{id}"] = "viewer operator tenant-admin admin",
        ["POST /admin/v1/keys"] = "operator tenant-admin admin",
        ["PATCH /admin/v1/keys/{id}"] = "operator tenant-admin admin",
        ["POST /admin/v1/keys/{id}/rotate"] = "operator tenant-admin admin",
        ["POST /admin/v1/keys/{id}/revoke"] = "operator tenant-admin admin",
        ["GET /admin/v1/acts"] = "auditor admin",
        ["GET /admin/v1/usage"] = "viewer operator auditor tenant-admin admin",
        ["GET /admin/v1/quotas"] = "viewer operator auditor tenant-admin admin",
        ["GET /admin/v1/tenants/{tenant}/balance"] = "viewer operator auditor tenant-admin admin",
        ["POST /admin/v1/tenants/{tenant}/balance"] = "operator admin",
        ["GET /admin/v1/exchanges"] = "auditor admin",
        ["POST /admin/v1/explain"] = "viewer operator auditor tenant-admin admin",
    };

    private TestGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        var file = new GatewayFile().Model("m", "a").Deployment("a", "http://127.0.0.1:9/v1").Tenant("acme", TestKeys.Acme, "m").Tenant("other", TestKeys.Other, "m");
        foreach (var role in AllRoles.Split(' '))
        {
            file.Admin(role, role, "key-of-" + role, role == "tenant-admin" ? "acme" : null);
        }

        _gateway = await TestGateway.StartAsync(file);
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Each_endpoint_is_open_to_just_the_roles_that_may_use_it()
    {
        var endpoints = _gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<AdminAttribute>() is not null && e.Metadata.GetMetadata<AnonymousAttribute>() is null)
            .Select(e => (Method: e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], Path: e.RoutePattern.RawText!, Permission: e.Metadata.GetMetadata<PermissionAttribute>()))
            .ToList();
        Assert.All(endpoints, e => Assert.NotNull(e.Permission));
        Assert.Equal(Expected.Keys.Order(StringComparer.Ordinal), endpoints.Select(e => $"{e.Method} {e.Path}").Order(StringComparer.Ordinal));

        foreach (var (method, path, _) in endpoints)
        {
            var target = path["/admin/v1".Length..].Replace("{id}", "key_0123456789abcdef", StringComparison.Ordinal);
            var allowed = new List<string>();
            foreach (var role in AllRoles.Split(' '))
            {
                // Nothing is done: bodies are missing and the key does not exist. 403 is the role's, whatever else is the endpoint's.
                var response = await _gateway.AdminAsync(new HttpMethod(method), target, body: null, key: "key-of-" + role);
                if ((int)response.StatusCode != 403)
                {
                    allowed.Add(role);
                }
                else
                {
                    Assert.Equal("not_permitted", (await OpenAIError.ReadAsync(response, 403)).Code);
                }
            }

            Assert.Equal($"{method} {path}: {Expected[$"{method} {path}"]}", $"{method} {path}: {string.Join(' ', allowed)}");
            foreach (var nobody in new[] { null, "wrong", TestKeys.Acme })
            {
                Assert.Equal("invalid_admin_key", (await OpenAIError.ReadAsync(await _gateway.AdminAsync(new HttpMethod(method), target, body: null, key: nobody), 401)).Code);
            }
        }
    }

    [Fact]
    public void Of_several_roles_the_widest_that_may_counts()
    {
        AdminIdentity Who(params AdminRole[] roles) => new("x", roles, "acme");

        Assert.Null(AdminRoles.Find(Who(AdminRole.TenantAdmin, AdminRole.Viewer), AdminPermission.ReadKeys)!.Tenant);
        Assert.Equal("acme", AdminRoles.Find(Who(AdminRole.TenantAdmin, AdminRole.Viewer), AdminPermission.WriteKeys)!.Tenant);
        Assert.Null(AdminRoles.Find(Who(AdminRole.Auditor, AdminRole.Viewer), AdminPermission.WriteKeys));
        Assert.Null(AdminRoles.Find(Who(AdminRole.TenantAdmin) with { Tenant = null }, AdminPermission.ReadKeys));
        Assert.Null(AdminRoles.Find(Who(), AdminPermission.ReadTenants));
    }

    [Fact]
    public async Task An_admin_of_one_tenant_sees_and_touches_nothing_of_another()
    {
        const string TenantAdmin = "key-of-tenant-admin";
        var (other, secret) = await _gateway.CreateKeyAsync(tenant: "other", by: "key-of-admin");
        var (own, _) = await _gateway.CreateKeyAsync(tenant: "acme", by: TenantAdmin);

        Assert.Equal("not_permitted", (await OpenAIError.ReadAsync(await _gateway.AdminAsync(HttpMethod.Post, "/keys", """{"tenant":"other","name":"x"}""", TenantAdmin), 403)).Code);
        Assert.Equal("not_permitted", (await OpenAIError.ReadAsync(await _gateway.AdminAsync(HttpMethod.Get, "/keys?tenant=other", null, TenantAdmin), 403)).Code);
        var missing = await OpenAIError.ReadAsync(await _gateway.AdminAsync(HttpMethod.Get, "/keys/key_0123456789abcdef", null, TenantAdmin), 404);
        foreach (var (method, action, body) in new[] { ("GET", "", null), ("POST", "/rotate", null), ("POST", "/revoke", null), ("PATCH", "", """{"expires_at":null}""") })
        {
            var error = await OpenAIError.ReadAsync(await _gateway.AdminAsync(new HttpMethod(method), $"/keys/{other}{action}", body, TenantAdmin), 404);
            Assert.Equal(missing.Message, error.Message.Replace(other, "key_0123456789abcdef", StringComparison.Ordinal));
        }

        Assert.Equal(200, await _gateway.TryKeyAsync(secret));
        var listed = await _gateway.AdminJsonAsync(HttpMethod.Get, "/keys", key: TenantAdmin);
        Assert.All(listed.GetProperty("data").EnumerateArray(), k => Assert.Equal("acme", k.GetProperty("tenant").GetString()));
        Assert.Contains(listed.GetProperty("data").EnumerateArray(), k => k.GetProperty("id").GetString() == own);
        Assert.Equal(["acme"], (await _gateway.AdminJsonAsync(HttpMethod.Get, "/tenants", key: TenantAdmin)).GetProperty("data").EnumerateArray().Select(t => t.GetProperty("name").GetString()!));
    }

    [Fact]
    public async Task The_admin_API_is_not_on_the_APIs_listener_and_tenants_keys_do_not_open_it()
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", "key-of-admin");
        foreach (var path in new[] { "/admin/v1/keys", "/admin/v1/openapi.json", "/admin/v1/acts" })
        {
            Assert.Equal(404, (int)(await client.GetAsync(new Uri(_gateway.Api, path))).StatusCode);
        }

        Assert.Equal(405, (int)(await _gateway.AdminAsync(HttpMethod.Put, "/keys", key: "key-of-admin")).StatusCode);
        Assert.Equal(401, await _gateway.TryKeyAsync("key-of-admin"));
    }
}
