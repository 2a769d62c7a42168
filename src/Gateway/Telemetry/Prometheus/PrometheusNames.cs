using System.Collections.Frozen;
using System.Text;

namespace Gateway.Telemetry.Prometheus;

/// <summary>
/// The names of instruments, units and tags as Prometheus wants them.
/// Source: OpenTelemetry, "Prometheus and OpenMetrics Compatibility", OTLP metric points to Prometheus; the tables of units are UCUM's
/// abbreviations as that page's reference translator knows them.
/// </summary>
internal static class PrometheusNames
{
    private static readonly FrozenDictionary<string, string> Units = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["1"] = "",
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["TiBy"] = "tebibytes",
        ["kBy"] = "kilobytes",
        ["KBy"] = "kilobytes",
        ["MBy"] = "megabytes",
        ["GBy"] = "gigabytes",
        ["TBy"] = "terabytes",
        ["m"] = "meters",
        ["V"] = "volts",
        ["A"] = "amperes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["g"] = "grams",
        ["Cel"] = "celsius",
        ["Hz"] = "hertz",
        ["%"] = "percent",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> PerUnits = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["s"] = "second",
        ["m"] = "minute",
        ["min"] = "minute",
        ["h"] = "hour",
        ["d"] = "day",
        ["w"] = "week",
        ["mo"] = "month",
        ["y"] = "year",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>
    /// The name of a metric with its unit, and that unit ("" for none). A counter's samples add <c>_total</c> to it, which the name
    /// itself never has: OpenMetrics calls the family by the bare name.
    /// </summary>
    public static (string Name, string Unit) Metric(string instrumentName, string? instrumentUnit, InstrumentKind kind)
    {
        var name = Sanitize(instrumentName, colons: true).Trim('_');
        if (kind == InstrumentKind.Counter && name.EndsWith("_total", StringComparison.Ordinal))
        {
            name = name[..^"_total".Length].TrimEnd('_');
        }

        var unit = Unit(instrumentUnit, kind);
        if (unit.Length > 0 && !name.EndsWith("_" + unit, StringComparison.Ordinal))
        {
            name = $"{name}_{unit}";
        }

        return (WithLegalStart(name), unit);
    }

    /// <summary>The name of a label, <c>[a-zA-Z_][a-zA-Z0-9_]*</c>.</summary>
    public static string Label(string tagName) => WithLegalStart(Sanitize(tagName, colons: false));

    private static string Unit(string? unit, InstrumentKind kind)
    {
        var bare = WithoutAnnotations(unit ?? "");
        if (bare is "1")
        {
            // Only for gauges: many instruments count things with unit 1, and a count that calls itself a ratio misleads.
            return kind == InstrumentKind.Gauge ? "ratio" : "";
        }

        var slash = bare.IndexOf('/', StringComparison.Ordinal);
        var main = Word(slash < 0 ? bare : bare[..slash], Units);
        var per = slash < 0 ? "" : Word(bare[(slash + 1)..], PerUnits);
        return (main, per) switch
        {
            (_, "") => main,
            ("", _) => "per_" + per,
            _ => $"{main}_per_{per}",
        };
    }

    private static string Word(string unit, FrozenDictionary<string, string> words)
    {
        var trimmed = unit.Trim();
        return Sanitize(words.GetValueOrDefault(trimmed, trimmed), colons: false).Trim('_');
    }

    /// <summary>Drops what stands in braces: <c>{request}</c> says what is counted, which is no unit.</summary>
    private static string WithoutAnnotations(string unit)
    {
        if (!unit.Contains('{', StringComparison.Ordinal))
        {
            return unit;
        }

        var kept = new StringBuilder(unit.Length);
        var inside = false;
        foreach (var c in unit)
        {
            if (c is '{' or '}')
            {
                inside = c == '{';
            }
            else if (!inside)
            {
                kept.Append(c);
            }
        }

        return kept.ToString();
    }

    /// <summary>Turns each run of characters that Prometheus does not allow, or of underscores, into one underscore.</summary>
    private static string Sanitize(string name, bool colons)
    {
        var legal = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || (colons && c == ':'))
            {
                legal.Append(c);
            }
            else if (legal.Length == 0 || legal[^1] != '_')
            {
                legal.Append('_');
            }
        }

        return legal.ToString();
    }

    private static string WithLegalStart(string name) => name.Length == 0 || char.IsAsciiDigit(name[0]) ? "_" + name : name;
}
