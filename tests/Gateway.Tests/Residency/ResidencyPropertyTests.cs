using FsCheck;
using FsCheck.Fluent;
using Gateway.Configuration;
using Gateway.Residency;
using Gateway.Tests.Configuration;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Residency;

/// <summary>Random worlds, from the file to the decision, against a second statement of the rules.</summary>
public sealed class ResidencyPropertyTests : IDisposable
{
    private readonly ConfigFolder _folder = new();
    private int _loaded;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_decision_permits_just_what_the_rules_do_at_any_time()
    {
        Check(200, seed =>
        {
            var world = World.Draw(seed, deployments: 5, withLocal: true);
            var result = Load(world);
            Assert.Equal(world.IsRefused() || world.LiftsABase(), !result.Success);
            if (!result.Success)
            {
                return;
            }

            _loaded++;
            var residency = new ResidencyModel(result.Config!);
            var verdicts = new VerdictCache(residency);
            for (var model = 0; model < world.Models.Count; model++)
            {
                var destinations = world.Models[model].Select(d => new DestinationState($"d{d}")).ToList();
                var table = new DecisionTable($"m{model}", destinations, verdicts, World.Start);
                for (var hour = -1; hour < 12; hour++)
                {
                    AssertRight(world, residency, table, model, World.Start.AddHours(hour));
                    AssertRight(world, residency, table, model, World.Start.AddHours(hour).AddTicks(-1));
                }
            }
        });
        Assert.True(_loaded > 50, $"Only {_loaded} worlds could be served.");
    }

    [Fact]
    public void An_heir_permits_nothing_that_its_base_does_not() => Check(300, seed =>
    {
        var world = World.Draw(seed, deployments: 4, withLocal: true);
        if (Load(world) is not { Success: true, Config: { } config })
        {
            return;
        }

        var residency = new ResidencyModel(config);
        foreach (var (policy, index) in world.Policies.Select((p, i) => (p, i)).Where(p => p.p.Base >= 0))
        {
            foreach (var dataClass in residency.Classes.All.Where(c => policy.OfClass[c.Rank] is null || world.Policies[policy.Base].OfClass[c.Rank] is { } b && (b.Processing is not null || b.LocalOnly || b.Anywhere)))
            {
                var (heir, ancestor) = (residency.Policies[index + 1], residency.Policies[policy.Base + 1]);
                Assert.All(
                    config.Deployments,
                    d => Assert.True(!residency.Judge(heir, Handling.AsItCame(dataClass), d.Name, World.Start).IsPermitted || residency.Judge(ancestor, Handling.AsItCame(dataClass), d.Name, World.Start).IsPermitted));
            }
        }
    });

    [Fact]
    public void Classes_that_pass_the_order_never_permit_more_the_higher_they_are() => Check(400, seed =>
    {
        // Whatever the placements: all that there can be of a small kind are tried.
        var world = World.Draw(seed, deployments: 12, withLocal: true);
        var yaml = Yaml(world).Replace("    allow_looser: true\n", "", StringComparison.Ordinal);
        if (_folder.Load(yaml) is not { Success: true, Config: { } config })
        {
            return;
        }

        var residency = new ResidencyModel(config);
        foreach (var policy in residency.Policies)
        {
            var mentioned = residency.Classes.All.Where(c => policy.RuleOf(c).Origin != RuleOrigin.NotMentioned).ToList();
            foreach (var (lower, higher) in mentioned.Zip(mentioned.Skip(1)))
            {
                Assert.All(config.Deployments, d => Assert.True(
                    !residency.Judge(policy, Handling.AsItCame(higher), d.Name, World.Start).IsPermitted || residency.Judge(policy, Handling.AsItCame(lower), d.Name, World.Start).IsPermitted
                        || residency.PlacementOf(d.Name).IsLocal));
            }
        }
    });

    [Fact]
    public void The_same_is_decided_with_the_same_id_and_another_with_another()
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        Check(100, seed =>
        {
            var world = World.Draw(seed, deployments: 3, withLocal: false);
            if (Load(world) is not { Success: true, Config: { } config })
            {
                return;
            }

            var residency = new ResidencyModel(config);
            foreach (var policy in residency.Policies)
            {
                foreach (var dataClass in residency.Classes.All)
                {
                    var verdicts = residency.JudgeModel(policy, Handling.AsItCame(dataClass), "m0", World.Start);
                    var id = DecisionTable.IdOf("m0", policy, Handling.AsItCame(dataClass), verdicts);
                    var content = $"{policy.Hash} {dataClass.Name} {string.Join(';', verdicts.Select(v => v.Summary))}";
                    Assert.Equal(content, ids.GetValueOrDefault(id, content));
                    ids[id] = content;
                }
            }
        });
        Assert.Equal(ids.Count, ids.Values.Distinct(StringComparer.Ordinal).Count());
    }

    private static void AssertRight(World world, ResidencyModel residency, DecisionTable table, int model, DateTimeOffset now)
    {
        for (var tenant = 0; tenant < world.Tenants.Count; tenant++)
        {
            foreach (var dataClass in residency.Classes.All)
            {
                var decision = table.Find(residency.PolicyOf($"t{tenant}"), dataClass, now);

                // Time never goes back, so before the start the decision is that of the start.
                var at = now < World.Start ? World.Start : now;
                var right = world.Models[model].Where(d => world.MayGo(tenant, dataClass.Rank, d, at)).Select(d => $"d{d}").ToList();
                Assert.Equal(right, decision.Destinations.Select(d => d.DestinationId));
                Assert.All(world.Models[model], d => Assert.Equal(right.Contains($"d{d}"), decision.Permits($"d{d}", at)));
                Assert.All(decision.Verdicts, v => Assert.NotEqual(v.IsPermitted, v.Reasons.Count > 0));
                Assert.All(decision.Verdicts, v => Assert.NotEmpty(ResidencyJudge.Judge(decision.Rule, v.Placement, at)));
            }
        }
    }

    private LoadResult Load(World world) => _folder.Load(Yaml(world));

    private string Yaml(World world) => world.ToYaml(
        d => world.Deployments[d].Local ? _folder.PathOf("models/smol.gguf") : "https://llm.example.com/v1", t => $"{{ name: k, sha256: {new string((char)('a' + t), 64)} }}");

    private static void Check(int count, Action<int> property) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), property));
}
