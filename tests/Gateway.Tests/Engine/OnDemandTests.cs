using Gateway.Engine;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

public sealed class OnDemandTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<TaskCompletionSource<string>> _loads = [];
    private readonly OnDemand<string> _wanted;

    public OnDemandTests() => _wanted = new(LoadAsync, _time);

    [Fact]
    public async Task Nothing_is_loaded_before_somebody_asks_and_then_once_for_all()
    {
        Assert.Equal((LoadState.NotLoaded, null), (_wanted.State, _wanted.Value));

        var asked = Enumerable.Range(0, 100).Select(_ => Task.Run(_wanted.GetAsync)).ToList();
        var load = await LoadBegunAsync(1);
        Assert.Equal(LoadState.Loading, _wanted.State);
        load.SetResult("there");

        Assert.All(await Task.WhenAll(asked), value => Assert.Equal("there", value));
        Assert.Equal((LoadState.Ready, "there"), (_wanted.State, _wanted.Value));
        Assert.Single(_loads);
    }

    [Fact]
    public async Task Who_gives_up_does_not_end_it_for_the_others()
    {
        using var gone = new CancellationTokenSource();
        var givenUp = _wanted.GetAsync().WaitAsync(gone.Token);
        var other = _wanted.GetAsync();
        var load = await LoadBegunAsync(1);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);
        load.SetResult("there");
        Assert.Equal("there", await other);
    }

    [Fact]
    public async Task A_failure_is_told_to_all_until_its_pause_is_over_and_pauses_grow()
    {
        var pause = RetryPause.First;
        for (var failures = 1; failures < 12; failures++)
        {
            var first = _wanted.GetAsync();
            (await LoadBegunAsync(failures)).SetException(new IOException($"{failures}"));
            Assert.Equal($"{failures}", (await Assert.ThrowsAsync<IOException>(() => first)).Message);
            Assert.Equal((LoadState.Failed, pause), (_wanted.State, _wanted.RetryIn));

            _time.Advance(pause - TimeSpan.FromTicks(1));
            Assert.Equal($"{failures}", (await Assert.ThrowsAsync<IOException>(_wanted.GetAsync)).Message);
            _time.Advance(TimeSpan.FromTicks(1));
            Assert.Equal(TimeSpan.Zero, _wanted.RetryIn);
            pause = pause * 2 < RetryPause.Longest ? pause * 2 : RetryPause.Longest;
        }

        var last = _wanted.GetAsync();
        (await LoadBegunAsync(12)).SetResult("there");
        Assert.Equal("there", await last);
    }

    [Fact]
    public async Task A_pause_can_be_ended()
    {
        var failing = _wanted.GetAsync();
        (await LoadBegunAsync(1)).SetException(new IOException("broken"));
        await Assert.ThrowsAsync<IOException>(() => failing);

        _wanted.EndPause();
        var mended = _wanted.GetAsync();
        (await LoadBegunAsync(2)).SetResult("there");

        Assert.Equal("there", await mended);
    }

    private Task<string> LoadAsync()
    {
        var load = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_loads)
        {
            _loads.Add(load);
        }

        return load.Task;
    }

    private async Task<TaskCompletionSource<string>> LoadBegunAsync(int count)
    {
        await Eventually.TrueAsync(() => Count() >= count, "the load begins");
        Assert.Equal(count, Count());
        return _loads[^1];
    }

    private int Count()
    {
        lock (_loads)
        {
            return _loads.Count;
        }
    }
}
