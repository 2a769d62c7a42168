using Gateway.Telemetry;

namespace Gateway.Tests.Telemetry;

public sealed class TenantLabelsTests
{
    [Fact]
    public void The_first_come_keep_their_names_and_all_others_share_one()
    {
        var labels = new TenantLabels();
        var first = Enumerable.Range(0, TenantLabels.Most).Select(i => $"t{i}").ToList();

        Assert.Equal(TenantLabels.Other, labels.Of(""));
        Assert.Equal(first, first.Select(labels.Of));
        Assert.Equal(TenantLabels.Other, labels.Of("late"));
        Assert.Equal(first, first.Select(labels.Of));
        Assert.Equal(TenantLabels.Other, labels.Of("late"));
    }
}
