using System.Globalization;
using System.Text;

namespace Gateway.Telemetry.Prometheus;

/// <summary>
/// The labels of a series as both text formats write them between braces: <c>a="x",b="y"</c>, names rising and values escaped. Equal
/// sets of labels have equal text, so the text is also the identity of a series.
/// </summary>
internal static class LabelText
{
    private const string OverflowValue = "overflow";

    /// <summary>
    /// The text of an instrument's own tags and a measurement's, of which the latter win. Tags whose value is null or empty are left
    /// out, for Prometheus takes an empty label for an absent one. Names that become equal share one label, values joined by ';'.
    /// </summary>
    public static string Of(
        ReadOnlySpan<KeyValuePair<string, object?>> instrumentTags,
        ReadOnlySpan<KeyValuePair<string, object?>> tags,
        InstrumentKind kind) => Render(instrumentTags, tags, kind, Value);

    /// <summary>The text of the series that takes what is over the limit: the same names, each with the value "overflow".</summary>
    public static string Overflow(
        ReadOnlySpan<KeyValuePair<string, object?>> instrumentTags,
        ReadOnlySpan<KeyValuePair<string, object?>> tags,
        InstrumentKind kind) => Render(instrumentTags, tags, kind, static _ => OverflowValue);

    private static string Render(
        ReadOnlySpan<KeyValuePair<string, object?>> instrumentTags,
        ReadOnlySpan<KeyValuePair<string, object?>> tags,
        InstrumentKind kind,
        Func<object?, string> valueOf)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Collect(instrumentTags);
        Collect(tags);

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tag, value) in values)
        {
            if (value.Length > 0)
            {
                var name = LabelName(tag, kind);
                labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{value}" : value;
            }
        }

        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"");
            AppendEscaped(text, value);
            text.Append('"');
        }

        return WellFormed(text.ToString());

        void Collect(ReadOnlySpan<KeyValuePair<string, object?>> from)
        {
            foreach (var (key, value) in from)
            {
                if (key is not null)
                {
                    values[key] = valueOf(value);
                }
            }
        }
    }

    private static string LabelName(string tag, InstrumentKind kind)
    {
        var name = PrometheusNames.Label(tag);

        // "le" names the bucket; what else has the name gets the prefix that Prometheus itself gives to a label it must move aside.
        return kind == InstrumentKind.Histogram && name is "le" ? "exported_le" : name;
    }

    private static string Value(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static void AppendEscaped(StringBuilder text, string value)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => text.Append(@"\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append(@"\n"),
                _ => text.Append(c),
            };
        }
    }

    /// <summary>
    /// Replaces lone surrogates as the UTF-8 encoder will: two values that differ only there would else be two series with one text.
    /// </summary>
    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
