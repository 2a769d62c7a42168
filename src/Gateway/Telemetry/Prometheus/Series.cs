namespace Gateway.Telemetry.Prometheus;

/// <summary>The running total of one set of labels. Safe for any number of threads; never locks.</summary>
internal sealed class Series(string labels, double[]? bounds)
{
    private readonly long[] _buckets = bounds is null ? [] : new long[bounds.Length + 1];

    // An instrument measures either in whole numbers or in fractions and so moves only one of the two; a whole number is one
    // atomic add, a fraction needs a loop.
    private long _whole;
    private double _fraction;

    /// <summary>As <see cref="LabelText"/> writes them.</summary>
    public string Labels => labels;

    public void Add(long value) => Interlocked.Add(ref _whole, value);

    public void Add(double value)
    {
        var seen = Volatile.Read(ref _fraction);
        while (true)
        {
            var found = Interlocked.CompareExchange(ref _fraction, seen + value, seen);

            // By bits, as the exchange compares: infinity less infinity is NaN, which no comparison of numbers would ever let go.
            if (BitConverter.DoubleToInt64Bits(found) == BitConverter.DoubleToInt64Bits(seen))
            {
                return;
            }

            seen = found;
        }
    }

    public void Set(long value) => Volatile.Write(ref _whole, value);

    public void Set(double value) => Volatile.Write(ref _fraction, value);

    /// <summary>Counts a value in the bucket with the first bound that is not below it.</summary>
    public void Count(double value)
    {
        if (bounds is null)
        {
            return;
        }

        // A straight scan: with the usual 10 to 15 bounds it is as fast as a binary search.
        var i = 0;
        while (i < bounds.Length && value > bounds[i])
        {
            i++;
        }

        Interlocked.Increment(ref _buckets[i]);
    }

    /// <summary>
    /// What the series holds now. A histogram's sum and buckets are read one after the other, so a measurement that is just being
    /// made may be in one and not yet in the other; the count is that of the buckets, so those always agree.
    /// </summary>
    public Sample Read()
    {
        var buckets = new long[_buckets.Length];
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] = Volatile.Read(ref _buckets[i]);
        }

        return new Sample(labels, Volatile.Read(ref _whole) + Volatile.Read(ref _fraction), buckets);
    }
}
