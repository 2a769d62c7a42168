using Gateway.Privacy.Detection.Rules;

namespace Gateway.Privacy.Detection;

/// <summary>Weighs what has letters and digits: IBAN, CURP, RFC, PAN, KRA PIN, alphanumeric CNPJ, Ghana Card, passports.</summary>
internal static class LetteredFinder
{
    private const int Longest = 34;
    private const int MostLeading = 6;
    private const int MostLetters = 6;
    private const int MostTiedLetters = 12;

    // No value but an IBAN is longer than a CURP.
    private const int MostOthers = 18;

    private static readonly KindRule Curp = Mexico.Rules[0];
    private static readonly KindRule Rfc = Mexico.Rules[1];
    private static readonly KindRule Cnpj = LatinAmerica.Rules[1];
    private static readonly KindRule Pan = Asia.Rules[1];
    private static readonly KindRule KraPin = Africa.Rules.Single(r => r.Kind == PersonalDataKind.KeKraPin);
    private static readonly KindRule GhanaCard = Africa.Rules.Single(r => r.Kind == PersonalDataKind.GhCard);

    /// <summary>Weighs the values whose first digit is in a token.</summary>
    public static void Find(ref Finder finder, int token)
    {
        if (finder.Tokens[token].Kind == TokenKind.Digits && !HasLettersBeside(finder.Tokens, token))
        {
            return;
        }

        // Short runs of letters before the digits may be the value's own beginning. Only a CNPJ begins with digits; without a label its parts are tied.
        var letters = 0;
        for (var first = token; first >= 0 && token - first <= MostLeading; first--)
        {
            ref readonly var start = ref finder.Tokens[first];
            if (first < token)
            {
                letters += start.Length;
                if (start.Kind != TokenKind.Word || start.Gap is Gap.Break or Gap.DoubleColon || !IsPart(finder.Text, start, start.Gap) || letters > (start.Gap is Gap.Tight or Gap.Line ? MostTiedLetters : MostLetters))
                {
                    return;
                }
            }
            else if (start.Kind == TokenKind.Digits && start.Gap is not (Gap.Tight or Gap.Line) && !finder.HasLabelsNear(first, first))
            {
                continue;
            }

            FindFrom(ref finder, first, token);
        }
    }

    // Letters that a space parts from the digits are some of the value only where they are capitals: else they are the sentence's words.
    private static bool IsPart(ReadOnlySpan<char> text, in Token word, Gap gap) => gap is not (Gap.Space or Gap.Soft or Gap.Line) || text[word.End - 1] is >= 'A' and <= 'Z' or 'Ñ';

    private static bool HasLettersBeside(ReadOnlySpan<Token> tokens, int token) =>
        (token > 0 && tokens[token - 1] is { Kind: not TokenKind.Digits, Gap: not Gap.Break } before && (before.Kind == TokenKind.Mixed || before.Length <= MostLetters))
        || HasLettersBehind(tokens, token);

    private static bool HasLettersBehind(ReadOnlySpan<Token> tokens, int token)
    {
        // Two groups of digits may come before a CNPJ's letters.
        for (var t = token; t + 1 < tokens.Length && t < token + 3 && tokens[t].Gap is Gap.Tight or Gap.Space or Gap.Soft or Gap.Line; t++)
        {
            if (tokens[t + 1].Kind != TokenKind.Digits)
            {
                return tokens[t + 1].Length <= Longest;
            }
        }

        return false;
    }

    private static void FindFrom(ref Finder finder, int first, int digits)
    {
        var before = first > 0 ? finder.Tokens[first - 1] : default;
        if (first > 0 && before.Gap == Gap.Tight && before.Sign is '-' or '_' or '.' && finder.IsTiedBefore(first))
        {
            return;
        }

        Span<char> value = stackalloc char[Longest];
        var (length, most) = (0, Longest);
        var hasLetters = false;
        for (var last = first; last < finder.Tokens.Length; last++)
        {
            ref readonly var token = ref finder.Tokens[last];
            if (length + token.Length > most || (token.Kind == TokenKind.Word && (token.Length > MostLetters || (last > first && !IsPart(finder.Text, token, finder.Tokens[last - 1].Gap)))) || !TryAppend(finder.Text[token.Start..token.End], value[length..]))
            {
                return;
            }

            length += token.Length;
            if (length >= 4 && most == Longest)
            {
                most = char.IsAsciiDigit(value[2]) && char.IsAsciiDigit(value[3]) && Finance.IbanLength(value[0], value[1]) is > 0 and var iban ? iban : MostOthers;
            }

            hasLetters |= token.Kind != TokenKind.Digits;
            if (last >= digits && hasLetters && length >= 7 && !finder.IsTiedAfter(last))
            {
                Weigh(ref finder, value[..length], first, last);
            }

            if (token.Gap is Gap.Break or Gap.DoubleColon || (token.Gap == Gap.Tight && token.Sign is ',' or '|' or '=' or '+'))
            {
                return;
            }
        }
    }

