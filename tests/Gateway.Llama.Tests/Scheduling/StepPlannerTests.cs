using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Tests.Scheduling;

public sealed class StepPlannerTests
{
    private readonly StepCost _cost = new();

    [Fact]
    public void A_prompt_alone_may_fill_the_batch() => Assert.Equal([512], Plan(Prompts(2000)));

    [Fact]
    public void Of_prompts_alike_the_first_is_read_first() => Assert.Equal([512, 0, 0], Plan(Prompts(2000, 2000, 2000)));

    [Fact]
    public void What_a_short_prompt_leaves_goes_to_the_long_ones() => Assert.Equal([502, 0, 10], Plan(Prompts(2000, 2000, 10)));

    [Fact]
    public void Beside_others_that_generate_prompts_get_a_smaller_part() => Assert.Equal([1, StepCost.MostBesideOthers, 1], Plan(Prompts(1, 2000, 1)));

    [Fact]
    public void All_that_generate_are_in_every_step() => Assert.Equal([1, 1, 1, 1, 0], Plan(Prompts(1, 1, 1, 1, 500), batchSize: 4));

    [Fact]
    public void A_long_prompt_and_the_short_ones_behind_it_go_on_by_turns() => Assert.Equal([256, 200, 56], Plan(Prompts(10_000, 200, 300)));

    [Fact]
    public void Tenants_share_steps_however_many_prompts_each_has()
    {
        var (many, one) = (new Tenant("many"), new Tenant("one"));

        var totals = Totals([.. Enumerable.Repeat(many, 7).Append(one).Select(t => Prompt(10_000, t))], steps: 20);

        Assert.Equal(totals[..7].Sum(), totals[7]);
    }

    [Fact]
    public void A_tenant_of_three_times_the_weight_gets_three_times_the_tokens()
    {
        var (heavy, light) = (new Tenant("heavy") { Weight = 3 }, new Tenant("light"));

        var totals = Totals([Prompt(20_000, light), Prompt(20_000, heavy)], steps: 20);

        Assert.InRange(totals[1], (3 * totals[0]) - (3 * StepPlanner.Piece), (3 * totals[0]) + (3 * StepPlanner.Piece));
    }

    [Fact]
    public void A_short_prompt_of_another_tenant_is_whole_in_the_next_step()
    {
        var busy = new Tenant("busy");
        RunningSequence[] prompts = [.. Enumerable.Range(0, 7).Select(_ => Prompt(10_000, busy))];
        Totals(prompts, steps: 5);
        var shortly = new Tenant("short");
        shortly.CatchUp(busy.Served);

        Assert.Equal(200, Plan([.. prompts, Prompt(200, shortly)])[^1]);
    }

    [Fact]
    public void A_dear_model_gets_smaller_pieces_and_never_fewer_than_pay()
    {
        _cost.Record(promptTokens: 0, answerTokens: 2, StepCost.BesideOthers / 6);
        _cost.Record(promptTokens: 100, answerTokens: 2, (StepCost.BesideOthers / 6) + (StepCost.BesideOthers * 5 / 6));
        Assert.InRange(Plan(Prompts(1, 2000))[1], 99, 100);

        _cost.Record(promptTokens: 100, answerTokens: 2, TimeSpan.FromSeconds(30));
        Assert.Equal(StepCost.Least, Plan(Prompts(1, 2000))[1]);
        Assert.Equal(StepCost.Least, Plan(Prompts(2000))[0]);
    }

    [Fact]
    public void A_prompt_stops_where_a_state_is_to_be_kept()
    {
        var prompt = Prompts(2000)[0];
        prompt.Checkpoint = 100;

        Assert.Equal([100], Plan([prompt]));
    }

    private static RunningSequence[] Prompts(params int[] lengths)
    {
        var tenant = new Tenant("");
        return [.. lengths.Select((length, order) => Prompt(length, tenant, order))];
    }

    private static RunningSequence Prompt(int length, Tenant tenant, int order = 0)
    {
        var prompt = new int[length];
        return new RunningSequence(new Generation(new GenerationRequest { Prompt = prompt, MaxTokens = 1 }, prompt, 1, CancellationToken.None), tenant, order);
    }

    private int[] Totals(RunningSequence[] prompts, int steps, int batchSize = 512)
    {
        var planner = new StepPlanner(batchSize, _cost);
        var totals = new int[prompts.Length];
        for (var step = 0; step < steps; step++)
        {
            planner.Plan(prompts);
            for (var i = 0; i < prompts.Length; i++)
            {
                totals[i] += prompts[i].Scheduled;
            }
        }

        return totals;
    }

    private int[] Plan(RunningSequence[] running, int batchSize = 512)
    {
        new StepPlanner(batchSize, _cost).Plan(running);
        return [.. running.Select(sequence => sequence.Scheduled)];
    }
}
