using System.Diagnostics.Metrics;
using Gateway.Telemetry.Prometheus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Telemetry.Prometheus;

public sealed class MetricsCollectorTests : IDisposable
{
    private readonly MeasuredMeter _metrics = new();

    private Meter Meter => _metrics.Meter;

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Whole_and_fractional_counters_add_up()
    {
        var whole = Meter.CreateCounter<long>("whole");
        var fraction = Meter.CreateCounter<double>("fraction");
        whole.Add(2);
        whole.Add(40);
        fraction.Add(0.25);
        fraction.Add(0.5);

        var read = _metrics.Read();
        Assert.Equal(42, read.Value("whole_total"));
        Assert.Equal(0.75, read.Value("fraction_total"));
    }

    [Fact]
    public void Every_number_type_of_an_instrument_is_read()
    {
        Meter.CreateCounter<byte>("byte").Add(1);
        Meter.CreateCounter<short>("short").Add(2);
        Meter.CreateCounter<int>("int").Add(3);
        Meter.CreateCounter<float>("float").Add(4.5f);
        Meter.CreateCounter<decimal>("decimal").Add(5.25m);

        var read = _metrics.Read();
        Assert.Equal([1, 2, 3, 4.5, 5.25], new[] { "byte", "short", "int", "float", "decimal" }.Select(n => read.Value(n + "_total")));
    }

    [Fact]
    public void An_up_down_counter_is_a_gauge_of_the_sum()
    {
        var active = Meter.CreateUpDownCounter<int>("active");
        active.Add(5);
        active.Add(-7);

        var read = _metrics.Read();
        Assert.Equal("gauge", read.Families["active"].Type);
        Assert.Equal(-2, read.Value("active"));
    }

    [Fact]
    public void A_gauge_shows_the_last_value()
    {
        var whole = Meter.CreateGauge<long>("whole");
        var fraction = Meter.CreateGauge<double>("fraction");
        whole.Record(9);
        whole.Record(4);
        fraction.Record(9);
        fraction.Record(double.NegativeInfinity);

        var read = _metrics.Read();
        Assert.Equal(4, read.Value("whole"));
        Assert.Equal(double.NegativeInfinity, read.Value("fraction"));
    }

    [Fact]
    public void Observable_instruments_are_asked_at_each_reading_and_what_they_no_longer_report_is_gone()
    {
        var reported = new List<Measurement<long>> { new(3, Tag("slot", "a")), new(4, Tag("slot", "b")) };
        Meter.CreateObservableGauge("slots", () => reported);
        Meter.CreateObservableCounter("seen", () => 7.5);
        Meter.CreateObservableUpDownCounter("open", () => -1);

        var first = _metrics.Read();
        Assert.Equal(3, first.Value("slots", ("slot", "a")));
        Assert.Equal(7.5, first.Value("seen_total"));
        Assert.Equal("counter", first.Families["seen_total"].Type);
        Assert.Equal(-1, first.Value("open"));

        reported.RemoveAt(0);
        var second = _metrics.Read();
        Assert.Null(second.Value("slots", ("slot", "a")));
        Assert.Equal(4, second.Value("slots", ("slot", "b")));
        Assert.Equal(7.5, second.Value("seen_total"));
    }

