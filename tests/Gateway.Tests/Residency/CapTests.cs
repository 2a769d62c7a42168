using System.Collections.Frozen;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Residency;
using Gateway.Tenants;
using Gateway.Tests.Configuration;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency;

/// <summary>Caps on dependence: a share of the month's tokens, and no more.</summary>
public sealed class CapTests
{
    private static readonly CapModel Foreign = new("foreign", 30, new[] { "far" }.ToFrozenSet(StringComparer.Ordinal));

    [Fact]
    public void The_share_is_never_passed_whatever_is_asked_for_and_in_whatever_order_it_ends() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var time = new ManualTimeProvider();
            using var keeper = new CapKeeper((_, _, _) => Task.FromResult<IReadOnlyDictionary<string, long>?>(new Dictionary<string, long> { ["near"] = 700, ["far"] = 100 }), time);
            Assert.True(keeper.LoadAsync("t", CancellationToken.None).AsTask().IsCompletedSuccessfully);
            var (near, far, open) = (700L, 100L, new List<(CapReservation Reservation, string Deployment)>());
            for (var i = 0; i < 200; i++)
            {
                if (random.Next(2) == 0)
                {
                    var (left, reservation) = keeper.Reserve("t", [Foreign], random.Next(3) == 0 ? ["near", "far"] : ["far"], random.Next(1, 200));
                    if (left.Count > 0)
                    {
                        open.Add((reservation, left[random.Next(left.Count)]));
                    }
                }
                else if (open.Count > 0)
                {
                    var (reservation, deployment) = open[random.Next(open.Count)];
                    open.Remove((reservation, deployment));
                    var used = random.NextInt64(reservation.Tokens + 1);
                    keeper.Settle("t", reservation, deployment, used, time.GetUtcNow());
                    (near, far) = deployment == "far" ? (near, far + used) : (near + used, far);
                    Assert.True(100 * far <= 30 * (near + far), $"{far} of {near + far}");
                }
            }
        }));

    [Fact]
    public async Task The_share_is_never_passed_by_many_at_once_and_is_used_up()
    {
        using var keeper = new CapKeeper((_, _, _) => Task.FromResult<IReadOnlyDictionary<string, long>?>(new Dictionary<string, long> { ["near"] = 70_000 }), TimeProvider.System);
        await keeper.LoadAsync("t", CancellationToken.None);
        var used = 0L;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                var (left, reservation) = keeper.Reserve("t", [Foreign], ["far"], 10);
                if (left.Count > 0)
                {
                    Interlocked.Add(ref used, 10);
                    keeper.Settle("t", reservation, "far", 10, TimeProvider.System.GetUtcNow());
                }
            }
        })));

        // 30 of 100 where the rest is 70,000.
        Assert.Equal(30_000, used);
    }

    [Fact]
    public async Task While_the_use_is_not_known_what_is_capped_is_left_out_and_the_next_month_begins_anew()
    {
        var time = new ManualTimeProvider();
        IReadOnlyDictionary<string, long>? history = null;
        var months = new List<DateTimeOffset>();
        using var keeper = new CapKeeper(
            (_, month, _) =>
            {
                months.Add(month);
                return Task.FromResult(history);
            },
            time);

        await keeper.LoadAsync("t", CancellationToken.None);
        Assert.Equal(["near"], keeper.Reserve("t", [Foreign], ["near", "far"], 1).Left);
        history = new Dictionary<string, long> { ["near"] = 1_000 };
        time.Advance(TimeSpan.FromSeconds(5));
        await keeper.LoadAsync("t", CancellationToken.None);
        var (left, reservation) = keeper.Reserve("t", [Foreign], ["near", "far"], 100);
        Assert.Equal(["near", "far"], left);
        history = new Dictionary<string, long>();
        time.Advance(TimeSpan.FromDays(31));
        await keeper.LoadAsync("t", CancellationToken.None);

        // What was begun in January is January's.
        keeper.Settle("t", reservation, "near", 100, World.Start);
        Assert.Equal(["near"], keeper.Reserve("t", [Foreign], ["near", "far"], 1).Left);
        Assert.Equal([World.Start, World.Start, World.Start.AddMonths(1)], months);
    }

    [Fact]
    public async Task Requests_go_home_once_the_share_abroad_is_used_up_also_after_a_restart()
    {
        await using var near = FakeUpstream.Start();
        await using var far = FakeUpstream.Start();
        var data = Directory.CreateTempSubdirectory("gateway-caps-").FullName;
        var file = new GatewayFile()
            .More("node: { country: BR }").Model("m", "far*1000 near").Model("home", "near").Model("abroad", "far")
            .Deployment("near", near.BaseUrl, more: "placement: { processing: [BR], operator_country: BR }")
            .Deployment("far", far.BaseUrl, more: "placement: { processing: [US], operator_country: US }")
            .Policies("name: p, classes: { public: { anywhere: true } }, caps: [{ foreign: true, percent: 20 }]")
            .TenantOf($"name: acme, policy: p, models: [\"*\"], keys: [{{ name: k, sha256: {KeyHash.Of(TestKeys.Acme)} }}]");
        try
        {
            await using (var gateway = await TestGateway.StartAsync(file, dataFolder: data))
            {
                using var tooEarly = await gateway.PostAsync(TestGateway.Prompt("abroad"));
                Assert.Equal(["cap_reached"], (await OpenAIError.ReadAsync(tooEarly, 403)).Deployments["far"]);

                // 100 answers of 10 tokens at home. A request abroad can come to its body and 16 tokens, some 120, and uses 10.
                for (var i = 0; i < 100; i++)
                {
                    Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("home"))).StatusCode);
                }

                // No answer is longer than what was reserved for it.
                Assert.All(near.Requests, r => Assert.Contains("\"max_tokens\":4096", r.Text, StringComparison.Ordinal));
                for (var i = 0; i < 60; i++)
                {
                    Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Prompt("m", ""","max_tokens":16"""))).StatusCode);
                    Assert.True(100 * far.Requests.Count <= 20 * (far.Requests.Count + near.Requests.Count));
                }

                Assert.InRange(far.Requests.Count, 5, 32);
                Assert.True(near.Requests.Count > 100);
            }

            var before = far.Requests.Count;
            await using (var again = await TestGateway.StartAsync(file, dataFolder: data))
            {
                for (var i = 0; i < 30; i++)
                {
                    Assert.Equal(200, (int)(await again.PostAsync(TestGateway.Prompt("m", ""","max_tokens":16"""))).StatusCode);
                    Assert.True(100 * far.Requests.Count <= 20 * (far.Requests.Count + near.Requests.Count));
                }

                Assert.True(far.Requests.Count >= before);
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Theory]
    [InlineData("operator: Acme", "d0 d2")]
    [InlineData("operator: acme", "d0 d2")]
    [InlineData("country: US", "d1 d2")]
    [InlineData("country: EU", "d1 d2")]
    [InlineData("foreign: true", "d1 d2")]
    public void A_cap_counts_what_it_is_of_and_what_is_not_known(string of, string expected)
    {
        using var folder = new ConfigFolder();
        var result = folder.Load(File($"{{ {of}, percent: 10 }}"));

        Assert.Empty(folder.Lines(result.Errors));
        Assert.Equal(expected.Split(' '), new ResidencyModel(result.Config!).Policies[1].Caps.Single().Deployments.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("{ percent: 10 }", "policies[0].caps[0]: must be of just one: `operator`, `country` or `foreign: true`")]
    [InlineData("{ operator: A, foreign: true, percent: 10 }", "policies[0].caps[0]: must be of just one: `operator`, `country` or `foreign: true`")]
    [InlineData("{ country: UK, percent: 10 }", "policies[0].caps[0].country: there is no country `UK` in ISO 3166-1, and no group of this name; did you mean `GB` (United Kingdom)?")]
    [InlineData("{ foreign: true, percent: 101 }", "policies[0].caps[0].percent: must be from 0 to 100")]
    [InlineData("{ foreign: true, percent: 5 } ] }, { name: q, classes: {}, caps: [ { country: EU, percent: 1, per: year }", "policies[1].caps[0].per: unknown key")]
    public void A_cap_that_cannot_be_is_refused(string cap, string error)
    {
        using var folder = new ConfigFolder();

        Assert.Contains(folder.Errors(File(cap)), e => e.Contains(error, StringComparison.Ordinal));
    }

    private static string File(string cap) => $$"""
        node: { country: BR, operator: House }
        models: [{ name: m, deployments: [d0, d1, d2, l] }]
        deployments:
          - { name: d0, kind: openai-compatible, base_url: "https://a.example.com/v1", placement: { processing: [BR], operator: Acme, operator_country: BR } }
          - { name: d1, kind: openai-compatible, base_url: "https://b.example.com/v1", placement: { processing: [US, DE], operator: Other, operator_country: US } }
          - { name: d2, kind: openai-compatible, base_url: "https://c.example.com/v1" }
          - { name: l, kind: local, path: models/smol.gguf }
        policies: [{ name: p, classes: { public: { anywhere: true } }, caps: [{{cap}}] }]
        tenants: [{ name: t, policy: p, models: [m], keys: [{ name: k, sha256: 0a4d55a8d778e5022fab701977c5d840bbc486d0f1f8e3a5b5f1e8f4e8d6a001 }] }]
        """;
}