    private static void Weigh(ref Finder finder, scoped ReadOnlySpan<char> value, int first, int last)
    {
        if (value.Length >= 15 && value.Length == Finance.IbanLength(value[0], value[1]) && Finance.IsIban(value))
        {
            finder.Add(PersonalDataKind.Iban, first, last, 150);
            return;
        }

        switch (value.Length)
        {
            case 10:
                Judge(ref finder, Pan, value, first, last);
                break;
            case 11:
                Judge(ref finder, KraPin, value, first, last);
                break;
            case 12:
                Judge(ref finder, Rfc, value, first, last);
                break;
            case 13:
                Judge(ref finder, Rfc, value, first, last);
                Judge(ref finder, GhanaCard, value, first, last);
                break;
            case 14 when char.IsAsciiDigit(value[12]):
                Judge(ref finder, Cnpj, value, first, last);
                break;
            case 18:
                Judge(ref finder, Curp, value, first, last);
                break;
            default:
                break;
        }

        if (value.Length <= 10)
        {
            Passport(ref finder, value, first, last);
        }
    }

    private static void Judge(ref Finder finder, KindRule rule, scoped ReadOnlySpan<char> value, int first, int last)
    {
        var verdict = rule.Judge(value);
        if (verdict == Verdict.No && (rule.Digits is null || !finder.HasLabelsNear(first, last)))
        {
            return;
        }

        ref readonly var around = ref finder.Around(first, last);
        var label = around.PointsFor(rule.Kind);
        if (verdict == Verdict.No)
        {
            // O for 0 and the like, where the label says what it is.
            verdict = label >= Lexicon.Exact ? JudgeWithDigits(rule, value) : Verdict.No;
            if (verdict is Verdict.No or Verdict.Mistyped)
            {
                return;
            }
        }

        var form = first == last ? Form.Bare : FormOf(rule, finder.Tokens[first..(last + 1)]);
        if (verdict == Verdict.Mistyped && (label < Lexicon.Exact || form != Form.Bare))
        {
            return;
        }

        var points = (verdict == Verdict.Mistyped ? 5 : rule.Points(form) + (verdict == Verdict.Likely ? rule.Likely : 0)) + label + around.Against;
        if (points >= Score.Accepted)
        {
            finder.Add(rule.Kind, first, last, points);
        }
    }

    // One to three letters and six to nine digits, and perhaps a letter: no country's is told from a stock number without the word.
    private static void Passport(ref Finder finder, scoped ReadOnlySpan<char> value, int first, int last)
    {
        var digits = value.IndexOfAnyInRange('0', '9');
        if (digits is < 1 or > 3 || last - first > 3)
        {
            return;
        }

        var rest = value[digits..];
        rest = char.IsAsciiLetter(rest[^1]) ? rest[..^1] : rest;
        if (rest.Length is < 5 or > 9 || rest.IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return;
        }

        ref readonly var around = ref finder.Around(first, last);
        var points = 12 - (last - first) + around.PointsFor(PersonalDataKind.Passport) + around.Against;
        if (points >= Score.Accepted)
        {
            finder.Add(PersonalDataKind.Passport, first, last, points);
        }
    }

    /// <summary>Weighs digits alone as a passport's number.</summary>
    public static void FindPassport(ref Finder finder, int token)
    {
        if (finder.Tokens[token].Length is < 7 or > 9 || !finder.HasLabelsNear(token, token) || finder.IsTiedBefore(token) || finder.IsTiedAfter(token))
        {
            return;
        }

        ref readonly var around = ref finder.Around(token, token);
        var points = 6 + around.PointsFor(PersonalDataKind.Passport) + around.Against;
        if (points >= Score.Accepted)
        {
            finder.Add(PersonalDataKind.Passport, token, token, points);
        }
    }

    private static Verdict JudgeWithDigits(KindRule rule, scoped ReadOnlySpan<char> value)
    {
        Span<char> changed = stackalloc char[Longest];
        value.CopyTo(changed);
        foreach (var place in rule.Digits!)
        {
            // Places count from the end: an RFC has three letters or four before its date.
            ref var c = ref changed[value.Length - place];
            c = NumberReader.Digit(c) is not '\0' and var digit ? digit : c;
        }

        return rule.Judge(changed[..value.Length]);
    }

    // Whether the groups have the lengths that the rule's authority gives them.
    private static Form FormOf(KindRule rule, ReadOnlySpan<Token> tokens)
    {
        foreach (var format in rule.Formats)
        {
            var (fits, official) = (format.Length == (tokens.Length * 2) - 1, true);
            for (var t = 0; fits && t < tokens.Length; t++)
            {
                fits = format[t * 2] == '0' + tokens[t].Length;
                official &= t + 1 == tokens.Length || format[(t * 2) + 1] == (tokens[t].Gap == Gap.Space ? ' ' : tokens[t].Sign);
            }

            if (fits)
            {
                return official ? Form.Official : Form.Grouped;
            }
        }

        return Form.Odd;
    }

    // Capital letters and digits of ASCII, and Ñ.
    private static bool TryAppend(ReadOnlySpan<char> from, Span<char> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            var c = from[i];
            to[i] = c is >= 'a' and <= 'z' or 'ñ' ? (char)(c & ~0x20) : c;
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('ñ' or 'Ñ'))
            {
                return false;
            }
        }

        return true;
    }
}
