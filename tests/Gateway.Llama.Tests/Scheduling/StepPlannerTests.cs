using Gateway.Llama.Scheduling;
using LLama.Native;

namespace Gateway.Llama.Tests.Scheduling;

public sealed class StepPlannerTests
{
    [Fact]
    public void A_prompt_alone_may_fill_the_batch() => Assert.Equal([512], Plan(new StepPlanner(512), Prompts(2000)));

    [Fact]
    public void Prompts_share_the_batch_equally() => Assert.Equal([256, 256], Plan(new StepPlanner(512), Prompts(2000, 2000)));

    [Fact]
    public void What_a_short_prompt_leaves_goes_to_the_long_ones() => Assert.Equal([10, 251, 251], Plan(new StepPlanner(512), Prompts(10, 2000, 2000)));

    [Fact]
    public void Beside_others_that_generate_prompts_get_a_smaller_part() =>
        Assert.Equal([1, StepPlanner.PromptTokensBesideOthers, 1], Plan(new StepPlanner(512), Prompts(1, 2000, 1)));

    [Fact]
    public void All_that_generate_are_in_every_step() => Assert.Equal([1, 1, 1, 1, 0], Plan(new StepPlanner(4), Prompts(1, 1, 1, 1, 500)));

    [Fact]
    public void A_batch_smaller_than_the_number_of_prompts_goes_round()
    {
        var planner = new StepPlanner(2);
        var prompts = Prompts(9, 9, 9);
        var totals = new int[3];
        for (var step = 0; step < 6; step++)
        {
            foreach (var (part, i) in Plan(planner, prompts).Select((part, i) => (part, i)))
            {
                totals[i] += part;
            }
        }

        Assert.Equal([4, 4, 4], totals);
    }

    private static RunningSequence[] Prompts(params int[] lengths) =>
    [
        .. lengths.Select((length, id) =>
        {
            var prompt = new int[length];
            var request = new GenerationRequest { Prompt = prompt, MaxTokens = 1 };
            return new RunningSequence(new Generation(request, prompt, 1, CancellationToken.None), (LLamaSeqId)id);
        }),
    ];

    private static int[] Plan(StepPlanner planner, RunningSequence[] running)
    {
        planner.Plan(running);
        return [.. running.Select(sequence => sequence.Scheduled)];
    }
}
