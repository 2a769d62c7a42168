using System.Diagnostics.Metrics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Tests.Telemetry.Prometheus;

public sealed class PrometheusTextWriterTests : IDisposable
{
    private readonly MeasuredMeter _metrics = new();

    private Meter Meter => _metrics.Meter;

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void The_text_format_is_written_as_specified()
    {
        WriteOneOfEach();

        Assert.Equal(
            """
            # TYPE cache_hits_ratio gauge
            # HELP cache_hits_ratio Share of "hits" \\ answers.\nSince start.
            cache_hits_ratio 0.5
            # TYPE gateway_received_bytes_total counter
            # HELP gateway_received_bytes_total Bytes received.
            gateway_received_bytes_total{model="a\\b\"c\nd",tenant="t"} 3
            # TYPE gateway_wait_seconds histogram
            gateway_wait_seconds_bucket{model="m",le="0.5"} 1
            gateway_wait_seconds_bucket{model="m",le="+Inf"} 2
            gateway_wait_seconds_sum{model="m"} 2.25
            gateway_wait_seconds_count{model="m"} 2

            """,
            _metrics.OwnText());
    }

    [Fact]
    public void OpenMetrics_is_written_as_specified()
    {
        WriteOneOfEach();

        Assert.Equal(
            """
            # TYPE cache_hits_ratio gauge
            # UNIT cache_hits_ratio ratio
            # HELP cache_hits_ratio Share of \"hits\" \\ answers.\nSince start.
            cache_hits_ratio 0.5
            # TYPE gateway_received_bytes counter
            # UNIT gateway_received_bytes bytes
            # HELP gateway_received_bytes Bytes received.
            gateway_received_bytes_total{model="a\\b\"c\nd",tenant="t"} 3
            # TYPE gateway_wait_seconds histogram
            # UNIT gateway_wait_seconds seconds
            gateway_wait_seconds_bucket{model="m",le="0.5"} 1
            gateway_wait_seconds_bucket{model="m",le="+Inf"} 2
            gateway_wait_seconds_sum{model="m"} 2.25
            gateway_wait_seconds_count{model="m"} 2
            # EOF

            """,
            _metrics.OwnText(openMetrics: true));
    }

    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(-1.0, "-1")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(9007199254740992, "9007199254740992")]
    [InlineData(1e300, "1E+300")]
    [InlineData(0.1, "0.1")]
    [InlineData(1.5e-7, "1.5E-07")]
    [InlineData(-1.7976931348623157E+308, "-1.7976931348623157E+308")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void A_number_is_written_so_that_Go_reads_it(double value, string expected)
    {
        Meter.CreateGauge<double>("level").Record(value);

        Assert.Equal($"# TYPE level gauge\nlevel {expected}\n", _metrics.OwnText());
    }

    // The examples of OpenMetrics 1.0, "Canonical Numbers", and what Go's strconv makes of some more.
    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(0.001, "0.001")]
    [InlineData(0.999, "0.999")]
    [InlineData(1.0, "1.0")]
    [InlineData(1.7, "1.7")]
    [InlineData(10.0, "10.0")]
    [InlineData(1e-10, "1e-10")]
    [InlineData(1e-09, "1e-09")]
    [InlineData(1e-05, "1e-05")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(100000.0, "100000.0")]
    [InlineData(999999.5, "999999.5")]
    [InlineData(1e+06, "1e+06")]
    [InlineData(1e+10, "1e+10")]
    [InlineData(1234567.5, "1.2345675e+06")]
    [InlineData(30000000.0, "3e+07")]
    [InlineData(-2500000.0, "-2.5e+06")]
    [InlineData(1.1e+23, "1.1e+23")]
    public void A_bound_is_written_as_a_canonical_number(double bound, string expected)
    {
        Meter.CreateHistogram("size", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [bound] }).Record(0);

        Assert.Contains($"size_bucket{{le=\"{expected}\"}} ", _metrics.OwnText(), StringComparison.Ordinal);
    }

    [Fact]
    public void OpenMetrics_gets_no_sum_of_values_that_may_be_negative()
    {
        Meter.CreateHistogram("drift", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [-1, 1] }).Record(-5);

        Assert.Equal(-5, _metrics.Read().Value("drift_sum"));
        var read = _metrics.Read(openMetrics: true);
        Assert.Equal(1, read.Value("drift_bucket", ("le", "-1.0")));
        Assert.Null(read.Value("drift_sum"));
        Assert.Null(read.Value("drift_count"));
    }

    [Fact]
    public void An_answer_without_measurements_is_well_formed()
    {
        Meter.CreateCounter<int>("never.used");

        Assert.Equal("gateway_metrics_overflow_total", Assert.Single(_metrics.Read().Families.Keys));
        Assert.Equal("gateway_metrics_overflow", Assert.Single(_metrics.Read(openMetrics: true).Families.Keys));
    }

    [Fact]
    public void Any_label_value_comes_back_from_the_text()
    {
        var property = Prop.ForAll(Hostile.ToArbitrary(), value =>
        {
            using var metrics = new MeasuredMeter();
            metrics.Meter.CreateCounter<int>("hits").Add(1, new KeyValuePair<string, object?>("v", value), new("w", "end"));

            // What is not Unicode, a lone surrogate, becomes the replacement character, as in every UTF-8 text.
            var expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value));
            foreach (var openMetrics in new[] { false, true })
            {
                var sample = Assert.Single(metrics.Read(openMetrics).Families[openMetrics ? "hits" : "hits_total"].Samples);
                Assert.Equal(expected, sample.Labels.GetValueOrDefault("v", ""));
                Assert.Equal("end", sample.Labels["w"]);
            }
        });

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), property);
    }

    [Fact]
    public void Values_that_differ_only_in_what_UTF8_cannot_hold_are_one_series()
    {
        var counter = Meter.CreateCounter<int>("hits");
        counter.Add(1, new KeyValuePair<string, object?>("v", "a\uD800b"));
        counter.Add(2, new KeyValuePair<string, object?>("v", "a\uDC00b"));

        Assert.Equal(3, _metrics.Read().Value("hits_total", ("v", "a\uFFFDb")));
    }

    [Fact]
    public void Any_names_and_descriptions_make_a_text_that_can_be_read()
    {
        var property = Prop.ForAll(Hostile.ArrayOf().ToArbitrary(), words =>
        {
            using var metrics = new MeasuredMeter();
            for (var i = 0; i + 3 < words.Length; i++)
            {
                var tag = new KeyValuePair<string, object?>(words[i + 3], words[i]);
                metrics.Meter.CreateHistogram<double>(words[i], words[i + 1], words[i + 2]).Record(i, tag, new("le", 1));
                metrics.Meter.CreateCounter<int>(words[i + 1], words[i], words[i + 2]).Add(i, tag);
                metrics.Meter.CreateGauge<int>(words[i + 2], words[i + 3], words[i]).Record(i, tag);
            }

            Assert.NotEmpty(metrics.Read().Families);
            Assert.NotEmpty(metrics.Read(openMetrics: true).Families);
        });

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), property);
    }

    /// <summary>Text of the characters that an escaping or a name could stumble over.</summary>
    private static Gen<string> Hostile =>
        Gen.Frequency(
            (3, Gen.Elements('\\', '"', '\n', '\r', '\t', ' ', '{', '}', ',', '=', '#', '_', '/', '.', '1', 'n', 's')),
            (1, Gen.Elements('\0', '\uFEFF', '\uD83D', '\uDE00', '\uFFFF', '\u2028')),
            (2, ArbMap.Default.GeneratorFor<char>()))
        .ArrayOf()
        .Select(characters => new string(characters));

    private void WriteOneOfEach()
    {
        var received = Meter.CreateCounter<long>("gateway.received", "By", "Bytes received.");
        received.Add(1, new("tenant", "t"), new("model", "a\\b\"c\nd"));
        received.Add(2, new("tenant", "t"), new("model", "a\\b\"c\nd"));
        Meter.CreateObservableGauge("cache.hits", () => 0.5, "1", "Share of \"hits\" \\ answers.\nSince start.");
        var wait = Meter.CreateHistogram("gateway.wait", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5] });
        wait.Record(0.25, new KeyValuePair<string, object?>("model", "m"));
        wait.Record(2, new KeyValuePair<string, object?>("model", "m"));
    }
}
