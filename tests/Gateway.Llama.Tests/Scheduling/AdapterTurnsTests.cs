using System.Runtime.CompilerServices;
using Gateway.Llama.Scheduling;
using LLama.Native;

namespace Gateway.Llama.Tests.Scheduling;

public sealed class AdapterTurnsTests
{
    private readonly AdapterSet _a = NewSet(1);
    private readonly AdapterSet _b = NewSet(1);

    [Fact]
    public void All_with_the_same_adapters_go_together()
    {
        var running = Sequences(_a, _a, _a);

        Assert.Same(running, Steps(new AdapterTurns(), running, 20)[^1]);
    }

    [Fact]
    public void A_step_never_holds_different_sets()
    {
        var turns = new AdapterTurns();
        var running = Sequences(_a, AdapterSet.None, _b, _a, AdapterSet.None);

        Assert.All(Steps(turns, running, 100), group => Assert.True(group.All(s => s.Adapters.Matches(group[0].Adapters))));
    }

    [Fact]
    public void Every_set_gets_the_same_share()
    {
        var groups = Steps(new AdapterTurns(), Sequences(_a, AdapterSet.None, _b, _a, _a), 3 * 5 * AdapterTurns.Steps);

        Assert.Equal([20, 20, 20], new[] { _a, AdapterSet.None, _b }.Select(set => groups.Count(group => group[0].Adapters == set)));
        Assert.All(groups.Where(group => group[0].Adapters == _a), group => Assert.Equal(3, group.Count));
    }

    [Fact]
    public void A_piece_of_a_prompt_ends_a_turn()
    {
        var groups = Steps(new AdapterTurns(), Sequences(_a, _b), 4, tokens: 256);

        Assert.Equal([_a, _b, _a, _b], groups.Select(group => group[0].Adapters));
    }

    [Fact]
    public void One_that_comes_to_a_set_which_ran_alone_for_long_is_next()
    {
        var turns = new AdapterTurns();
        Steps(turns, Sequences(_a), 100);

        Assert.Equal(_b, Assert.Single(turns.Select(Sequences(_a, _b))).Adapters);
    }

    [Fact]
    public void Sets_that_come_and_go_all_the_time_do_not_starve_one_that_stays()
    {
        // Each of them new, and gone after a step.
        var turns = new AdapterTurns();
        var staying = Sequences(_b)[0];
        var steps = 0;
        for (var i = 0; i < 100; i++)
        {
            var group = turns.Select([.. Sequences(NewSet(1), NewSet(1)), staying]);
            turns.Record(1);
            steps += group.Contains(staying) ? 1 : 0;
        }

        Assert.InRange(steps, 50, 100);
    }

    [Fact]
    public void Equal_sets_match_whatever_their_order_and_others_do_not()
    {
        var (a, b) = (_a.Adapters[0], _b.Adapters[0]);

        Assert.True(Of((a, 1), (b, 0.5f)).Matches(Of((b, 0.5f), (a, 1))));
        Assert.False(Of((a, 1), (b, 0.5f)).Matches(Of((a, 1), (b, 1))));
        Assert.False(Of((a, 1)).Matches(Of((b, 1))));
        Assert.False(Of((a, 1)).Matches(AdapterSet.None));
        Assert.Same(AdapterSet.None, Of((a, 0)));
    }

    private static List<IReadOnlyList<RunningSequence>> Steps(AdapterTurns turns, RunningSequence[] running, int count, int tokens = 1)
    {
        var groups = new List<IReadOnlyList<RunningSequence>>();
        for (var i = 0; i < count; i++)
        {
            var group = turns.Select(running);
            groups.Add(group.Count == running.Length ? group : [.. group]);
            turns.Record(tokens);
        }

        return groups;
    }

    private static RunningSequence[] Sequences(params AdapterSet[] sets) =>
    [
        .. sets.Select((set, id) =>
        {
            var request = new GenerationRequest { Prompt = [1], MaxTokens = 1 };
            return new RunningSequence(new Generation(request, [1], 1, CancellationToken.None) { Adapters = set }, new Tenant(""), id);
        }),
    ];

    private static AdapterSet NewSet(float scale) => Of((new LoadedAdapter((LoraAdapter)RuntimeHelpers.GetUninitializedObject(typeof(LoraAdapter)), size: 0), scale));

    private static AdapterSet Of(params (LoadedAdapter Adapter, float Scale)[] adapters) =>
        AdapterSet.Of([.. adapters.Select(a => new AppliedAdapter(new LlamaAdapter(null!, a.Adapter), a.Scale))]);
}
