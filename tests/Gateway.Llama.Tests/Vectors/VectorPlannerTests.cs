using Gateway.Llama.Vectors;

namespace Gateway.Llama.Tests.Vectors;

public sealed class VectorPlannerTests
{
    [Fact]
    public void Jobs_take_turns_text_by_text()
    {
        var planner = new VectorPlanner(mostTokens: 10, mostTexts: 5);
        var (first, second) = (Job(1, 1, 1, 1), Job(1, 1));
        planner.Add(first);
        planner.Add(second);

        Assert.Equal([(first, 0), (second, 0), (first, 1), (second, 1), (first, 2)], Plan(planner));
        Assert.Equal([(first, 3)], Plan(planner));
        Assert.Empty(Plan(planner));
        Assert.True(planner.IsEmpty);
    }

    [Fact]
    public void Owners_take_turns_however_many_jobs_each_has()
    {
        var planner = new VectorPlanner(mostTokens: 10, mostTexts: 4);
        VectorJob[] many = [.. Enumerable.Range(0, 5).Select(_ => new VectorJob([[1], [1]], CancellationToken.None, "many"))];
        var one = new VectorJob([[1], [1], [1]], CancellationToken.None, "one");
        foreach (var job in many.Append(one))
        {
            planner.Add(job);
        }

        Assert.Equal([(many[0], 0), (one, 0), (many[1], 0), (one, 1)], Plan(planner));
        planner.Remove(job => job == many[2], _ => { });
        Assert.Equal([(many[3], 0), (one, 2), (many[4], 0), (many[0], 1)], Plan(planner));
    }

    [Fact]
    public void A_text_that_does_not_fit_any_more_comes_first_in_the_next_batch()
    {
        var planner = new VectorPlanner(mostTokens: 10, mostTexts: 5);
        var (small, large) = (Job(4, 4, 4), Job(8));
        planner.Add(small);
        planner.Add(large);

        Assert.Equal([(small, 0)], Plan(planner));
        Assert.Equal([(large, 0)], Plan(planner));
        Assert.Equal([(small, 1), (small, 2)], Plan(planner));
    }

    [Fact]
    public void A_text_longer_than_a_batch_comes_alone()
    {
        var planner = new VectorPlanner(mostTokens: 10, mostTexts: 5);
        var (long_, short_) = (Job(50), Job(1));
        planner.Add(long_);
        planner.Add(short_);

        Assert.Equal([(long_, 0)], Plan(planner));
        Assert.Equal([(short_, 0)], Plan(planner));
    }

    [Fact]
    public void A_job_that_is_taken_out_has_no_turn_and_the_others_keep_their_order()
    {
        var planner = new VectorPlanner(mostTokens: 10, mostTexts: 5);
        VectorJob[] jobs = [Job(1), Job(1), Job(1)];
        Array.ForEach(jobs, planner.Add);
        var gone = new List<VectorJob>();

        planner.Remove(job => job == jobs[1], gone.Add);

        Assert.Equal([jobs[1]], gone);
        Assert.Equal([(jobs[0], 0), (jobs[2], 0)], Plan(planner));
    }

    private static VectorJob Job(params int[] lengths) => new([.. lengths.Select(length => new int[length])], CancellationToken.None);

    private static List<(VectorJob Job, int Index)> Plan(VectorPlanner planner) => [.. planner.Plan().Select(item => (item.Job, item.Index))];
}
