using Gateway.Engine.Workers;

namespace Gateway.Tests.Engine.Workers;

/// <summary>Which workers are taken to hang.</summary>
public sealed class WorkerWatchTests
{
    private readonly WorkerWatch _watch = new();
    private WorkerPulse _pulse = new(Notes: 1, Steps: 0, Requests: 0, IsLoading: false);

    [Fact]
    public void One_that_has_nothing_to_do_is_left_alone_and_so_is_one_whose_steps_take_nearly_the_time_out()
    {
        Assert.Null(Look(100));
        _pulse = _pulse with { Requests = 3 };
        for (var step = 0; step < 20; step++)
        {
            Assert.Null(Look(WorkerWatch.Looks));
            _pulse = _pulse with { Steps = step + 1 };
        }
    }

    [Fact]
    public void One_that_has_requests_and_makes_no_step_hangs()
    {
        Assert.Null(Look(5));
        _pulse = _pulse with { Requests = 2, Steps = 7 };
        Assert.Null(Look(WorkerWatch.Looks));

        // Further requests are no sign of progress.
        _pulse = _pulse with { Requests = 3 };
        Assert.Equal("killed, for it completed no step in 300 s, with 3 requests in it", Look(1));
    }

    [Fact]
    public void While_adapters_are_loaded_there_are_no_steps()
    {
        _pulse = _pulse with { Requests = 1, IsLoading = true };
        Assert.Null(Look(100));

        _pulse = _pulse with { IsLoading = false };
        Assert.Null(Look(WorkerWatch.Looks - 1));
        Assert.NotNull(Look(1));
    }

    [Fact]
    public void One_that_says_nothing_hangs_whatever_it_has_to_do()
    {
        Assert.Null(Look(1));
        Assert.Null(Look(WorkerWatch.Looks - 1, isSilent: true));
        Assert.Null(Look(1));
        Assert.Null(Look(WorkerWatch.Looks - 1, isSilent: true));
        Assert.Equal("killed, for it gave no sign of life for 300 s", Look(1, isSilent: true));
    }

    // The last of so many looks.
    private string? Look(int looks, bool isSilent = false)
    {
        string? verdict = null;
        for (var i = 0; i < looks && verdict is null; i++)
        {
            _pulse = _pulse with { Notes = _pulse.Notes + (isSilent ? 0 : 1) };
            verdict = _watch.Look(_pulse, TimeSpan.FromMinutes(5));
        }

        return verdict;
    }
}
