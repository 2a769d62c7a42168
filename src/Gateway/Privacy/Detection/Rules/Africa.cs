using static Gateway.Privacy.Detection.CheckDigits;

namespace Gateway.Privacy.Detection.Rules;

/// <summary>Numbers of South Africa, Nigeria, Kenya, Ghana and Egypt.</summary>
internal static class Africa
{
    public static readonly KindRule[] Rules =
    [
        new(PersonalDataKind.ZaId, [13], SouthAfrica) { Bare = 58, Official = 75, Grouped = 70, Odd = 35, Likely = 6, Formats = ["6 4 2 1", "6 4 3", "6-4-2-1"] },
        new(PersonalDataKind.NgNin, [11], value => AllSame(value) ? Verdict.No : Verdict.Yes) { Bare = 12, Official = 14, Grouped = 12, Odd = 5, Formats = ["4 3 4", "4-3-4"] },
        new(PersonalDataKind.NgBvn, [11], value => value[0] == '2' && value[1] == '2' ? Verdict.Likely : Verdict.Yes) { Bare = 8, Official = 8, Grouped = 8, Odd = 4, Likely = 8 },
        new(PersonalDataKind.KeId, [7, 8], Kenya) { Bare = 11, Official = 11, Grouped = 8, Odd = 4 },
        new(PersonalDataKind.KeKraPin, [11], KraPin) { Bare = 80, Official = 80, Grouped = 40, Odd = 30, Digits = [10, 9, 8, 7, 6, 5, 4, 3, 2] },
        new(PersonalDataKind.GhCard, [13, 10], GhanaCard) { Bare = 5, Official = 8, Grouped = 5, Odd = 2, Likely = 80, Formats = ["3-9-1", "9-1"], Digits = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1] },
        new(PersonalDataKind.EgNid, [14], Egypt) { Bare = 52, Official = 52, Grouped = 36, Odd = 28, Likely = 9 },
    ];

    // Identification Act 68 of 1997: birth date, sex, citizen (0), resident (1) or refugee (2), a digit that has been 8 or 9 since 1986, Luhn.
    private static Verdict SouthAfrica(ReadOnlySpan<char> value) =>
        !IsDate(value[..6]) || value[10] > '2' ? Verdict.No : !Luhn(value) ? Verdict.Mistyped : value[11] is '8' or '9' ? Verdict.Likely : Verdict.Yes;

    private static Verdict Kenya(ReadOnlySpan<char> value) => value[0] == '0' || AllSame(value) ? Verdict.No : Verdict.Yes;

    // Kenya Revenue Authority: A for persons, P for others, nine digits and a letter.
    private static Verdict KraPin(ReadOnlySpan<char> value) =>
        value[0] is 'A' or 'P' && char.IsAsciiLetter(value[10]) && value.Slice(1, 9).IndexOfAnyExceptInRange('0', '9') < 0 ? Verdict.Yes : Verdict.No;

    // National Identification Authority: GHA, or the country of a resident foreigner, nine digits and a check digit whose rule is not public.
    private static Verdict GhanaCard(ReadOnlySpan<char> value)
    {
        if (value[^10..].IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return Verdict.No;
        }

        return value.Length == 10 ? Verdict.Yes : value.StartsWith("GHA") ? Verdict.Likely : Verdict.No;
    }

    // Civil Status Department: century, birth date, governorate, serial, and a last digit whose rule (modulus 11) is told but not official.
    private static Verdict Egypt(ReadOnlySpan<char> value)
    {
        if (value[0] is not ('2' or '3') || !IsDate(value.Slice(1, 6)) || Number(value.Slice(7, 2)) is not ((>= 1 and <= 4) or (>= 11 and <= 19) or (>= 21 and <= 29) or (>= 31 and <= 35) or 88))
        {
            return Verdict.No;
        }

        var check = (11 - (Weighted(value, [2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 10;
        return check == value[13] - '0' ? Verdict.Likely : Verdict.Yes;
    }
}
