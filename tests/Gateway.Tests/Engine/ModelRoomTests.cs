using Gateway.Engine;
using Gateway.Llama.Loading;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary>Who comes into memory and who goes, with models that are nothing but their size, in time that the test makes pass.</summary>
#pragma warning disable CA1001 // xunit disposes it by IAsyncLifetime.
public sealed class ModelRoomTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(10);

    private readonly ManualTimeProvider _time = new();
    private readonly List<FakeModel> _models = [];
    private readonly ModelRoom<FakeValue> _room;
    private long _limit = 10;

    public ModelRoomTests() => _room = new(new MemoryBudget(() => _limit), _time);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_models.Select(_room.RemoveAsync)).WaitAsync(ManualTimeProvider.Guard);
        _room.Dispose();
        Assert.Equal(0, _room.Budget.Taken);
        Assert.All(_models, m => Assert.Equal(m.Loads, m.Disposals));
        Assert.All(_models, m => Assert.False(m.WasCut));
    }

    [Fact]
    public async Task What_fits_together_stays_and_is_loaded_once()
    {
        var (a, b) = (Model("a", 4), Model("b", 6));
        for (var i = 0; i < 5; i++)
        {
            (await LeaseAsync(a))!.Dispose();
            (await LeaseAsync(b))!.Dispose();
        }

        Assert.Equal((1, 1, 10L), (a.Loads, b.Loads, _room.Budget.Taken));
    }

    [Fact]
    public async Task The_least_recently_used_makes_room()
    {
        var (a, b, c) = (Model("a", 5), Model("b", 5), Model("c", 5));
        (await LeaseAsync(a))!.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await LeaseAsync(b))!.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await LeaseAsync(a))!.Dispose();

        (await LeaseAsync(c))!.Dispose();

        Assert.Equal((LoadState.Ready, LoadState.NotLoaded, LoadState.Ready), (a.State, b.State, c.State));
        Assert.Equal([UnloadReason.Room], b.Unloads);
    }

    [Fact]
    public async Task Nothing_goes_under_a_lease_and_who_waits_gets_its_turn_when_it_ends()
    {
        var (a, b) = (Model("a", 6), Model("b", 6));
        var running = await LeaseAsync(a);
        var waiting = LeaseAsync(b);
        await a.ClosedAsync();

        // Those who come now would keep it there for ever.
        var late = LeaseAsync(a);
        Assert.Equal((LoadState.Ready, LoadState.Waiting), (a.State, b.State));
        running!.Dispose();

        using (await waiting)
        {
            Assert.Equal((LoadState.Ready, 1), (b.State, b.Leases));
            Assert.False(late.IsCompleted);
        }

        (await late)!.Dispose();
        Assert.Equal((2, 1), (a.Loads, b.Loads));
    }

    [Fact]
    public async Task What_nobody_uses_stays_as_long_as_its_load_took_and_what_is_asked_for_three_times_as_long()
    {
        var (a, b) = (Model("a", 6), Model("b", 6));
        await LoadSlowlyAsync(a);
        var waiting = LeaseAsync(b, TimeSpan.FromHours(1));
        await Eventually.TrueAsync(() => b.State == LoadState.Waiting && b.IsMeasured, "it waits");
        _time.Advance(LoadTime - TimeSpan.FromMilliseconds(1));
        Assert.Equal(LoadState.Ready, a.State);
        using (await LeaseAsync(a))
        {
            // Within three times the load everybody is let in.
            _time.Advance((LoadTime * 2) - TimeSpan.FromMilliseconds(1));
            (await LeaseAsync(a))!.Dispose();
            Assert.False(a.IsClosed);
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.True(a.IsClosed);
        }

        (await waiting)!.Dispose();
        Assert.Equal([UnloadReason.Room], a.Unloads);
    }

    [Fact]
    public async Task Two_that_take_turns_under_load_are_loaded_once_a_turn_and_all_are_answered()
    {
        var (a, b) = (Model("a", 6), Model("b", 6));
        await LoadSlowlyAsync(a);
        var answered = 0;
        for (var turn = 0; turn < 6; turn++)
        {
            var (here, there) = turn % 2 == 0 ? (a, b) : (b, a);
            there.Gate = new();
            var waiting = Enumerable.Range(0, 20).Select(_ => LeaseAsync(there, TimeSpan.FromHours(1))).ToList();
            await Eventually.TrueAsync(() => there.State == LoadState.Waiting && there.IsMeasured, "it waits");
            for (var i = 0; i < 29; i++)
            {
                using (await LeaseAsync(here))
                {
                    _time.Advance(TimeSpan.FromSeconds(1));
                    answered++;
                }

                if (here.State != LoadState.Ready)
                {
                    break;
                }
            }

            _time.Advance(LoadTime * 3);
            await Eventually.TrueAsync(() => there.State == LoadState.Loading, "its turn has come");
            _time.Advance(LoadTime);
            there.Gate.SetResult();
            foreach (var lease in await Task.WhenAll(waiting).WaitAsync(ManualTimeProvider.Guard))
            {
                lease!.Dispose();
                answered++;
            }
        }

        Assert.Equal((4, 3), (a.Loads, b.Loads));
        Assert.InRange(answered, 6 * 20 + 6, int.MaxValue);
    }

    [Fact]
    public async Task Who_loses_patience_is_told_and_finds_it_there_later()
    {
        var (a, b) = (Model("a", 6), Model("b", 6));
        var running = await LeaseAsync(a);
        var waiting = LeaseAsync(b);
        await a.ClosedAsync();

        _time.Advance(Patience);
        Assert.Null(await waiting);
        Assert.Equal(LoadState.Waiting, b.State);
        running!.Dispose();

        await b.InAsync(LoadState.Ready);
        (await LeaseAsync(b))!.Dispose();
        Assert.Equal(1, b.Loads);
    }

    [Fact]
    public async Task A_load_is_waited_for_however_long_it_takes()
    {
        var a = Model("a", 6);
        a.Gate = new();
        var waiting = LeaseAsync(a);
        await a.InAsync(LoadState.Loading);
        _time.Advance(Patience * 10);
        Assert.False(waiting.IsCompleted);
        a.Gate.SetResult();
        (await waiting)!.Dispose();
    }

    [Fact]
    public async Task Who_gives_up_waiting_is_told_at_once()
    {
        var (a, b) = (Model("a", 6), Model("b", 6));
        using var running = await LeaseAsync(a);
        using var gone = new CancellationTokenSource();
        var waiting = _room.LeaseAsync(b, Patience, gone.Token).AsTask();
        await a.ClosedAsync();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Empty(b.Waiting);
    }

    [Fact]
    public async Task What_is_pinned_never_goes_and_who_does_not_fit_beside_it_is_told_so()
    {
        var (a, b) = (Model("a", 6), Model("b", 6));
        a.Pinned = true;
        a.Idle = TimeSpan.FromMinutes(15);
        (await LeaseAsync(a))!.Dispose();
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Contains("pinned 6", (await Assert.ThrowsAsync<InvalidOperationException>(() => LeaseAsync(b))).Message, StringComparison.Ordinal);
        Assert.Equal((LoadState.Ready, LoadState.Failed), (a.State, b.State));

        // Told again without a look, until the pause is over.
        await Assert.ThrowsAsync<InvalidOperationException>(() => LeaseAsync(b));
        a.Pinned = false;
        _time.Advance(_room.RetryIn(b));
        (await LeaseAsync(b))!.Dispose();
    }

    [Fact]
    public async Task What_is_larger_than_the_budget_is_told_so_before_anything_goes()
    {
        var (a, b) = (Model("a", 6), Model("b", 11));
        (await LeaseAsync(a))!.Dispose();
        Assert.Contains("pinned 0", (await Assert.ThrowsAsync<InvalidOperationException>(() => LeaseAsync(b))).Message, StringComparison.Ordinal);
        Assert.Equal((LoadState.Ready, 0), (a.State, b.Loads));

        // With more memory it can be had, at the next try.
        _limit = 20;
        _time.Advance(_room.RetryIn(b));
        (await LeaseAsync(b))!.Dispose();
        Assert.Equal(1, a.Loads);
    }

    [Fact]
    public async Task What_nobody_asks_for_goes_after_its_idle_time()
    {
        var a = Model("a", 6);
        a.Idle = TimeSpan.FromMinutes(15);
        var lease = await LeaseAsync(a);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(LoadState.Ready, a.State);
        lease!.Dispose();

        _time.Advance(TimeSpan.FromMinutes(14));
        (await LeaseAsync(a))!.Dispose();
        _time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(LoadState.Ready, a.State);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await a.InAsync(LoadState.NotLoaded);
        Assert.Equal([UnloadReason.Idle], a.Unloads);
        Assert.Equal(0, _room.Budget.Taken);
        (await LeaseAsync(a))!.Dispose();
        Assert.Equal(2, a.Loads);
    }

    [Fact]
    public async Task A_large_one_is_not_passed_for_ever_by_small_ones()
    {
        var (small, large, other) = (Model("small", 4), Model("large", 9), Model("other", 4));
        var tiny = Model("tiny", 1);
        var running = await LeaseAsync(small);
        var waiting = LeaseAsync(large);
        await small.ClosedAsync();

        // There is room for both of them beside the one that runs, but only the tiny one leaves the large one what it waits for.
        (await LeaseAsync(tiny))!.Dispose();
        var passed = LeaseAsync(other);
        await Eventually.TrueAsync(() => other.State == LoadState.Waiting && other.IsMeasured, "it waits");
        Assert.Equal((LoadState.Waiting, LoadState.Waiting), (large.State, other.State));
        running!.Dispose();

        (await waiting)!.Dispose();
        (await passed)!.Dispose();
        Assert.Equal((1, 1, 1), (large.Loads, other.Loads, small.Loads));
    }

    [Fact]
    public async Task Nobody_goes_before_all_who_must_can_go()
    {
        var (idle, busy, large) = (Model("idle", 4), Model("busy", 4), Model("large", 9));
        (await LeaseAsync(idle))!.Dispose();
        var running = await LeaseAsync(busy);
        var waiting = LeaseAsync(large);
        await busy.ClosedAsync();

        Assert.Equal(LoadState.Ready, idle.State);
        (await LeaseAsync(idle))!.Dispose();
        running!.Dispose();

        (await waiting)!.Dispose();
        Assert.Equal((1, 1, 1), (idle.Loads, busy.Loads, large.Loads));
    }

    [Fact]
    public async Task What_is_loaded_at_the_start_makes_nobody_go_and_comes_when_there_is_room()
    {
        var (a, b) = (Model("a", 6), Model("b", 6));
        Assert.NotNull(await _room.LoadGentlyAsync(a));
        Assert.Null(await _room.LoadGentlyAsync(b));
        Assert.Equal((LoadState.Ready, LoadState.Waiting), (a.State, b.State));

        await _room.RemoveAsync(a).WaitAsync(ManualTimeProvider.Guard);

        await b.InAsync(LoadState.Ready);
    }

    [Fact]
    public async Task What_waits_for_room_since_the_start_makes_room_once_it_is_asked_for()
    {
        var (a, b) = (Model("a", 6), Model("b", 6));
        await _room.LoadGentlyAsync(a);
        await _room.LoadGentlyAsync(b);

        (await LeaseAsync(b))!.Dispose();

        Assert.Equal((LoadState.NotLoaded, LoadState.Ready), (a.State, b.State));
    }

    [Fact]
    public async Task A_budget_that_shrinks_makes_the_least_recently_used_go()
    {
        var (a, b) = (Model("a", 4), Model("b", 4));
        (await LeaseAsync(a))!.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await LeaseAsync(b))!.Dispose();

        _limit = 5;
        _room.Update();

        await a.InAsync(LoadState.NotLoaded);
        Assert.Equal(LoadState.Ready, b.State);
    }

    [Fact]
    public async Task Who_unloads_waits_for_those_who_use_it_and_who_comes_then_loads_it_again()
    {
        var a = Model("a", 4);
        var running = await LeaseAsync(a);
        var unloading = _room.UnloadAsync(a);
        var late = LeaseAsync(a);
        Assert.False(unloading.IsCompleted || late.IsCompleted);
        running!.Dispose();

        await unloading.WaitAsync(ManualTimeProvider.Guard);
        (await late)!.Dispose();
        Assert.Equal((2, LoadState.Ready), (a.Loads, a.State));
        Assert.Equal([UnloadReason.Asked], a.Unloads);
        await _room.UnloadAsync(a).WaitAsync(ManualTimeProvider.Guard);
        Assert.Equal(LoadState.NotLoaded, a.State);
        await _room.UnloadAsync(a).WaitAsync(ManualTimeProvider.Guard);
    }

    [Fact]
    public async Task Many_at_once_are_all_answered_within_the_budget()
    {
        var models = Enumerable.Range(1, 6).Select(i => Model($"m{i}", i)).ToList();
        models[5].Idle = TimeSpan.FromMilliseconds(1);
        var answered = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 16), async (worker, _) =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 100; i++)
            {
                using var lease = await LeaseAsync(models[random.Next(models.Count)], TimeSpan.FromHours(1));
                Assert.False(lease!.Value.IsDisposed);
                Assert.InRange(_room.Budget.Taken, 1, _limit);
                for (var yields = random.Next(5); yields > 0; yields--)
                {
                    await Task.Yield();
                }

                Assert.False(lease.Value.IsDisposed);
                Interlocked.Increment(ref answered);
            }
        });

        Assert.Equal(1600, answered);
    }

    private FakeModel Model(string name, long bytes)
    {
        var model = new FakeModel(name, bytes, _time);
        _models.Add(model);
        _room.Add(model);
        return model;
    }

    private Task<RoomLease<FakeValue>?> LeaseAsync(FakeModel model, TimeSpan? patience = null) =>
        _room.LeaseAsync(model, patience ?? Patience, CancellationToken.None).AsTask().WaitAsync(ManualTimeProvider.Guard);

    private async Task LoadSlowlyAsync(FakeModel model)
    {
        model.Gate = new();
        var loading = LeaseAsync(model);
        await model.InAsync(LoadState.Loading);
        _time.Advance(LoadTime);
        model.Gate.SetResult();
        (await loading)!.Dispose();
    }

    private sealed class FakeModel(string name, long bytes, TimeProvider time) : Resident<FakeValue>(time)
    {
        private int _loads;
        private int _disposals;

        public bool Pinned { get; set; }

        public TimeSpan? Idle { get; set; }

        /// <summary>Holds the next loads up until it is set.</summary>
        public TaskCompletionSource? Gate { get; set; }

        public int Loads => Volatile.Read(ref _loads);

        public int Disposals => Volatile.Read(ref _disposals);

        public bool WasCut { get; private set; }

        public System.Collections.Concurrent.ConcurrentQueue<UnloadReason> Unloads { get; } = new();

        public override bool IsPinned => Pinned;

        public override TimeSpan? IdleTimeout => Idle;

        public Task InAsync(LoadState state) => Eventually.TrueAsync(() => State == state, $"{name} is {state}");

        public Task ClosedAsync() => Eventually.TrueAsync(() => IsClosed, $"{name} lets nobody in");

        public override MemoryEstimate? Measure() => new(bytes, 0, 0, 0, 1, 1, 1);

        public override async Task<FakeValue> LoadAsync(MemoryBudget.Lease memory)
        {
            Assert.Equal(bytes, memory.Taken);
            if (Gate is { } gate)
            {
                await gate.Task;
            }

            Interlocked.Increment(ref _loads);
            return new FakeValue(() =>
            {
                WasCut |= Leases > 0;
                Interlocked.Increment(ref _disposals);
            });
        }

        public override Exception DoesNotFit(MemoryBudget budget, MemoryEstimate need, long pinned) =>
            new InvalidOperationException($"{name} takes {need.Used} of {budget.Limit}, pinned {pinned}");

        public override void OnUnloaded(UnloadReason reason) => Unloads.Enqueue(reason);
    }

    private sealed class FakeValue(Action onDispose) : IAsyncDisposable
    {
        public bool IsDisposed { get; private set; }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            onDispose();
            return ValueTask.CompletedTask;
        }
    }
}
