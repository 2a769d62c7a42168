using Gateway.Telemetry.Prometheus;

namespace Gateway.Tests.Telemetry.Prometheus;

public sealed class PrometheusNamesTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", "Histogram", "http_server_request_duration_seconds", "seconds")]
    [InlineData("gateway.requests", "{request}", "Counter", "gateway_requests", "")]
    [InlineData("gateway.requests.total", null, "Counter", "gateway_requests", "")]
    [InlineData("gateway.requests.total", null, "Gauge", "gateway_requests_total", "")]
    [InlineData("process.memory.usage", "By", "UpDownCounter", "process_memory_usage_bytes", "bytes")]
    [InlineData("cpu_seconds_total", "s", "Counter", "cpu_seconds", "seconds")]
    [InlineData("cpu.seconds", "s", "Gauge", "cpu_seconds", "seconds")]
    [InlineData("seconds.left", "s", "Gauge", "seconds_left_seconds", "seconds")]
    [InlineData("cache.hits", "1", "Gauge", "cache_hits_ratio", "ratio")]
    [InlineData("cache.hits", "1", "Counter", "cache_hits", "")]
    [InlineData("cache.hits", "1", "UpDownCounter", "cache_hits", "")]
    [InlineData("cache.hits", "1", "Histogram", "cache_hits", "")]
    [InlineData("tokens", "{token}/s", "Gauge", "tokens_per_second", "per_second")]
    [InlineData("disk.speed", "MiBy/min", "Gauge", "disk_speed_mebibytes_per_minute", "mebibytes_per_minute")]
    [InlineData("price", "s/{token}", "Gauge", "price_seconds", "seconds")]
    [InlineData("share", "%", "Gauge", "share_percent", "percent")]
    [InlineData("length", "furlong", "Gauge", "length_furlong", "furlong")]
    [InlineData("odd", "a b$$c", "Gauge", "odd_a_b_c", "a_b_c")]
    [InlineData("odd", "{unclosed", "Gauge", "odd", "")]
    [InlineData("(lambda).function.executions(#)", null, "Gauge", "lambda_function_executions", "")]
    [InlineData("a..b--c__d", null, "Gauge", "a_b_c_d", "")]
    [InlineData("rule:sum", null, "Gauge", "rule:sum", "")]
    [InlineData("4xx", "ms", "Counter", "_4xx_milliseconds", "milliseconds")]
    [InlineData("größe", null, "Gauge", "gr_e", "")]
    [InlineData("", null, "Gauge", "_", "")]
    [InlineData("total", null, "Counter", "total", "")]
    public void An_instrument_gets_the_name_that_OpenTelemetry_prescribes(string name, string? unit, string kind, string expected, string expectedUnit)
    {
        Assert.Equal((expected, expectedUnit), PrometheusNames.Metric(name, unit, Enum.Parse<InstrumentKind>(kind)));
    }

    [Theory]
    [InlineData("http.request.method", "http_request_method")]
    [InlineData("gen_ai.token.type", "gen_ai_token_type")]
    [InlineData("__reserved", "_reserved")]
    [InlineData("a:b", "a_b")]
    [InlineData("2nd", "_2nd")]
    [InlineData("región", "regi_n")]
    [InlineData("", "_")]
    public void A_tag_gets_a_legal_label_name(string tag, string expected)
    {
        Assert.Equal(expected, PrometheusNames.Label(tag));
    }
}
