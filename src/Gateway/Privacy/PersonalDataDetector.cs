using System.Text.RegularExpressions;
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
    private readonly IReadOnlyList<OwnPattern> _patterns;

    public PersonalDataDetector(DetectionLimits? limits = null, IEnumerable<(PersonalDataKind Kind, string Phrase)>? words = null, IReadOnlyList<OwnPattern>? patterns = null)
    {
        _limits = limits ?? new DetectionLimits();
        _lexicon = Lexicon.Build(words ?? []);
        _patterns = patterns ?? [];
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
            var finder = new Finder(folded.Text, scan.Tokens.Items, scan.Labels.Items, scan.Mentioned, _limits.Candidates);
            try
            {
                Weigh(ref finder, scan.Ats.Items);
                var first = found.Count;
                Choose(ref finder, in folded, found);
                return MatchOwn(in folded, found, first) && whole && !finder.IsExhausted;
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

    // An operator's pattern says more than a rule: what overlaps it goes.
    private bool MatchOwn(in FoldedText folded, List<PersonalDataSpan> found, int first)
    {
        try
        {
            foreach (var pattern in _patterns)
            {
                foreach (var match in pattern.Expression.EnumerateMatches(folded.Text))
                {
                    if (match.Length == 0)
                    {
                        continue;
                    }

                    if (found.Count - first >= _limits.Candidates)
                    {
                        return false;
                    }

                    var (start, end) = folded.ToOriginal(match.Index, match.Index + match.Length);
                    found.Add(new(pattern.Name, start, end - start, 1));
                }
            }
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }

        if (_patterns.Count > 0)
        {
            KeepApart(found, first);
        }

        return true;
    }

    // By place; of two that overlap the own pattern's stays, of two of those the first.
    private void KeepApart(List<PersonalDataSpan> found, int first)
    {
        var own = _patterns.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        found.Sort(first, found.Count - first, Comparer<PersonalDataSpan>.Create((a, b) =>
            a.Start != b.Start ? a.Start.CompareTo(b.Start) : own.Contains(b.Kind).CompareTo(own.Contains(a.Kind))));
        var kept = first;
        for (var i = first; i < found.Count; i++)
        {
            var span = found[i];
            if (own.Contains(span.Kind))
            {
                while (kept > first && found[kept - 1].End > span.Start && !own.Contains(found[kept - 1].Kind))
                {
                    kept--;
                }
            }

            if (kept == first || found[kept - 1].End <= span.Start)
            {
                found[kept++] = span;
            }
        }

        found.RemoveRange(kept, found.Count - kept);
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

    // The worthiest first, of equals the first, of those the longest; of the others only what shares no token with it. Both orders are sorted as plain numbers.
    private static void Choose(ref Finder finder, in FoldedText folded, List<PersonalDataSpan> found)
    {
        var candidates = finder.Candidates.Items;
        if (candidates.IsEmpty)
        {
            return;
        }

        // One number for each: 14 bits of points, 24 of the place, 8 of the length, 18 of the index; more of one than fits is as good as the most.
        var order = new PooledList<ulong>(candidates.Length);
        for (var i = 0; i < candidates.Length; i++)
        {
            ref readonly var one = ref candidates[i];
            order.Add(((ulong)(0x3FFF - Math.Min(one.Points, 0x3FFF)) << 50) | ((ulong)(uint)(one.Start & 0xFFFFFF) << 26) | ((ulong)(0xFF - Math.Min(one.End - one.Start, 0xFF)) << 18) | (uint)i);
        }

        order.Items.Sort();
        var taken = new PooledBits(finder.Tokens.Length);
        var kept = 0;
        foreach (var key in order.Items)
        {
            var index = (int)(key & 0x3FFFF);
            if (taken.TryTake(candidates[index].First, candidates[index].Last))
            {
                order[kept++] = ((ulong)(uint)candidates[index].Start << 18) | (uint)index;
            }
        }

        order.Truncate(kept);
        order.Items.Sort();
        foreach (var key in order.Items)
        {
            ref readonly var candidate = ref candidates[(int)(key & 0x3FFFF)];
            var (start, end) = folded.ToOriginal(candidate.Start, candidate.End);
            found.Add(new(candidate.Kind.Name(), start, end - start, Math.Clamp(candidate.Points / (double)Score.Certain, 0.5, 1)));
        }

        order.Return();
        taken.Return();
    }
}
