using Gateway.Telemetry;

namespace Gateway.Tests.Telemetry.Prometheus;

public sealed class DefaultBuildTests
{
    [Fact]
    public void The_default_build_has_nothing_of_prometheus_net()
    {
        var gateway = typeof(MetricsEndpoint).Assembly;

        Assert.Null(gateway.GetType("Gateway.Telemetry.PrometheusNetExposition"));
        Assert.DoesNotContain(gateway.GetReferencedAssemblies(), reference => reference.Name!.StartsWith("Prometheus", StringComparison.Ordinal));
    }
}
