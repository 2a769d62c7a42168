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
            var finder = new Finder(folded.Text, scan.Tokens.Items, scan.Labels.Items, scan.Mentioned, _limits.Candidates);
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
