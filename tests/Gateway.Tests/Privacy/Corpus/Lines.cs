using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Tests.Privacy.Corpus;

/// <summary>A line with what is in it.</summary>
internal sealed record LabelledLine(string Text, string Language, string Sort, string? Kind, int Start, int End)
{
    /// <summary>Kinds that are as right: the label says no more.</summary>
    public IReadOnlyList<string> Also { get; init; } = [];
}

/// <summary>Makes labelled lines: every kind in every language, plain and disguised.</summary>
internal sealed partial class Lines(int seed)
{
    // Unlabelled, these are found by what they are; the others' digits could be anything.
    private static readonly string[] Distinct = ["email", "iban", "ip_address", "coordinates", "mx_curp", "mx_rfc", "in_pan", "gh_card", "ke_kra_pin"];

    private readonly Values _values = new(new Random(seed));

    public static readonly string[] Languages = ["es", "pt", "en", "fr", "hi", "id", "ar", "sw"];

    public IEnumerable<LabelledLine> Plain(int perKind)
    {
        foreach (var kind in Phrases.Labels.Keys)
        {
            for (var i = 0; i < perKind; i++)
            {
                yield return Labelled(kind, Languages[i % Languages.Length], null, after: false);
            }
        }

        foreach (var kind in Distinct)
        {
            for (var i = 0; i < perKind / 4; i++)
            {
                var language = Languages[i % Languages.Length];
                yield return Line(Pick(Phrases.Bare[language]), kind, "", "", _values.Make(kind), language, "unlabelled");
            }
        }
    }

    public IEnumerable<LabelledLine> Disguised(int perKind)
    {
        foreach (var kind in Phrases.Labels.Keys)
        {
            for (var i = 0; i < perKind; i++)
            {
                var disguise = i % (Disguises.All.Length + 1) == Disguises.All.Length ? null : Disguises.All[i % (Disguises.All.Length + 1)];
                yield return Labelled(kind, Languages[i % Languages.Length], disguise, after: disguise is null);
            }
        }
    }

    public IEnumerable<LabelledLine> Clean(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var text = Placeholder().Replace(Phrases.Clean[i % Phrases.Clean.Length], m => m.Groups[1].Value switch
            {
                "date" => Date(),
                ['h', .. var length] => string.Concat(Enumerable.Range(0, Number(length)).Select(_ => "0123456789abcdef"[_values.Random.Next(16)])),
                ['d', .. var length] => _values.Digits(Number(length), (char)('1' + _values.Random.Next(9))),
                _ => m.Value,
            });
            yield return new(text, "", "clean", null, 0, 0);
        }
    }

    private LabelledLine Labelled(string kind, string language, string? disguise, bool after)
    {
        var labels = Phrases.Labels[kind].Where(l => !l.Contains(':', StringComparison.Ordinal) || l.StartsWith(language + ":", StringComparison.Ordinal)).ToArray();

        // A kind that a language has no word for goes by its own country's name for it.
        labels = labels.Length > 0 ? labels : Phrases.Labels[kind];
        var label = Pick(labels);
        label = label.Contains(':', StringComparison.Ordinal) ? label[3..] : label;
        var value = _values.Make(kind);
        value = disguise is null ? value : Disguises.Apply(disguise, kind, value, _values.Random);
        var line = Line(Pick((after ? Phrases.After : Phrases.Before)[language]), kind, label, Pick(Phrases.Keys[kind]), value, language, after ? "label_after" : disguise ?? "labelled");

        // A sentence with numbers of another sort before or behind.
        return _values.Random.Next(4) switch
        {
            0 => line with { Text = line.Text + Stop(line.Text) + Clean(1 + _values.Random.Next(20)).Last().Text },
            1 when Clean(1 + _values.Random.Next(20)).Last().Text is var lead => line with { Text = lead + Stop(lead) + line.Text, Start = line.Start + lead.Length + Stop(lead).Length, End = line.End + lead.Length + Stop(lead).Length },
            _ => line,
        };
    }

    private static string Stop(string text) => text[^1] is '.' or '?' or '।' ? " " : "\n";

    private static LabelledLine Line(string template, string kind, string label, string key, string value, string language, string sort)
    {
        var filled = template.Replace("{l}", label, StringComparison.Ordinal).Replace("{k}", key, StringComparison.Ordinal);
        var start = filled.IndexOf("{v}", StringComparison.Ordinal);
        return new(filled.Replace("{v}", value, StringComparison.Ordinal), language, sort, kind, start, start + value.Length)
        {
            Also = kind switch
            {
                "ar_dni" => ["pe_dni"],
                "pe_dni" => ["ar_dni"],
                "co_cedula" => ["ec_cedula", "uy_ci"],
                "ec_cedula" => ["co_cedula"],
                "uy_ci" => ["co_cedula"],
                _ => [],
            },
        };
    }

    private string Date()
    {
        var date = new DateTime(2019, 1, 1).AddDays(_values.Random.Next(3000));
        return date.ToString(Pick(["yyyy-MM-dd", "dd/MM/yyyy", "dd.MM.yy", "d MMMM yyyy", "dd-MM-yyyy"]), CultureInfo.InvariantCulture);
    }

    private string Pick(string[] values) => _values.Pick(values);

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder();
}
