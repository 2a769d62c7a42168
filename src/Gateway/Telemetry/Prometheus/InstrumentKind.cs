using System.Diagnostics.Metrics;

namespace Gateway.Telemetry.Prometheus;

/// <summary>How measurements of an instrument add up to what is written.</summary>
internal enum InstrumentKind
{
    /// <summary>A sum that only grows.</summary>
    Counter,

    /// <summary>A sum that also shrinks; Prometheus calls it a gauge.</summary>
    UpDownCounter,

    /// <summary>The last value.</summary>
    Gauge,

    /// <summary>Counts of values by size.</summary>
    Histogram,
}

/// <summary>What an instrument is and where it comes from: instruments of equal identity share one metric.</summary>
internal sealed record InstrumentIdentity(string Meter, string Name, string Unit, InstrumentKind Kind, bool IsObservable)
{
    /// <summary>The identity of an instrument, or null for a kind that Prometheus has no type for.</summary>
    public static InstrumentIdentity? Of(Instrument instrument)
    {
        if (KindOf(instrument) is not { } kind)
        {
            return null;
        }

        return new(instrument.Meter.Name, instrument.Name, instrument.Unit ?? "", kind, instrument.IsObservable);
    }

    private static InstrumentKind? KindOf(Instrument instrument)
    {
        var type = instrument.GetType();
        var shape = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return shape switch
        {
            _ when shape == typeof(Counter<>) || shape == typeof(ObservableCounter<>) => InstrumentKind.Counter,
            _ when shape == typeof(UpDownCounter<>) || shape == typeof(ObservableUpDownCounter<>) => InstrumentKind.UpDownCounter,
            _ when shape == typeof(Gauge<>) || shape == typeof(ObservableGauge<>) => InstrumentKind.Gauge,
            _ when shape == typeof(Histogram<>) => InstrumentKind.Histogram,
            _ => null,
        };
    }
}
