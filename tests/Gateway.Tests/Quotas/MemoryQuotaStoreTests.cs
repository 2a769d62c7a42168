using Gateway.Quotas;

namespace Gateway.Tests.Quotas;

/// <summary>Counters in this process.</summary>
public sealed class MemoryQuotaStoreTests : QuotaStoreSuite
{
    private protected override Task<QuotaHarness> StartAsync() => Task.FromResult<QuotaHarness>(new MemoryHarness());

    [Theory]
    [InlineData("Day", "2026-10-24T22:30:00Z", "2026-10-25T23:59:59Z", true)]     // Lisbon puts its clocks back on the 25th: that day has 25 hours
    [InlineData("Day", "2026-10-24T23:00:00Z", "2026-10-25T23:59:59Z", false)]
    [InlineData("Day", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z", true)]     // and forward on the 29th: 23 hours
    [InlineData("Day", "2026-03-29T00:00:00Z", "2026-03-29T22:59:59Z", false)]
    [InlineData("Week", "2026-11-01T23:59:00Z", "2026-11-02T00:00:00Z", true)]    // a Monday
    [InlineData("Week", "2026-11-02T00:00:00Z", "2026-11-08T23:59:59Z", false)]
    [InlineData("Month", "2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", true)]
    [InlineData("Month", "2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z", false)]
    public async Task Days_weeks_and_months_are_those_of_the_tenants_clocks(string window, string first, string second, bool isAnother)
    {
        var from = DateTimeOffset.Parse(first, System.Globalization.CultureInfo.InvariantCulture);
        await using var harness = new MemoryHarness(from);
        var limit = Limit("t", QuotaMeasure.Requests, Enum.Parse<QuotaWindow>(window), 1);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        await harness.PassAsync(DateTimeOffset.Parse(second, System.Globalization.CultureInfo.InvariantCulture) - from);
        Assert.Equal(isAnother, (await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
    }

    [Fact]
    public async Task A_clock_put_forward_over_the_months_end_and_back_finds_what_it_had_counted()
    {
        await using var harness = new MemoryHarness(new DateTimeOffset(2026, 10, 31, 23, 0, 0, TimeSpan.Zero));
        var limit = Limit("t", QuotaMeasure.Requests, QuotaWindow.Month, 1);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        await harness.StepClockAsync(TimeSpan.FromHours(2));
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        await harness.StepClockAsync(TimeSpan.FromHours(-2));
        Assert.False((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        await harness.StepClockAsync(TimeSpan.FromHours(2));
        Assert.False((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
    }

    [Fact]
    public async Task A_clock_put_back_frees_no_minute_early_and_holds_none_longer()
    {
        await using var harness = new MemoryHarness();
        var limit = Limit("t", QuotaMeasure.Requests, QuotaWindow.Minute, 1);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        await harness.StepClockAsync(TimeSpan.FromDays(1));
        Assert.False((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
        await harness.StepClockAsync(TimeSpan.FromDays(-30));
        var refused = await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default);
        await harness.PassAsync(refused.RetryAfter!.Value);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((limit, 1)), default)).IsAdmitted);
    }

    [Fact]
    public async Task Counters_that_count_nothing_any_more_are_let_go_of_and_say_the_same_when_they_come_back()
    {
        await using var harness = new MemoryHarness();
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True((await harness.Store.ReserveAsync(LeaseOf((Limit($"t{i}", QuotaMeasure.Requests, QuotaWindow.Second, 1), 1)), default)).IsAdmitted);
            await harness.PassAsync(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(((MemoryQuotaStore)harness.Store).Count, 600, 1_500);
        Assert.True((await harness.Store.ReserveAsync(LeaseOf((Limit("t0", QuotaMeasure.Requests, QuotaWindow.Second, 1), 1)), default)).IsAdmitted);
    }
}
