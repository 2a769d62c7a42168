using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency.Attacks;

/// <summary>Time and configurations that change while a request is on its way. A world each: they change it.</summary>
public sealed class ReloadAttacks : IAsyncLifetime
{
    private static readonly string Mixed = TestGateway.Prompt("mixed");

    private readonly AttackWorld _world = new();

    public Task InitializeAsync() => _world.InitializeAsync();

    public Task DisposeAsync() => _world.DisposeAsync();

    // Both deployments are permitted; the facts of the second expire while the first fails.
    [Fact]
    public async Task Facts_that_expire_between_the_decision_and_the_next_try_deny_it()
    {
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text(
            deployments: Expiring(_world.Forbidden, TimeSpan.FromMinutes(10)),
            models: "  - { name: relay, deployments: [{ name: br, weight: 1000 }, { name: expiring, weight: 1 }], cooldown: 0s }")));
        _world.Permitted.Script = c =>
        {
            _world.Time.Shift += TimeSpan.FromMinutes(11);
            c.Close();
            return Task.CompletedTask;
        };

        // Once in a thousand runs the second is drawn first, and asked rightly.
        using var response = await _world.Gateway.PostAsync(TestGateway.Prompt("relay"));

        Assert.Equal("residency_denied", (await OpenAIError.ReadAsync(response, 403)).Code);
        Assert.Contains(_world.Gateway.Logs.Lines, l => l.Id.Id == 15501 && l.Text.Contains("expiring", StringComparison.Ordinal));
        _world.AssertKept();
    }

    [Fact]
    public async Task Facts_deny_when_they_have_expired()
    {
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text(
            deployments: Expiring(_world.Permitted, TimeSpan.FromMinutes(10)), models: "  - { name: relay, deployments: [expiring] }")));

        await _world.AnsweredAsync(() => _world.SendAsync(TestGateway.Prompt("relay")));
        _world.Time.Shift += TimeSpan.FromMinutes(11);
        var error = await _world.RefusedAsync(403, () => _world.SendAsync(TestGateway.Prompt("relay")));

        Assert.Equal("residency_denied", error.Code);
    }

    // While the permitted deployment is asked, the file comes to permit the other one.
    [Fact]
    public async Task A_request_goes_by_the_policy_that_it_came_under_though_a_looser_one_comes_into_force()
    {
        using var reloaded = new SemaphoreSlim(0);
        using var asked = new SemaphoreSlim(0);
        _world.Permitted.Script = async c =>
        {
            asked.Release();
            await reloaded.WaitAsync(WireReader.Patience);
            c.Close();
        };
        var answering = _world.Gateway.PostAsync(Mixed);
        Assert.True(await asked.WaitAsync(WireReader.Patience));
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text(personal: "processing: [BR, US]")));
        reloaded.Release();
        using var response = await answering;

        Assert.Equal(502, (int)response.StatusCode);
        _world.AssertKept();
    }

    // The address is another from one moment to the next; what was connected before must not be used for it.
    [Fact]
    public async Task A_deployment_that_moves_under_the_same_name_gets_connections_of_its_own()
    {
        await _world.AnsweredAsync(() => _world.SendAsync(TestGateway.Prompt("only-br")));
        await using var moved = FakeUpstream.Start();
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text().Replace(AttackWorld.Url(_world.Permitted), AttackWorld.Url(moved), StringComparison.Ordinal)));
        var before = _world.Permitted.Requests.Count;
        using var response = await _world.Gateway.PostAsync(TestGateway.Prompt("only-br"));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Single(moved.Requests);
        Assert.Equal(before, _world.Permitted.Requests.Count);
    }

    [Fact]
    public async Task A_file_with_errors_loosens_nothing()
    {
        Assert.False(await _world.Gateway.ReloadAsync(_world.Text(personal: "processing: [BR, Atlantis]")));
        await _world.AnsweredAsync(() => _world.SendAsync(Mixed));
    }

    [Fact]
    public async Task A_policy_that_goes_away_denies()
    {
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text().Replace("    policy: saude\n", "", StringComparison.Ordinal)));
        var error = await _world.RefusedAsync(403, () => _world.SendAsync(Mixed));

        Assert.Equal("residency_denied", error.Code);
    }

    [Theory]
    [InlineData("a side door that is opened lets through what it is for", "side_doors: { identifiers: allow }", "\"user\":\"ana\"", null)]
    [InlineData("and nothing else", "side_doors: { identifiers: allow }", "\"store\":true", "store")]
    [InlineData("where unknown fields are let through, one in other case still does what it does", "side_doors: { unknown_fields: allow }", "\"Store\":true", "Store")]
    [InlineData("with a long s too", "side_doors: { unknown_fields: allow }", "\"\u017Ftore\":true", "\u017Ftore")]
    [InlineData("unknown fields are let through where they are", "side_doors: { unknown_fields: allow }", "\"mirror\":true", null)]
    [InlineData("hosted tools do not bring remote URLs", "side_doors: { hosted_tools: allow }", "\"tools\":[{\"type\":\"mcp\",\"server_url\":\"x\"}]", "tools[0].server_url")]
    public async Task Side_doors_open_one_by_one(string attack, string doors, string fields, string? param)
    {
        Assert.NotEmpty(attack);
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text(personal: "processing: [BR], " + doors)));
        var body = $$"""{"model":"mixed",{{fields}}}""";
        if (param is null)
        {
            await _world.AnsweredAsync(() => _world.SendAsync(body));
        }
        else
        {
            Assert.Equal(param, (await _world.RefusedAsync(403, () => _world.SendAsync(body))).Param);
        }
    }

    [Fact]
    public async Task An_heir_does_not_open_a_door_that_its_base_shut()
    {
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text(personal: "side_doors: { identifiers: allow, store: allow }").Replace(
            "  - name: saude\n", "  - name: law\n    classes: { personal: { processing: [BR], side_doors: { store: deny } } }\n  - name: saude\n    base: law\n", StringComparison.Ordinal)));

        await _world.AnsweredAsync(() => _world.SendAsync("{\"model\":\"mixed\",\"user\":\"ana\"}"));
        Assert.Equal("store", (await _world.RefusedAsync(403, () => _world.SendAsync("{\"model\":\"mixed\",\"store\":true}"))).Param);
    }

    // Else the tests of this folder could not fail.
    [Fact]
    public async Task The_recorder_does_record_what_is_permitted_to_go_there()
    {
        using var response = await _world.Gateway.PostAsync(Mixed, key: AttackWorld.PublicKey);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(1, _world.Forbidden.Connections);
        _world.Expect(1);
    }

    private string Expiring(FakeUpstream upstream, TimeSpan after)
    {
        var expires = (_world.Time.GetUtcNow() + after).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        return $$"""  - { name: expiring, kind: openai-compatible, base_url: "{{AttackWorld.Url(upstream)}}/v1", placement: { processing: [BR], expires: {{expires}} } }""";
    }
}
