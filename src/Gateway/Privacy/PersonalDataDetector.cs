using Gateway.Privacy.Detection;
using Gateway.Privacy.Detection.Rules;

namespace Gateway.Privacy;

/// <summary>Personal data in a text.</summary>
/// <param name="Kind">Its kind, by its name outside.</param>
/// <param name="Start">First UTF-16 code unit.</param>
/// <param name="Length">In UTF-16 code units.</param>
/// <param name="Confidence">0.5 to 1.</param>
internal readonly record struct PersonalDataSpan(string Kind, int Start, int Length, double Confidence)
{
    public int End => Start + Length;
}

/// <summary>
/// Finds personal data in text of any language: one pass for tokens and labels, check digits and structure for what may be a value, labels around it for what
/// it is. Immutable and safe for threads; time and memory are linear in the text.
/// </summary>
internal sealed class PersonalDataDetector
{
    private readonly Lexicon _lexicon;
    private readonly DetectionLimits _limits;

    public PersonalDataDetector(DetectionLimits? limits = null, IEnumerable<(PersonalDataKind Kind, string Phrase)>? words = null)
    {
        _limits = limits ?? new DetectionLimits();
        _lexicon = Lexicon.Build(words ?? []);
    }

    /// <summary>Finds what is in a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="found">Takes what is found, by place; nothing overlaps.</param>
    /// <returns>False when the text was more than the limits allow, so that something may have been missed.</returns>
    public bool Detect(ReadOnlySpan<char> text, List<PersonalDataSpan> found)
    {
        var whole = text.Length <= _limits.Characters;
        var folded = FoldedText.Of(whole ? text : text[.._limits.Characters]);
        var scan = new TextScan(folded.Text, _lexicon);
        try
        {
            whole &= scan.Run(_limits.Tokens);
            var finder = new Finder(folded.Text, scan.Tokens.Items, scan.Labels.Items, _limits.Candidates);
            try
            {
                Weigh(ref finder, scan.Ats.Items);
                Choose(ref finder, in folded, found);
                return whole && !finder.IsExhausted;
            }
            finally
            {
                finder.Return();
            }
        }
        finally
        {
            scan.Return();
            folded.Return();
        }
    }

    private static void Weigh(ref Finder finder, ReadOnlySpan<int> ats)
    {
        foreach (var at in ats)
        {
            var (start, end) = EmailScanner.Find(finder.Text, at);
            if (end > start)
            {
                finder.Add(PersonalDataKind.Email, start, end, finder.TokenAt(start), Math.Min(finder.TokenAt(end - 1), finder.Tokens.Length - 1), 200);
            }
        }

        for (var t = 0; t < finder.Tokens.Length; t++)
        {
            ref readonly var token = ref finder.Tokens[t];
            if (token.Sign == ':')
            {
                AddressFinder.FindV6(ref finder, t);
            }

            if (token.Kind == TokenKind.Word)
            {
                if (token.Length == 1 && finder.Text[token.Start] is 'k' or 'K')
                {
                    NumberFinder.FindWithK(ref finder, t);
                }

                continue;
            }

            if (token.Kind == TokenKind.Digits)
            {
                LetteredFinder.FindPassport(ref finder, t);
                AddressFinder.FindV4(ref finder, t);
                CoordinateFinder.Find(ref finder, t);
            }
            else
            {
                NumberFinder.FindWithK(ref finder, t);
            }

            NumberFinder.Find(ref finder, t);
            LetteredFinder.Find(ref finder, t);
        }
    }

    // The worthiest first; of the others only what shares no token with it.
    private static void Choose(ref Finder finder, in FoldedText folded, List<PersonalDataSpan> found)
    {
        var candidates = finder.Candidates.Items;
        if (candidates.IsEmpty)
        {
            return;
        }

        candidates.Sort(static (a, b) => a.Points != b.Points ? b.Points.CompareTo(a.Points) : a.Start != b.Start ? a.Start.CompareTo(b.Start) : b.End.CompareTo(a.End));
        var first = found.Count;
        var taken = new PooledBits(finder.Tokens.Length);
        foreach (ref readonly var candidate in candidates)
        {
            if (taken.TryTake(candidate.First, candidate.Last))
            {
                var (start, end) = folded.ToOriginal(candidate.Start, candidate.End);
                found.Add(new(candidate.Kind.Name(), start, end - start, Math.Clamp(candidate.Points / (double)Score.Certain, 0.5, 1)));
            }
        }

        taken.Return();
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(found)[first..].Sort(static (a, b) => a.Start.CompareTo(b.Start));
    }
}
