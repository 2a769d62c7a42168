using System.Text.Json;
using Gateway.Privacy;
using Gateway.Tests.Privacy.Corpus;

namespace Gateway.Tests.Privacy;

/// <summary>How much is found, and how much of what is found is right: on lines made here, and on those beside the repository.</summary>
public sealed class CorpusTests
{
    private static readonly string Sample = Repository.PathOf("../shared/pii/sample.jsonl");

    [Fact]
    public void Plain_lines()
    {
        var lines = new Lines(seed: 11);
        Demand(lines.Plain(64).Concat(lines.Clean(1000)), recall: 0.97, precision: 0.97, least: 0.9);
    }

    [Fact]
    public void Disguised_lines()
    {
        var lines = new Lines(seed: 12);
        Demand(lines.Disguised(88).Concat(lines.Clean(1000)), recall: 0.97, precision: 0.97, least: 0.85);
    }

    [PiiFact]
    public void Labelled_lines_beside_the_repository()
    {
        var (required, found, wrong) = (0, 0, 0);
        foreach (var line in File.ReadLines(Sample))
        {
            using var document = JsonDocument.Parse(line);
            var text = document.RootElement.GetProperty("text").GetString()!;
            var entities = document.RootElement.GetProperty("entities").EnumerateArray().Select(e => (
                Kinds: (string[])[e.GetProperty("type").GetString()!, .. e.TryGetProperty("alt", out var alt) ? alt.EnumerateArray().Select(a => a.GetString()!) : []],
                Start: Units(text, e.GetProperty("start").GetInt32()),
                End: Units(text, e.GetProperty("end").GetInt32()),
                Optional: e.TryGetProperty("optional", out var optional) && optional.GetBoolean())).ToList();
            var spans = Detecting.Find(text);
            required += entities.Count(e => !e.Optional);
            found += entities.Count(e => !e.Optional && spans.Any(s => e.Kinds.Contains(s.Kind) && Overlap(s, e.Start, e.End) * 2 >= e.End - e.Start));
            wrong += spans.Count(s => !entities.Any(e => (e.Optional || e.Kinds.Contains(s.Kind)) && Overlap(s, e.Start, e.End) > 0));
        }

        Assert.True(found >= 0.97 * required, $"recall {found} of {required}");
        Assert.True(found >= 0.90 * (found + wrong), $"precision {found} of {found + wrong}");
    }

    private static void Demand(IEnumerable<LabelledLine> lines, double recall, double precision, double least)
    {
        var kinds = new Dictionary<string, (int Required, int Found, int Wrong)>();
        var missed = new List<string>();
        foreach (var line in lines)
        {
            var spans = Detecting.Find(line.Text);
            if (line.Kind is not null)
            {
                var isFound = spans.Any(s => (s.Kind == line.Kind || line.Also.Contains(s.Kind)) && Overlap(s, line.Start, line.End) * 2 >= line.End - line.Start);
                var (required, found, wrong) = kinds.GetValueOrDefault(line.Kind);
                kinds[line.Kind] = (required + 1, found + (isFound ? 1 : 0), wrong);
                missed.AddRange(isFound ? [] : [$"{line.Kind} {line.Sort}: {line.Text}"]);
            }

            foreach (var span in spans.Where(s => line.Kind is null || (s.Kind != line.Kind && !line.Also.Contains(s.Kind)) || Overlap(s, line.Start, line.End) == 0))
            {
                var (required, found, wrong) = kinds.GetValueOrDefault(span.Kind);
                kinds[span.Kind] = (required, found, wrong + 1);
                missed.Add($"not {span.Kind}: {line.Text}");
            }
        }

        Assert.Equal(PersonalDataKinds.Count, kinds.Count(k => k.Value.Required > 0));
        var (allRequired, allFound, allWrong) = (kinds.Values.Sum(k => k.Required), kinds.Values.Sum(k => k.Found), kinds.Values.Sum(k => k.Wrong));
        var told = string.Join("\n", missed.Take(20));
        Assert.True(allFound >= recall * allRequired, $"recall {allFound} of {allRequired}\n{told}");
        Assert.True(allFound >= precision * (allFound + allWrong), $"precision {allFound} of {allFound + allWrong}\n{told}");
        Assert.All(kinds, k => Assert.True(k.Value.Found >= least * k.Value.Required, $"{k.Key}: {k.Value}\n{told}"));
    }

    private static int Overlap(PersonalDataSpan span, int start, int end) => Math.Max(0, Math.Min(span.End, end) - Math.Max(span.Start, start));

    // Code points to UTF-16.
    private static int Units(string text, int points)
    {
        var i = 0;
        for (; points > 0; points--)
        {
            i += char.IsSurrogatePair(text, i) ? 2 : 1;
        }

        return i;
    }

    private sealed class PiiFactAttribute : FactAttribute
    {
        public PiiFactAttribute() => Skip = File.Exists(Sample) ? null : "The shared test data (../shared/pii beside the repository) is not here.";
    }
}
