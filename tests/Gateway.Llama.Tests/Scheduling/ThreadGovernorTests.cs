using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Tests.Scheduling;

public sealed class ThreadGovernorTests
{
    private static readonly TimeSpan Alone = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(9);

    private readonly ThreadGovernor _governor = new(most: 4);
    private TimeSpan _now;

    [Fact]
    public void It_learns_what_one_thread_costs_and_then_takes_all()
    {
        for (var i = 0; i < ThreadGovernor.FirstSteps; i++)
        {
            Assert.Equal(1, _governor.Threads);
            Step(Alone);
        }

        Assert.Equal(4, _governor.Threads);
    }

    [Fact]
    public void A_quiet_machine_keeps_all_threads()
    {
        Learn();

        Assert.All(Enumerable.Range(0, 1000), _ =>
        {
            Step(Together);
            Assert.Equal(4, _governor.Threads);
        });
    }

    [Fact]
    public void One_step_that_stands_still_is_enough_to_go_back_to_one_thread()
    {
        Learn();

        Step(Alone * 100);

        Assert.Equal(1, _governor.Threads);
    }

    [Fact]
    public void What_other_engines_take_is_not_used_and_taken_again_when_they_rest()
    {
        Learn();

        _governor.Limit(2);
        Assert.Equal(2, _governor.Threads);
        Step(Together);
        _governor.Limit(1);
        Assert.Equal(1, _governor.Threads);
        for (var i = 0; i < 10 * ThreadGovernor.FirstSteps; i++)
        {
            Step(Alone);
            Assert.Equal(1, _governor.Threads);
        }

        _governor.Limit(4);
        Step(Alone);
        Assert.Equal(4, _governor.Threads);
    }

    [Fact]
    public void A_limit_is_no_reason_to_use_more_than_is_good()
    {
        Learn();
        Step(Alone * 100);

        _governor.Limit(3);
        _governor.Limit(100);

        Assert.Equal(1, _governor.Threads);
        _now += ThreadGovernor.FirstPause;
        for (var i = 0; i < ThreadGovernor.FirstSteps; i++)
        {
            Step(Alone);
        }

        Assert.Equal(4, _governor.Threads);
    }

    [Fact]
    public void Steps_that_are_a_little_slower_than_on_one_thread_are_noticed_after_a_few()
    {
        Learn();

        for (var i = 0; i < ThreadGovernor.FewSteps; i++)
        {
            Assert.Equal(4, _governor.Threads);
            Step(Alone * 1.3);
        }

        Assert.Equal(1, _governor.Threads);
        Assert.InRange(RunUntilAll(), ThreadGovernor.FirstPause, ThreadGovernor.FirstPause + (3 * Alone));
    }

    [Fact]
    public void A_long_prompt_grows_dear_within_a_few_steps_and_stays_on_all_threads()
    {
        Learn();
        var alone = 0;
        for (var i = 0; i < 320; i++)
        {
            // Sixteen steps of a prompt, each dearer than the one before, then the next prompt.
            var dearer = 1 + (2.5 * (i % 16) / 16);
            alone += _governor.Threads == 1 ? 1 : 0;
            Step((_governor.Threads == 1 ? Alone : Together) * dearer * 50, tokens: 64);
        }

        Assert.InRange(alone, 1, 80);
    }

    [Fact]
    public void One_slow_step_among_many_good_ones_changes_nothing()
    {
        Learn();

        for (var i = 0; i < 200; i++)
        {
            Step(i % 20 == 19 ? Alone * 2 : Together);
            Assert.Equal(4, _governor.Threads);
        }
    }

    [Fact]
    public void All_threads_are_tried_again_after_a_pause_that_doubles_up_to_its_bound()
    {
        Learn();
        var expected = ThreadGovernor.FirstPause;
        for (var i = 0; i < 10; i++)
        {
            Step(Alone * 100);
            var since = _now;
            while (_governor.Threads == 1)
            {
                Step(Alone);
            }

            Assert.InRange(_now - since, expected, expected + Alone);
            expected = expected * 2 < ThreadGovernor.LongestPause ? expected * 2 : ThreadGovernor.LongestPause;
        }
    }

    [Fact]
    public void The_pause_is_short_again_once_all_threads_have_done_well()
    {
        Learn();
        Step(Alone * 100);
        RunUntilAll();
        for (var i = 0; i < ThreadGovernor.ManySteps; i++)
        {
            Step(Together);
        }

        Step(Alone * 100);
        RunUntilAll();
        Step(Alone * 100);

        Assert.InRange(RunUntilAll(), ThreadGovernor.FirstPause, ThreadGovernor.FirstPause + Alone);
    }

    [Fact]
    public void Contexts_that_grow_make_steps_dearer_and_are_no_reason_for_one_thread()
    {
        Learn();
        var alone = 0;

        for (var i = 1; i <= 1000; i++)
        {
            // At the end ten times as dear as at the beginning, and all threads as much faster as before.
            var dearer = 1 + (9 * i / 1000.0);
            alone += _governor.Threads == 1 ? 1 : 0;
            Step((_governor.Threads == 1 ? Alone : Together) * dearer);
        }

        Assert.InRange(alone, 1, 30);
    }

    [Fact]
    public void One_stall_long_after_the_last_is_no_reason_for_a_pause()
    {
        Learn();
        for (var i = 0; i <= ThreadGovernor.StepsBetweenStalls; i++)
        {
            Step(Together);
        }

        Step(Alone * 100);

        Assert.InRange(RunUntilAll(), Alone, Alone * ThreadGovernor.StepsOfTrial);
    }

    [Fact]
    public void A_prompt_is_not_taken_for_a_stall()
    {
        Learn();

        Step(Alone * 100, tokens: 256);

        Assert.Equal(4, _governor.Threads);
    }

    [Fact]
    public void One_thread_stays_one()
    {
        var governor = new ThreadGovernor(most: 1);

        governor.Record(1, Alone, TimeSpan.Zero);

        Assert.Equal(1, governor.Threads);
    }

    private void Learn()
    {
        for (var i = 0; i < ThreadGovernor.FirstSteps; i++)
        {
            Step(Alone);
        }
    }

    private TimeSpan RunUntilAll()
    {
        var since = _now;
        while (_governor.Threads == 1)
        {
            Step(Alone);
        }

        return _now - since;
    }

    private void Step(TimeSpan elapsed, int tokens = 1)
    {
        _now += elapsed;
        _governor.Record(tokens, elapsed, _now);
    }
}