    [Fact]
    public void A_failing_callback_costs_only_its_own_metric()
    {
        Meter.CreateObservableGauge("broken", int () => throw new InvalidOperationException("gone"));
        Meter.CreateObservableGauge("sound", () => 1);

        Assert.Equal(1, _metrics.Read().Value("sound"));
        Assert.Contains("callback", Assert.Single(_metrics.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_callback_may_wait_for_somebody_who_is_making_an_instrument()
    {
        Meter.CreateObservableGauge("slots", () =>
        {
            var other = new Thread(() => Meter.CreateCounter<int>("hits").Add(1));
            other.Start();
            return other.Join(TimeSpan.FromSeconds(30)) ? 1 : 0;
        });

        var read = _metrics.Read();
        Assert.Equal(1, read.Value("slots"));
        Assert.Equal(1, read.Value("hits_total"));
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_at_the_advised_bounds_which_belong_to_the_bucket_below()
    {
        var histogram = Meter.CreateHistogram("size", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 10] });
        foreach (var value in new[] { 0, 1, 2, 10, 11, 500 })
        {
            histogram.Record(value, Tag("a", "x"));
        }

        var read = _metrics.Read();
        Assert.Equal(2, read.Value("size_bucket", ("a", "x"), ("le", "1.0")));
        Assert.Equal(4, read.Value("size_bucket", ("a", "x"), ("le", "10.0")));
        Assert.Equal(6, read.Value("size_bucket", ("a", "x"), ("le", "+Inf")));
        Assert.Equal(6, read.Value("size_count", ("a", "x")));
        Assert.Equal(524, read.Value("size_sum", ("a", "x")));
        Assert.Equal(5, read.Families["size"].Samples.Count);
    }

    [Fact]
    public void Without_advice_a_histogram_has_the_default_bounds_of_its_unit()
    {
        Meter.CreateHistogram<double>("wait", "s").Record(0.07);
        Meter.CreateHistogram<double>("tokens", "{token}").Record(70);

        var read = _metrics.Read();
        Assert.Equal(
            "0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0 +Inf",
            Bounds(read, "wait_seconds"));
        Assert.Equal(
            "0.0 5.0 10.0 25.0 50.0 75.0 100.0 250.0 500.0 750.0 1000.0 2500.0 5000.0 7500.0 10000.0 +Inf",
            Bounds(read, "tokens"));
        Assert.Equal(0, read.Value("wait_seconds_bucket", ("le", "0.05")));
        Assert.Equal(1, read.Value("wait_seconds_bucket", ("le", "0.075")));
    }

    [Fact]
    public void A_histogram_advised_to_have_no_bounds_still_counts()
    {
        Meter.CreateHistogram("size", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [] }).Record(3);

        var read = _metrics.Read();
        Assert.Equal("+Inf", Bounds(read, "size"));
        Assert.Equal(1, read.Value("size_count"));
    }

    [Fact]
    public void What_would_spoil_a_sum_for_ever_is_not_added()
    {
        var counter = Meter.CreateCounter<double>("counter");
        var histogram = Meter.CreateHistogram<double>("histogram");
        foreach (var value in new[] { 1, double.NaN, double.PositiveInfinity, -3 })
        {
            counter.Add(value);
            histogram.Record(value);
        }

        Meter.CreateCounter<int>("falling").Add(-1);

        var read = _metrics.Read();
        Assert.Equal(1, read.Value("counter_total"));
        Assert.Equal(2, read.Value("histogram_count"));
        Assert.Equal(-2, read.Value("histogram_sum"));
        Assert.False(read.Families.ContainsKey("falling_total"));
    }

    [Fact]
    public void Equal_tags_in_another_order_are_one_series()
    {
        var counter = Meter.CreateCounter<int>("hits");
        var gauge = Meter.CreateGauge<int>("level");
        counter.Add(1, Tag("a", "x"), Tag("b", "y"));
        counter.Add(2, Tag("b", "y"), Tag("a", "x"));
        counter.Add(4, Tag("a", "y"), Tag("b", "x"));
        gauge.Record(1, Tag("a", "x"), Tag("b", "y"));
        gauge.Record(2, Tag("b", "y"), Tag("a", "x"));
        gauge.Record(3, Tag("a", "x"), Tag("b", "y"));

        var read = _metrics.Read();
        Assert.Equal(3, read.Value("hits_total", ("a", "x"), ("b", "y")));
        Assert.Equal(4, read.Value("hits_total", ("a", "y"), ("b", "x")));
        Assert.Equal(3, read.Value("level", ("a", "x"), ("b", "y")));
    }

    [Fact]
    public void Tag_values_are_written_the_same_in_every_culture_and_those_without_a_value_are_left_out()
    {
        Meter.CreateCounter<int>("hits").Add(
            1, Tag("text", "t"), Tag("flag", true), Tag("number", 1.5), Tag("kind", DayOfWeek.Friday), Tag("none", null), Tag("empty", ""));

        Assert.Equal(1, _metrics.Read().Value("hits_total", ("text", "t"), ("flag", "true"), ("number", "1.5"), ("kind", "Friday")));
    }

    [Fact]
    public void Tags_that_come_to_one_label_name_share_it()
    {
        Meter.CreateCounter<int>("hits").Add(1, Tag("a_b", "second"), Tag("a.b", "first"));

        Assert.Equal(1, _metrics.Read().Value("hits_total", ("a_b", "first;second")));
    }

    [Fact]
    public void A_tag_cannot_take_the_place_of_a_histograms_bound()
    {
        Meter.CreateHistogram<double>("size").Record(1, Tag("le", "mine"));

        Assert.Equal(1, _metrics.Read().Value("size_count", ("exported_le", "mine")));
    }

    [Fact]
    public void The_tags_of_the_meter_and_the_instrument_are_labels_too()
    {
        using var meter = new Meter(Meter.Name, version: null, tags: [Tag("node", "n1"), Tag("zone", "meter")]);
        meter.CreateCounter<int>("hits", unit: null, description: null, tags: [Tag("zone", "instrument")]).Add(1, Tag("a", "x"));

        Assert.Equal(1, _metrics.Read().Value("hits_total", ("a", "x"), ("node", "n1"), ("zone", "instrument")));
    }

    [Fact]
    public void Beyond_the_limit_measurements_go_to_one_overflow_series_and_are_counted()
    {
        var counter = Meter.CreateCounter<int>("hits");
        for (var i = 0; i < MetricsCollector.MaxSeries + 10; i++)
        {
            counter.Add(1, Tag("id", i), Tag("kind", "k"));
        }

        counter.Add(5, Tag("id", 0), Tag("kind", "k"));
        counter.Add(7);

        var read = _metrics.Read();
        Assert.Equal(6, read.Value("hits_total", ("id", "0"), ("kind", "k")));
        Assert.Equal(10, read.Value("hits_total", ("id", "overflow"), ("kind", "overflow")));
        Assert.Equal(7, read.Value("hits_total"));
        Assert.Equal(MetricsCollector.MaxSeries + 2, read.Families["hits_total"].Samples.Count);
        Assert.Equal(10, read.Value("gateway_metrics_overflow_total"));
        Assert.Contains("hits", Assert.Single(_metrics.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void An_observable_instrument_has_the_same_limit()
    {
        Meter.CreateObservableGauge(
            "slots", () => Enumerable.Range(0, MetricsCollector.MaxSeries + 3).Select(i => new Measurement<int>(i, Tag("id", i))));

        var read = _metrics.Read();
        Assert.Equal(MetricsCollector.MaxSeries + 1, read.Families["slots"].Samples.Count);
        Assert.Equal(3, read.Value("gateway_metrics_overflow_total"));
        Assert.Equal(MetricsCollector.MaxSeries + 1, _metrics.Read().Families["slots"].Samples.Count);
    }

    [Fact]
    public void Concurrent_measurements_are_counted_exactly()
    {
        // Threads of our own that start each run together: on few cores a pool may do all the work one after the other.
        const int Threads = 4;
        const int Each = 500_000;
        var whole = Meter.CreateCounter<long>("whole");
        var fraction = Meter.CreateCounter<double>("fraction");
        var active = Meter.CreateUpDownCounter<int>("active");
        var histogram = Meter.CreateHistogram("size", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5] });
        using var start = new Barrier(Threads);
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            Repeat(_ => whole.Add(1));
            Repeat(_ => fraction.Add(0.5));
            Repeat(i => active.Add(i % 2 == 0 ? 1 : -1, Tag("a", "x")));
            Repeat(i => histogram.Record(i % 2, Tag("a", "x")));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        var read = _metrics.Read();
        Assert.Equal(Threads * Each, read.Value("whole_total"));
        Assert.Equal(0.5 * Threads * Each, read.Value("fraction_total"));
        Assert.Equal(0, read.Value("active", ("a", "x")));
        Assert.Equal(Threads * Each, read.Value("size_count", ("a", "x")));
        Assert.Equal(0.5 * Threads * Each, read.Value("size_bucket", ("a", "x"), ("le", "0.5")));
        Assert.Equal(0.5 * Threads * Each, read.Value("size_sum", ("a", "x")));

        void Repeat(Action<int> measure)
        {
            start.SignalAndWait();
            for (var i = 0; i < Each; i++)
            {
                measure(i);
            }
        }
    }

    [Fact]
    public void Series_that_appear_at_the_same_time_pass_the_limit_by_none()
    {
        var counter = Meter.CreateCounter<int>("hits");
        Parallel.For(0, 10_000, i => counter.Add(1, Tag("id", i)));

        var read = _metrics.Read();
        var samples = read.Families["hits_total"].Samples;
        Assert.Equal(MetricsCollector.MaxSeries + 1, samples.Count);
        Assert.Equal(10_000, samples.Sum(s => s.Value));
        Assert.Equal(10_000 - MetricsCollector.MaxSeries, read.Value("hits_total", ("id", "overflow")));
    }

    [Fact]
    public void A_known_series_takes_measurements_without_allocating()
    {
        var counter = Meter.CreateCounter<long>("hits");
        var histogram = Meter.CreateHistogram<double>("wait", "s");
        var tags = new[] { Tag("model", "m"), Tag("tenant", "t"), Tag("outcome", "ok") };
        Measure();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Measure();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Measure()
        {
            counter.Add(1);
            counter.Add(1, tags);
            histogram.Record(0.3, tags);
        }
    }

    [Fact]
    public void Of_two_instruments_with_one_name_the_first_wins_and_one_warning_names_the_other()
    {
        Meter.CreateCounter<int>("a.b").Add(1);
        Meter.CreateCounter<int>("a_b").Add(10);
        Meter.CreateUpDownCounter<int>("a/b").Add(100);
        using (var again = new Meter(Meter.Name))
        {
            again.CreateCounter<int>("a_b").Add(1_000);
        }

        Assert.Equal(1, _metrics.Read().Value("a_b_total"));
        Assert.Equal(2, _metrics.Warnings.Count);
        Assert.Contains("'a_b'", _metrics.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("'a/b'", _metrics.Warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_instrument_whose_name_is_a_sample_of_a_histogram_is_left_out()
    {
        Meter.CreateHistogram<double>("size").Record(1);
        Meter.CreateGauge<int>("size.count").Record(99);

        Assert.Equal(1, _metrics.Read().Value("size_count"));
        Assert.Single(_metrics.Warnings);
    }

    [Fact]
    public void The_same_instrument_of_a_meter_made_anew_goes_on_counting()
    {
        using (var first = new Meter(Meter.Name))
        {
            first.CreateCounter<int>("hits").Add(1, Tag("a", "x"));
        }

        using var second = new Meter(Meter.Name);
        second.CreateCounter<int>("hits").Add(2, Tag("a", "x"));

        Assert.Equal(3, _metrics.Read().Value("hits_total", ("a", "x")));
        Assert.Empty(_metrics.Warnings);
    }

    [Fact]
    public void Meters_that_were_not_named_and_meters_of_another_host_are_not_heard()
    {
        using var mine = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var name = "Test." + Guid.NewGuid();
        using var collector = new MetricsCollector([name], mine.GetRequiredService<IMeterFactory>(), NullLogger<MetricsCollector>.Instance);
        using var unscoped = new Meter(name);
        using var unnamed = new Meter(name + ".Other");

        mine.GetRequiredService<IMeterFactory>().Create(name).CreateCounter<int>("mine").Add(1);
        others.GetRequiredService<IMeterFactory>().Create(name).CreateCounter<int>("others").Add(1);
        unscoped.CreateCounter<int>("unscoped").Add(1);
        unnamed.CreateCounter<int>("unnamed").Add(1);

        Assert.Equal("mine unscoped gateway_metrics_overflow", string.Join(' ', collector.Collect().Select(metric => metric.Name)));
    }

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);

    private static string Bounds(Exposition read, string family) =>
        string.Join(' ', read.Samples(family + "_bucket").Select(s => s.Labels["le"]));
}
