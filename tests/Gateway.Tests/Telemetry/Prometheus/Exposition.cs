using System.Globalization;
using System.Text;

namespace Gateway.Tests.Telemetry.Prometheus;

/// <summary>A strict reader of both text formats: it throws <see cref="FormatException"/> where a Prometheus server may refuse the text.</summary>
internal sealed class Exposition
{
    private readonly Dictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly HashSet<string> _series = new(StringComparer.Ordinal);
    private readonly bool _openMetrics;
    private Family? _current;

    private Exposition(bool openMetrics) => _openMetrics = openMetrics;

    public IReadOnlyDictionary<string, Family> Families => _families;

    public static Exposition Parse(string text, bool openMetrics = false)
    {
        if (!text.EndsWith('\n'))
        {
            throw new FormatException("The last line does not end with a line feed.");
        }

        var exposition = new Exposition(openMetrics);
        var lines = text[..^1].Split('\n');
        if (openMetrics && lines[^1] is not "# EOF")
        {
            throw new FormatException("OpenMetrics ends with # EOF.");
        }

        foreach (var line in openMetrics ? lines[..^1] : lines)
        {
            if (line.StartsWith('#'))
            {
                exposition.ReadMetadata(line);
            }
            else
            {
                exposition.ReadSample(line);
            }
        }

        return exposition;
    }

    /// <summary>All samples with this name.</summary>
    public IEnumerable<Sample> Samples(string name) =>
        _families.Values.SelectMany(f => f.Samples).Where(s => s.Name.Equals(name, StringComparison.Ordinal));

    /// <summary>The value of the sample with exactly these labels, or null.</summary>
    public double? Value(string sample, params (string Name, string Value)[] labels)
    {
        var key = Key(sample, labels.Select(l => KeyValuePair.Create(l.Name, l.Value)));
        return _families.Values.SelectMany(f => f.Samples)
            .Where(s => key.Equals(Key(s.Name, s.Labels), StringComparison.Ordinal))
            .Select(s => (double?)s.Value)
            .SingleOrDefault();
    }

    private void ReadMetadata(string line)
    {
        var parts = line.Split(' ', 4);
        if (parts.Length < 4)
        {
            throw new FormatException($"Unknown comment: {line}");
        }

        if (!parts[2].Equals(_current?.Name, StringComparison.Ordinal))
        {
            _current = new Family(parts[2]);
            if (!_families.TryAdd(parts[2], _current))
            {
                throw new FormatException($"Family {parts[2]} is not in one piece.");
            }
        }

        if (_current.Samples.Count > 0)
        {
            throw new FormatException($"Metadata after samples: {line}");
        }

        switch (parts[1])
        {
            case "TYPE":
                _current.Type = Once(_current.Type, parts[3]);
                break;
            case "UNIT" when _openMetrics && parts[2].EndsWith("_" + parts[3], StringComparison.Ordinal):
                _current.Unit = Once(_current.Unit, parts[3]);
                break;
            case "HELP":
                _current.Help = Once(_current.Help, Unescape(parts[3], quotes: _openMetrics));
                break;
            default:
                throw new FormatException($"Not allowed here: {line}");
        }
    }

    private static string Once(string? before, string now) =>
        before is null ? now : throw new FormatException($"Given twice: {now}");

    private void ReadSample(string line)
    {
        var nameEnd = line.IndexOfAny(['{', ' ']);
        var name = line[..nameEnd];
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = nameEnd;
        if (line[at] == '{')
        {
            do
            {
                at++;
                var equals = line.IndexOf("=\"", at, StringComparison.Ordinal);
                var end = equals + 2;
                while (line[end] != '"')
                {
                    end += line[end] == '\\' ? 2 : 1;
                }

                if (!labels.TryAdd(Legal(line[at..equals]), Unescape(line[(equals + 2)..end], quotes: true)))
                {
                    throw new FormatException($"A label twice: {line}");
                }

                at = end + 1;
            }
            while (line[at] == ',');
            if (line[at++] != '}')
            {
                throw new FormatException($"No closing brace: {line}");
            }
        }

        var value = line[at..] switch
        {
            " +Inf" => double.PositiveInfinity,
            " -Inf" => double.NegativeInfinity,
            " NaN" => double.NaN,
            [' ', .. var number] => double.Parse(
                number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture),
            _ => throw new FormatException($"No value: {line}"),
        };

        if (_current?.Type is null || !_current.SampleNames(_openMetrics).Contains(Legal(name)))
        {
            throw new FormatException($"Sample outside of its family: {line}");
        }

        if (!_series.Add(Key(name, labels)))
        {
            throw new FormatException($"A series twice: {line}");
        }

        _current.Samples.Add(new(name, labels, value));
    }

    private static string Key(string name, IEnumerable<KeyValuePair<string, string>> labels) =>
        string.Join('\0', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}").Prepend(name));

    private static string Legal(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':')
            ? name
            : throw new FormatException($"Not a legal name: {name}");

    private static string Unescape(string text, bool quotes)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append((text[i], i + 1 < text.Length ? text[i + 1] : '\0') switch
            {
                ('\\', '\\') => text[++i],
                ('\\', 'n') => text[++i] == 'n' ? '\n' : '?',
                ('\\', '"') when quotes => text[++i],
                ('\\', _) => throw new FormatException($"Unknown escape in: {text}"),
                _ => text[i],
            });
        }

        return plain.ToString();
    }

    internal sealed class Family(string name)
    {
        public string Name => name;

        public string? Type { get; set; }

        public string? Unit { get; set; }

        public string? Help { get; set; }

        public List<Sample> Samples { get; } = [];

        public string[] SampleNames(bool openMetrics) => Type switch
        {
            "histogram" => [name + "_bucket", name + "_sum", name + "_count"],
            "counter" when openMetrics => [name + "_total"],
            "counter" or "gauge" => [name],
            _ => throw new FormatException($"Unknown type {Type}."),
        };
    }

    internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
}
