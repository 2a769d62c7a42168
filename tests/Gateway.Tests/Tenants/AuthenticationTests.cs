using Gateway.Configuration;
using Gateway.Hosting;
using Gateway.Routing;
using Gateway.Tenants;
using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Tenants;

public sealed class AuthenticationTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly FakeUpstream _upstream = shared.Fresh();

    [Theory]
    [InlineData("Authorization: Bearer " + TestKeys.Acme)]
    [InlineData("Authorization: bearer " + TestKeys.Acme)]
    [InlineData("AUTHORIZATION: BEARER   " + TestKeys.Acme + "  ")]
    [InlineData("x-api-key: " + TestKeys.Acme)]
    [InlineData("api-key: " + TestKeys.Acme)]
    [InlineData("X-API-Key: " + TestKeys.Acme, "Authorization: Bearer " + TestKeys.Acme)]
    public async Task A_key_is_accepted_in_each_of_the_headers(params string[] headers) =>
        Assert.Equal(200, (await PostAsync(TestGateway.ChatPath, headers)).Status);

    [Fact]
    public async Task Without_a_valid_key_all_refusals_look_the_same()
    {
        string[][] attempts =
        [
            [],
            ["Authorization: Bearer wrong"],
            ["Authorization: Bearer"],
            ["Authorization: Bearer "],
            ["Authorization: Basic " + TestKeys.Acme],
            ["Authorization: " + TestKeys.Acme],
            ["Authorization: Bearer " + TestKeys.Acme + "x"],
            ["Authorization: Bearer " + TestKeys.Acme[..^1]],
            ["Authorization: Bearer " + TestKeys.Acme.ToUpperInvariant()],
            ["x-api-key: wrong"],
            ["x-api-key:"],
            ["x-api-key: " + new string('x', 257)],
            ["x-api-key: " + new string('x', 20_000)],
            ["x-api-key: caf\u00E9"],
            ["api-key: wrong"],
            ["Cookie: x-api-key=" + TestKeys.Acme],
        ];
        var before = _upstream.Requests.Count;
        var answers = new List<string>();
        foreach (var headers in attempts)
        {
            answers.Add(Normal(await PostAsync(TestGateway.ChatPath, headers)));
        }

        // A wrong key that looks like ours, and one that does not even have its checksum.
        var key = ApiKey.Generate();
        answers.Add(Normal(await PostAsync(TestGateway.ChatPath, "x-api-key: " + key[..^1] + (key[^1] == '0' ? '1' : '0'))));
        answers.Add(Normal(await PostAsync(TestGateway.ChatPath, "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.")));

        Assert.Single(answers.Distinct(StringComparer.Ordinal));
        Assert.StartsWith("HTTP/1.1 401", answers[0], StringComparison.Ordinal);
        Assert.Contains("WWW-Authenticate: Bearer", answers[0], StringComparison.Ordinal);
        Assert.Equal(before, _upstream.Requests.Count);
    }

    [Theory]
    [InlineData("Authorization: Bearer " + TestKeys.Acme, "x-api-key: " + TestKeys.Other)]
    [InlineData("Authorization: Bearer " + TestKeys.Acme, "Authorization: Bearer " + TestKeys.Acme)]
    [InlineData("Authorization: Bearer " + TestKeys.Acme, "x-api-key:")]
    [InlineData("Authorization: Basic eA==", "x-api-key: " + TestKeys.Acme)]
    [InlineData("x-api-key: " + TestKeys.Acme, "x-api-key: " + TestKeys.Acme)]
    [InlineData("x-api-key: " + TestKeys.Acme, "api-key: " + TestKeys.Other)]
    [InlineData("Authorization: Bearer " + TestKeys.Acme, "api-key: " + TestKeys.Other)]
    public async Task Two_credentials_are_a_malformed_request(params string[] headers)
    {
        var before = _upstream.Requests.Count;

        Assert.Equal("ambiguous_credentials", OpenAIError.Read(await PostAsync(TestGateway.ChatPath, headers), 400).Code);
        Assert.Equal(before, _upstream.Requests.Count);
    }

    [Theory]
    [InlineData("?api_key=" + TestKeys.Acme)]
    [InlineData("?x=1&key=" + TestKeys.Acme)]
    [InlineData("?access_token=" + TestKeys.Acme)]
    [InlineData("?token=eyJhbGciOiJub25lIn0.e30.")]
    public async Task A_key_in_the_url_is_not_taken_and_the_client_is_told(string query)
    {
        var error = OpenAIError.Read(await PostAsync(TestGateway.ChatPath + query), 401);

        Assert.Equal("key_in_url", error.Code);
        Assert.DoesNotContain(TestKeys.Acme, error.Message, StringComparison.Ordinal);
        Assert.Equal(200, (await PostAsync(TestGateway.ChatPath + query, "x-api-key: " + TestKeys.Acme)).Status);
    }

    [Fact]
    public async Task Headers_larger_than_the_server_takes_are_answered_at_once()
    {
        var response = await PostAsync(TestGateway.ChatPath, "Authorization: Bearer " + new string('x', 40_000));

        Assert.Equal(431, response.Status);
    }

    [Fact]
    public async Task A_declared_key_is_good_until_it_expires()
    {
        var time = new ShiftedTime();
        await using var gateway = await TestGateway.StartAsync(
            new GatewayFile().Model("plain", "a").Deployment("a", _upstream.BaseUrl).ScopedTenant("acme", "[plain]", (TestKeys.Acme, "expires: 2126-01-31")), time);
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("plain"))).StatusCode);

        time.Shift = new DateTimeOffset(2126, 1, 31, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch;

        Assert.Equal("key_expired", (await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("plain")), 401)).Code);
    }

    [Fact]
    public async Task A_hash_of_nothing_lets_nobody_in()
    {
        await using var gateway = await TestGateway.StartAsync(new GatewayFile()
            .Model("plain", "a").Deployment("a", _upstream.BaseUrl).Tenant("acme", TestKeys.Acme, "plain"));
        var source = gateway.Services.GetRequiredService<StartupConfig>().Config;
        var nobody = new TenantConfig { Name = "nobody", Models = ["*"], Keys = [new() { Name = "none", Sha256 = KeyHash.Of("").ToString() }] };
        await gateway.Services.GetRequiredService<GatewayLoader>().ApplyAsync(source with { Tenants = [.. source.Tenants, nobody] }, awaitEngines: true);
        foreach (var header in new[] { "", "x-api-key:\r\n", $"x-api-key: {new string('k', 300)}\r\n", "Authorization: Bearer \r\n", "Authorization: Basic eDp5\r\n" })
        {
            using var client = await gateway.ConnectAsync();
            await client.SendAsync($"GET /v1/models HTTP/1.1\r\nHost: h\r\n{header}\r\n");
            OpenAIError.Read(await client.ReadAsync(), 401);
        }
    }

    [Fact]
    public void A_hash_of_nothing_is_an_error_of_the_file()
    {
        // What `echo -n "$KEY" | sha256sum` gives when the variable is not set.
        var folder = Directory.CreateTempSubdirectory("gateway-tests-").FullName;
        var loaded = ConfigLoader.Load(new GatewayFile().Model("m", "a").Deployment("a", "http://127.0.0.1:1/v1").Tenant("nobody", "", "m").Save(folder));
        Directory.Delete(folder, recursive: true);

        Assert.Contains("SHA-256 of an empty text", Assert.Single(loaded.Errors).ToString(), StringComparison.Ordinal);
    }

    private async Task<RawResponse> PostAsync(string target, params string[] headers)
    {
        using var client = await shared.Gateway.ConnectAsync();
        var body = TestGateway.Prompt("plain");
        await client.SendAsync($"POST {target} HTTP/1.1\r\nHost: h\r\n{string.Concat(headers.Select(h => h + "\r\n"))}Content-Length: {body.Length}\r\n\r\n{body}");
        return await client.ReadAsync();
    }

    // All but what differs from request to request.
    private static string Normal(RawResponse response)
    {
        OpenAIError.Read(response, 401);
        var headers = response.Head.Headers.Where(h => h.Key is not ("x-request-id" or "Date")).Select(h => $"{h.Key}: {h.Value}");
        return $"{response.Head.StartLine}\n{string.Join('\n', headers)}\n\n{response.Text}";
    }
}
