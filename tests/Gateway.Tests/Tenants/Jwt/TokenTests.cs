using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck.Fluent;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Tenants.Jwt;

/// <summary>Tokens against a real issuer: found by discovery, its keys fetched over HTTP.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private readonly FakeUpstream _upstream = FakeUpstream.Start();
    private readonly ShiftedTime _time = new();
    private OidcIssuer _issuer = null!;
    private TestGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _issuer = await OidcIssuer.StartAsync();
        _gateway = await StartAsync("");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _issuer.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("RS256", "rsa-1")]
    [InlineData("ES256", "ec-1")]
    [InlineData("RS256", null)]
    public async Task A_good_token_is_taken_in_the_place_of_a_key(string algorithm, string? keyId) =>
        await AssertOkAsync(_issuer.Token(algorithm: algorithm, keyId: keyId, signWith: keyId ?? "rsa-1"));

    [Fact]
    public async Task A_good_token_may_be_for_several_audiences_and_its_clocks_may_differ()
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var claims = _issuer.Claims();
        claims["aud"] = new JsonArray("another", OidcIssuer.Audience);
        (claims["nbf"], claims["iat"]) = (now + 50, now + 50);
        await AssertOkAsync(_issuer.Token(claims));

        claims = _issuer.Claims();
        claims["exp"] = now - 50;
        await AssertOkAsync(_issuer.Token(claims));
    }

    public static TheoryData<string, string> BadTokens => new()
    {
        { "none", "token_algorithm" },
        { "none with the signature of another", "token_algorithm" },
        { "hmac with the public key", "token_algorithm" },
        { "an algorithm that is not configured", "token_algorithm" },
        { "signed by another key", "token_signature" },
        { "claims changed after signing", "token_signature" },
        { "signature cut off", "token_signature" },
        { "key of another kind", "token_signature" },
        { "another issuer", "token_issuer" },
        { "issuer with a slash more", "token_issuer" },
        { "no issuer", "token_issuer" },
        { "another audience", "token_audience" },
        { "no audience", "token_audience" },
        { "expired", "token_expired" },
        { "expired long ago", "token_expired" },
        { "not yet valid", "token_not_yet_valid" },
        { "issued in the future", "token_not_yet_valid" },
        { "no expiry", "token_no_expiry" },
        { "expiry that is no number", "token_malformed" },
        { "unknown key id", "token_key_unknown" },
        { "giant", "token_too_large" },
        { "encrypted", "token_malformed" },
        { "critical extension", "token_malformed" },
        { "payload that is no json", "token_malformed" },
        { "a claim twice", "token_malformed" },
        { "keys that it brings along", "token_signature" },
    };

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task A_bad_token_is_refused_with_its_reason(string what, string code)
    {
        var token = Bad(what);
        var error = await RefusedAsync(token, 401);

        Assert.Equal(code, error.Code);
        Assert.DoesNotContain(OidcIssuer.Audience + "`", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("IDX", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_gateway.Logs.Lines, l => l.Text.Contains(token[^20..], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_that_looks_like_a_token_makes_the_gateway_fail()
    {
        var good = _issuer.Token();
        var parts = good.Split('.');
        var tokens = Gen.OneOf(
            Gen.Choose(0, good.Length - 1).SelectMany(at => Gen.Elements("AZaz09-_.".ToCharArray()), (at, c) => good[..at] + c + good[(at + 1)..]),
            ArbMap.Default.GeneratorFor<string>().Select(json => $"{OidcIssuer.Encode("{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}")}.{OidcIssuer.Encode(json ?? "")}.{parts[2]}"),
            ArbMap.Default.GeneratorFor<string>().Select(json => $"{OidcIssuer.Encode("{" + json)}.{parts[1]}.{parts[2]}"),
            Gen.Elements("[]", "1", "null", "\"\"", "{\"iss\":1}", "{\"exp\":1e400}", "{\"iss\":\"\\ud800\"}", new string('[', 4000)).Select(json => $"eyJ.{OidcIssuer.Encode(json)}.{parts[2]}"));
        foreach (var token in tokens.Sample(30, 300))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
            var status = (int)(await _gateway.Client.SendAsync(request)).StatusCode;
            Assert.True(status == 401 || (status == 200 && token == good), $"{status} for {token}");
        }
    }

    [Fact]
    public async Task A_rotated_key_is_found_and_invented_key_ids_do_not_reach_the_issuer()
    {
        await AssertOkAsync(_issuer.Token());
        var before = _issuer.Fetches;
        _issuer.AddKey("rsa-2", RSA.Create(2048));

        // So soon after the last time nobody is asked again, whatever the tokens say.
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => RefusedAsync(_issuer.Token(keyId: "bogus-" + i, signWith: "rsa-1"), 401)));
        Assert.Equal(before, _issuer.Fetches);

        _time.Pass(TimeSpan.FromSeconds(11));
        await AssertOkAsync(_issuer.Token(Claims(), keyId: "rsa-2"));
        await AssertOkAsync(_issuer.Token(Claims()));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => RefusedAsync(_issuer.Token(Claims(), keyId: "bogus-" + i, signWith: "rsa-1"), 401)));
        Assert.Equal(before + 1, _issuer.Fetches);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_keep_new_keys_away()
    {
        await AssertOkAsync(_issuer.Token());
        _issuer.AddKey("rsa-2", RSA.Create(2048));

        _time.Shift -= TimeSpan.FromDays(1);
        _time.Pass(TimeSpan.FromSeconds(11));

        await AssertOkAsync(_issuer.Token(Claims(), keyId: "rsa-2"));
    }

    [Fact]
    public async Task A_withdrawn_key_is_good_for_no_longer_than_the_keys_are_kept()
    {
        await AssertOkAsync(_issuer.Token());
        _issuer.Withdraw("rsa-1");
        _time.Pass(TimeSpan.FromMinutes(11));

        // What comes first finds the keys old, and is not made to wait for new ones.
        await Eventually.TrueAsync(async () => (int)(await SendAsync(_issuer.Token(Claims()))).StatusCode == 401, "the withdrawn key is refused");
        await AssertOkAsync(_issuer.Token(Claims(), "ES256", "ec-1"));
    }

    [Fact]
    public async Task With_the_issuer_down_known_keys_go_on()
    {
        await AssertOkAsync(_issuer.Token());
        await _issuer.StopAsync();
        _time.Pass(TimeSpan.FromHours(1));

        await AssertOkAsync(_issuer.Token(Claims()));
        await _gateway.Logs.WaitForAsync(l => l.Id.Id == 10001);
        await AssertOkAsync(_issuer.Token(Claims(), "ES256", "ec-1"));
        Assert.Equal("token_key_unknown", (await RefusedAsync(_issuer.Token(Claims(), keyId: "rsa-9", signWith: "rsa-1"), 401)).Code);
    }

    [Fact]
    public async Task Until_the_issuer_was_reached_its_tokens_get_a_503_and_keys_work()
    {
        await _issuer.StopAsync();

        var error = await RefusedAsync(_issuer.Token(), 503);
        Assert.Equal("issuer_unavailable", error.Code);
        Assert.Equal(200, (int)(await SendAsync(TestKeys.Acme)).StatusCode);
        Assert.Equal("token_issuer", (await RefusedAsync(Bad("another issuer"), 401)).Code);

        await _issuer.ListenAsync();
        _time.Pass(TimeSpan.FromSeconds(2));
        await AssertOkAsync(_issuer.Token(Claims()));
    }

    [Theory]
    [InlineData("issuer", "https://elsewhere.example", "another issuer")]
    [InlineData("jwks_uri", "https://elsewhere.example/keys", "the issuer's own host")]
    [InlineData("jwks_uri", "file:///etc/passwd", "the issuer's own host")]
    public async Task Discovery_leads_nowhere_that_the_operator_did_not_write(string name, string value, string reason)
    {
        _issuer.Discovery = document =>
        {
            document[name] = value;
            return document.ToJsonString();
        };

        Assert.Equal("issuer_unavailable", (await RefusedAsync(_issuer.Token(), 503)).Code);
        Assert.Contains(reason, (await _gateway.Logs.WaitForAsync(l => l.Id.Id == 10001)).Text, StringComparison.Ordinal);
        Assert.Equal(0, _issuer.Fetches);
    }

    [Fact]
    public async Task Keys_come_from_a_file_without_any_network()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, _issuer.Jwks());
        await using var gateway = await StartAsync($", jwks: '{file}'");
        await _issuer.StopAsync();

        Assert.Equal(200, (int)(await SendAsync(_issuer.Token(), gateway)).StatusCode);
        _issuer.AddKey("rsa-2", RSA.Create(2048));
        await File.WriteAllTextAsync(file, _issuer.Jwks());
        _time.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(200, (int)(await SendAsync(_issuer.Token(Claims(), keyId: "rsa-2"), gateway)).StatusCode);
        Assert.Equal(0, _issuer.Fetches);
        File.Delete(file);
    }

    [Theory]
    [InlineData("", """{"tenant":"acme"}""", null)]
    [InlineData("", """{"tenant":["acme"]}""", null)]
    [InlineData("", """{"tenant":"nobody"}""", "no_tenant")]
    [InlineData("", """{"tenant":["acme","other"]}""", "no_tenant")]
    [InlineData("", """{"tenant":7}""", "no_tenant")]
    [InlineData("", """{"tenant":"' OR 1=1 --"}""", "no_tenant")]
    [InlineData("", "{}", "no_tenant")]
    [InlineData(", tenant: acme", "{}", null)]
    [InlineData(", tenant_claim: org.unit", """{"org":{"unit":"acme"}}""", null)]
    [InlineData(", tenant_claim: org.unit", """{"org.unit":"acme"}""", null)]
    [InlineData(", tenant_claim: org.unit", """{"org":"acme"}""", "no_tenant")]
    [InlineData(", tenant_claim: groups, tenants: [{ value: g-1, tenant: acme }, { value: g-2, tenant: acme }]", """{"groups":["x","g-1","g-2"]}""", null)]
    [InlineData(", tenant_claim: groups, tenants: [{ value: g-1, tenant: acme }]", """{"groups":["acme"]}""", "no_tenant")]
    public async Task Claims_say_whose_a_token_is(string configuration, string claims, string? code)
    {
        await using var gateway = await StartAsync(configuration);
        var all = _issuer.Claims();
        all.Remove("tenant");
        foreach (var (name, value) in JsonNode.Parse(claims)!.AsObject())
        {
            all[name] = value?.DeepClone();
        }

        var response = await SendAsync(_issuer.Token(all), gateway);
        if (code is null)
        {
            Assert.Equal(200, (int)response.StatusCode);
        }
        else
        {
            Assert.Equal(code, (await OpenAIError.ReadAsync(response, 403)).Code);
        }
    }

    [Fact]
    public async Task An_issuers_tokens_have_the_scope_of_its_entry()
    {
        await using var gateway = await StartAsync(", endpoints: [models], models: [plain]");

        Assert.Equal(200, (int)(await SendAsync(_issuer.Token(), gateway)).StatusCode);
        Assert.Equal("endpoint_not_allowed", (await OpenAIError.ReadAsync(await gateway.PostAsync(TestGateway.Prompt("plain"), key: _issuer.Token()), 403)).Code);
    }

    private Task<TestGateway> StartAsync(string more) => TestGateway.StartAsync(
        new GatewayFile().Model("plain", "a").Deployment("a", _upstream.BaseUrl).Tenant("acme", TestKeys.Acme, "plain").Tenant("other", TestKeys.Other, "plain")
            .More($"jwt: [{{ name: idp, issuer: \"{_issuer.Url}\", audiences: [{OidcIssuer.Audience}]{more} }}]"),
        _time);

    private JsonObject Claims() => _issuer.Claims(now: _time.GetUtcNow());

    private string Bad(string what)
    {
        var claims = _issuer.Claims();
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var good = _issuer.Token();
        var signature = good[(good.LastIndexOf('.') + 1)..];
        var none = $"{OidcIssuer.Encode("""{"alg":"none","typ":"JWT"}""")}.{OidcIssuer.Encode(claims.ToJsonString())}.";
        string With(string name, JsonNode? value)
        {
            claims[name] = value;
            return _issuer.Token(claims);
        }

        string Without(string name)
        {
            claims.Remove(name);
            return _issuer.Token(claims);
        }

        switch (what)
        {
            case "none": return none;
            case "none with the signature of another": return none + signature;
            case "hmac with the public key": return _issuer.Hmac(_issuer.PublicPem("rsa-1"), "rsa-1");
            case "an algorithm that is not configured": return _issuer.Token(algorithm: "PS256");
            case "signed by another key":
                _issuer.AddKey("stranger", RSA.Create(2048), publish: false);
                return _issuer.Token(signWith: "stranger");
            case "claims changed after signing": return $"{good.Split('.')[0]}.{OidcIssuer.Encode(_issuer.Claims("other").ToJsonString())}.{signature}";
            case "signature cut off": return good[..^8];
            case "key of another kind": return _issuer.Token(algorithm: "ES256", keyId: "rsa-1", signWith: "ec-1");
            case "another issuer": return With("iss", "https://elsewhere.example");
            case "issuer with a slash more": return With("iss", _issuer.Url + "/");
            case "no issuer": return Without("iss");
            case "another audience": return With("aud", "another");
            case "no audience": return Without("aud");
            case "expired": return With("exp", now - 61);
            case "expired long ago": return With("exp", -1e18);
            case "not yet valid": return With("nbf", now + 120);
            case "issued in the future": return With("iat", now + 120);
            case "no expiry": return Without("exp");
            case "expiry that is no number": return With("exp", "never");
            case "unknown key id": return _issuer.Token(keyId: "rsa-9", signWith: "rsa-1");
            case "giant": return With("groups", new string('g', 15_000));
            case "encrypted": return $"{OidcIssuer.Encode("""{"alg":"RSA-OAEP","enc":"A256GCM"}""")}.{signature}.{signature}.{signature}.{signature}";
            case "critical extension": return _issuer.Token(header: new JsonObject { ["alg"] = "RS256", ["crit"] = new JsonArray("x"), ["x"] = 1 });
            case "payload that is no json": return $"{good.Split('.')[0]}.{Convert.ToBase64String(Encoding.ASCII.GetBytes("not json"))}.{signature}";
            case "keys that it brings along":
                _issuer.AddKey("stranger", RSA.Create(2048));
                var jwk = JsonNode.Parse(_issuer.Jwks())!["keys"]!.AsArray().Single(k => (string?)k!["kid"] == "stranger")!.DeepClone();
                _issuer.Withdraw("stranger");
                return _issuer.Token(signWith: "stranger", header: new JsonObject { ["alg"] = "RS256", ["jku"] = _issuer.Url + "/keys", ["jwk"] = jwk });
            case "a claim twice": return _issuer.TokenOf(claims.ToJsonString()[..^1] + ",\"tenant\":\"other\"}");
            default: throw new ArgumentException(what, nameof(what));
        }
    }

    private async Task AssertOkAsync(string token)
    {
        var response = await SendAsync(token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<OpenAIError> RefusedAsync(string token, int status) => await OpenAIError.ReadAsync(await SendAsync(token), status);

    private async Task<HttpResponseMessage> SendAsync(string credential, TestGateway? gateway = null)
    {
        gateway ??= _gateway;
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Api, "/v1/models"));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + credential);
        return await gateway.Client.SendAsync(request);
    }
}
