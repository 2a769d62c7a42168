using Gateway.Privacy.Detection.Rules;

namespace Gateway.Privacy.Detection;

/// <summary>Weighs every number of seven to nineteen digits, with whatever separators, as each kind that has its length.</summary>
internal static class NumberFinder
{
    private const int Least = 6;

    private const int MostGroups = 6;

    // What takes away from a number: more digits a space away, where spaces stand in the number too; a break in it, separators of two sorts, letters in the place of digits.
    private const int Neighbour = 12;
    private const int InRow = 36;
    private const int Stretched = 6;
    private const int Uneven = 8;
    private const int Guess = 9;

    // A label that says exactly what follows is believed even when the check digit is wrong: people mistype.
    private const int MistypedPoints = 5;

    private static readonly KindRule[][] ByLength = [.. Enumerable.Range(0, NumberReader.MostDigits + 1).Select(length =>
        (KindRule[])[.. Enumerable.Concat(LatinAmerica.Rules, Africa.Rules).Concat(Asia.Rules).Concat(Finance.Rules).Where(r => r.Lengths.Contains(length) && r.Kind is not (PersonalDataKind.InPan or PersonalDataKind.KeKraPin))])];

    /// <summary>Weighs the numbers that begin with a token.</summary>
    public static void Find(ref Finder finder, int first)
    {
        if (finder.IsTiedBefore(first) || IsWithinSpelled(finder.Tokens, first))
        {
            return;
        }

        var reader = default(NumberReader);
        var (gap, sign) = (Gap.Joined, '\0');
        for (var last = first; last < finder.Tokens.Length; last++)
        {
            ref readonly var token = ref finder.Tokens[last];
            if (last > first && token.Kind == TokenKind.Word && !MayBeDigits(finder.Text, token, gap))
            {
                break;
            }

            // Many groups are a value only where each is a digit or two.
            if (!reader.Take(finder.Text, token, gap, sign) || (reader.Groups > MostGroups && reader.Length > reader.Groups * 2))
            {
                break;
            }

            if (reader.Length >= Least && !finder.IsTiedAfter(last))
            {
                Weigh(ref finder, in reader, first, last);
            }

            (gap, sign) = (token.Gap, token.Sign);
            if (gap is Gap.Break or Gap.DoubleColon)
            {
                break;
            }
        }
    }

    /// <summary>Weighs a Chilean number that ends in K: the digits before it are <see cref="Find"/>'s to read.</summary>
    public static void FindWithK(ref Finder finder, int last)
    {
        // In its own token behind a sign, or at the end of the digits.
        ref readonly var end = ref finder.Tokens[last];
        if (finder.Text[end.End - 1] is not ('k' or 'K') || (end.Length > 1 && finder.Text[end.Start..(end.End - 1)].IndexOfAnyExceptInRange('0', '9') >= 0) || finder.IsTiedAfter(last))
        {
            return;
        }

        Span<char> value = stackalloc char[9];
        value[8] = 'K';
        var (length, token, signs) = (1, end.Length > 1 ? last : last - 1, 0);
        for (; token >= 0 && last - token <= 9; token--)
        {
            ref readonly var part = ref finder.Tokens[token];
            var digits = finder.Text[part.Start..(token == last ? part.End - 1 : part.End)];
            if ((token < last && part.Gap is Gap.Break or Gap.DoubleColon) || digits.Length + length > 9 || digits.IsEmpty || digits.IndexOfAnyExceptInRange('0', '9') >= 0)
            {
                break;
            }

            digits.CopyTo(value[(9 - length - digits.Length)..]);
            length += digits.Length;
            signs += token < last && part.Gap == Gap.Tight ? 1 : 0;
            if (length >= 8 && !finder.IsTiedBefore(token))
            {
                var rule = LatinAmerica.Rules[2];
                if (rule.Judge(value[(9 - length)..]) is Verdict.Likely)
                {
                    var points = (signs > 0 && signs == last - token ? rule.Official : rule.Grouped) + Context(ref finder, rule.Kind, token, last, out _);
                    if (points >= Score.Accepted)
                    {
                        finder.Add(rule.Kind, token, last, points);
                    }
                }
            }
        }
    }

    // Letters alone in the place of digits: behind a sign, or one that stands for itself.
    private static bool MayBeDigits(ReadOnlySpan<char> text, in Token word, Gap gap) =>
        gap == Gap.Tight ? word.Length <= 3 : gap == Gap.Space && word.Length <= 2 && text[word.Start] is 'O' or 'I' or 'l';

