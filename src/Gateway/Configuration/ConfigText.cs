using System.Text;

namespace Gateway.Configuration;

/// <summary>Words of the file in messages.</summary>
internal static class ConfigText
{
    private const int LongestShown = 64;

    /// <summary>Beyond this many a suggestion would cost more than it helps.</summary>
    private const int MostCandidates = 256;

    /// <summary>A word of the file, cut and cleaned so that it cannot break a line of a terminal or a log.</summary>
    public static string Clean(string word)
    {
        var cut = word.Length > LongestShown ? string.Concat(word.AsSpan(0, LongestShown), "...") : word;
        var clean = new StringBuilder(cut.Length);
        foreach (var c in cut)
        {
            clean.Append(char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? '?' : c);
        }

        return clean.ToString();
    }

    public static string Quote(string word) => $"`{Clean(word)}`";

    /// <summary>Position of the first character that is neither printable nor a space; -1 when there is none.</summary>
    public static int IndexOfControl(string text) => text.AsSpan().IndexOfAny(Controls);

    /// <summary><c>; did you mean `x`?</c>, or nothing when no candidate is near.</summary>
    public static string DidYouMean(string word, IReadOnlyCollection<string> candidates)
    {
        if (word.Length > LongestShown || candidates.Count > MostCandidates)
        {
            return "";
        }

        var best = candidates
            .Where(c => c.Length <= LongestShown)
            .Select(c => (Candidate: c, Distance: Distance(Fold(word), Fold(c))))
            .OrderBy(c => c.Distance)
            .FirstOrDefault();
        return best.Candidate is not null && best.Distance <= Math.Max(1, best.Candidate.Length / 3)
            ? $"; did you mean {Quote(best.Candidate)}?"
            : "";
    }

    private static readonly System.Buffers.SearchValues<char> Controls =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 0x10000).Select(i => (char)i).Where(c => char.IsControl(c) || c is '\u2028' or '\u2029')]);

    /// <summary>`baseUrl`, `base-url` and `Base_URL` are all near `base_url`.</summary>
    private static string Fold(string word) => word.Replace('-', '_').ToUpperInvariant();

    /// <summary>Levenshtein's distance, one row at a time.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