    // A row of single digits is read from its beginning only: from each of them it would be read nineteen times over.
    private static bool IsWithinSpelled(ReadOnlySpan<Token> tokens, int first) =>
        first >= 2 && tokens[first].Length <= 2 && tokens[first - 1] is { Kind: TokenKind.Digits, Length: <= 2 } before && tokens[first - 2] is { Kind: TokenKind.Digits, Length: <= 2 } earlier
        && before.Gap == earlier.Gap && before.Sign == earlier.Sign && before.Gap != Gap.Break;

    private static void Weigh(ref Finder finder, in NumberReader reader, int first, int last)
    {
        if (reader.IsDate())
        {
            return;
        }

        Phone(ref finder, in reader, first, last);
        var hasLabels = finder.HasLabelsNear(first, last);
        foreach (var rule in ByLength[reader.Length])
        {
            // Most numbers have no label near them, and then few kinds are worth a look.
            if (!hasLabels && rule.Points(reader.FormFor(rule)) + rule.Likely < Score.Accepted)
            {
                continue;
            }

            var verdict = rule.Judge(reader.Value);
            if (verdict == Verdict.No || (verdict == Verdict.Mistyped && (!hasLabels || reader.IsGuess || reader.IsStretched)))
            {
                continue;
            }

            var form = reader.FormFor(rule);

            var points = (verdict == Verdict.Mistyped ? MistypedPoints : rule.Points(form) + (verdict == Verdict.Likely ? rule.Likely : 0)) - Drawbacks(in finder, in reader, form, first, last);
            var context = Context(ref finder, rule.Kind, first, last, out var label);
            if (verdict == Verdict.Mistyped && (label < Lexicon.Exact || form < Form.Bare))
            {
                continue;
            }

            // What was guessed, or stretched over signs, needs a label.
            points += context;
            if (points >= Score.Accepted && (label > 20 || !(reader.IsGuess || reader.HasRareSigns) || form == Form.Official))
            {
                finder.Add(rule.Kind, first, last, points);
            }
        }
    }

    private static void Phone(ref Finder finder, in NumberReader reader, int first, int last)
    {
        if (reader.Length is < 7 or > 15 || reader.IsGuess)
        {
            return;
        }

        var plusOrBracket = finder.Tokens[first].Start > 0 && finder.Text[finder.Tokens[first].Start - 1] is '+' or '(';
        if (!plusOrBracket && !finder.HasLabelsNear(first, last))
        {
            return;
        }

        var start = finder.Tokens[first].Start;
        var before = finder.Text[Math.Max(0, start - 2)..start];
        var plus = before.EndsWith("+") || before.EndsWith("+(");
        var shape = Phones.Judge(reader.Value, plus);
        if (shape == Phones.Shape.No)
        {
            return;
        }

        var bracket = before.EndsWith("(") && finder.Text[finder.Tokens[first].End..].StartsWith(")");
        var points = Context(ref finder, PersonalDataKind.Phone, first, last, out _) + shape switch
        {
            Phones.Shape.International => plus ? 72 : 45,
            Phones.Shape.National => reader.Groups > 1 ? 26 : 16,
            _ => bracket && reader.Length is 10 or 11 && reader.Groups is 2 or 3 ? 56 : 8,
        };

        // A longer number is the likelier one: the rest of it does not stand for itself.
        points -= (reader.IsStretched ? Stretched : 0) + (HasNeighbour(in finder, first, last) ? 6 : 0);
        if (points >= Score.Accepted)
        {
            finder.Add(PersonalDataKind.Phone, plus ? start - (before[^1] == '+' ? 1 : 2) : bracket ? start - 1 : start, finder.Tokens[last].End, first, last, points + reader.Length);
        }
    }

    private static int Drawbacks(in Finder finder, in NumberReader reader, Form form, int first, int last) =>
        form == Form.Official ? reader.HasSpaces && HasNeighbour(in finder, first, last) ? InRow : 0
        : (HasNeighbour(in finder, first, last) ? form == Form.Bare ? 4 : Neighbour : 0) + (reader.IsStretched ? Stretched : 0) + (reader.IsUneven ? Uneven : 0) + (reader.IsGuess ? Guess : 0);

    // Digits a space away may be more of the same number.
    private static bool HasNeighbour(in Finder finder, int first, int last) =>
        (first > 0 && finder.Tokens[first - 1] is { Gap: Gap.Space, Kind: TokenKind.Digits })
        || (finder.Tokens[last].Gap == Gap.Space && last + 1 < finder.Tokens.Length && finder.Tokens[last + 1].Kind == TokenKind.Digits);

    private static int Context(ref Finder finder, PersonalDataKind kind, int first, int last, out int label)
    {
        ref readonly var around = ref finder.Around(first, last);
        label = around.PointsFor(kind);
        return label + around.Against;
    }
}
