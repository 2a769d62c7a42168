using static Gateway.Privacy.Detection.CheckDigits;

namespace Gateway.Privacy.Detection.Rules;

/// <summary>Numbers of India, Indonesia, Pakistan, Bangladesh, the Philippines, Vietnam and Thailand.</summary>
internal static class Asia
{
    public static readonly KindRule[] Rules =
    [
        new(PersonalDataKind.InAadhaar, [12], Aadhaar) { Bare = 28, Official = 55, Grouped = 50, Odd = 18, Formats = ["4 4 4", "4-4-4"] },
        new(PersonalDataKind.InPan, [10], Pan) { Bare = 78, Official = 35, Grouped = 25, Odd = 20, Formats = ["5-4-1", "5 4 1"], Digits = [5, 4, 3, 2] },
        new(PersonalDataKind.IdNik, [16], Nik) { Bare = 52, Official = 55, Grouped = 45, Odd = 30, Formats = ["6 6 4", "6.6.4", "6-6-4", "2.2.2.6.4"] },
        new(PersonalDataKind.PkCnic, [13], Cnic) { Bare = 20, Official = 62, Grouped = 40, Odd = 12, Formats = ["5-7-1"] },
        new(PersonalDataKind.BdNid, [10, 13, 17], Bangladesh) { Bare = 10, Official = 12, Grouped = 10, Odd = 4, Likely = 17, Formats = ["3 3 4"] },
        new(PersonalDataKind.PhPhilsys, [12, 16], Philsys) { Bare = 12, Official = 22, Grouped = 14, Odd = 5, Formats = ["4-4-4-4", "4-4-4"] },
        new(PersonalDataKind.PhTin, [9, 12, 13, 14], Tin) { Bare = 10, Official = 28, Grouped = 14, Odd = 5, Likely = 3, Formats = ["3-3-3-3", "3-3-3-5", "3-3-3", "3-3-3-4"] },
        new(PersonalDataKind.VnCccd, [12], Cccd) { Bare = 22, Official = 22, Grouped = 18, Odd = 12 },
        new(PersonalDataKind.ThId, [13], Thailand) { Bare = 28, Official = 80, Grouped = 70, Odd = 16, Formats = ["1-4-5-2-1", "1 4 5 2 1"] },
    ];

    // Vietnam, Circular 59/2021/TT-BCA: codes of provinces.
    private static readonly bool[] Provinces = Codes(
        1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79,
        80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96);

    // Indonesia, Permendagri 72/2022: codes of provinces.
    private static readonly bool[] IndonesianProvinces = Codes(
        11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 31, 32, 33, 34, 35, 36, 51, 52, 53, 61, 62, 63, 64, 65, 71, 72, 73, 74, 75, 76, 81, 82, 91, 92, 93, 94, 95, 96);

    // UIDAI: twelve digits, the first 2 to 9, the last by Verhoeff.
    private static Verdict Aadhaar(ReadOnlySpan<char> value) => value[0] < '2' || AllSame(value) ? Verdict.No : Verhoeff(value) ? Verdict.Yes : Verdict.Mistyped;

    // Income Tax Department: the fourth letter tells what kind of person it is.
    private static Verdict Pan(ReadOnlySpan<char> value)
    {
        for (var i = 0; i < 10; i++)
        {
            if (i is >= 5 and < 9 ? !char.IsAsciiDigit(value[i]) : !char.IsAsciiLetter(value[i]))
            {
                return Verdict.No;
            }
        }

        return "PCHFATBLJGE".Contains(value[3], StringComparison.Ordinal) && !value.Slice(5, 4).SequenceEqual("0000") ? Verdict.Yes : Verdict.No;
    }

    // Province, regency, district, birth date (a woman's day plus 40), serial.
    private static Verdict Nik(ReadOnlySpan<char> value)
    {
        var day = Number(value.Slice(6, 2));
        return IndonesianProvinces[Number(value[..2])] && !value.Slice(2, 2).SequenceEqual("00") && IsMonthDay(Number(value.Slice(8, 2)), day > 40 ? day - 40 : day) && !value[12..].SequenceEqual("0000")
            ? Verdict.Yes : Verdict.No;
    }

    // NADRA: locality (its first digit the province), family, and a last digit by sex.
    private static Verdict Cnic(ReadOnlySpan<char> value) => value[0] is '0' or '9' || AllSame(value[..12]) ? Verdict.No : Verdict.Yes;

    // Election Commission: ten digits on smart cards; thirteen before, and the birth year before those.
    private static Verdict Bangladesh(ReadOnlySpan<char> value) => value.Length < 17
        ? value[0] == '0' && value.Length == 10 || AllSame(value) ? Verdict.No : Verdict.Yes
        : Number(value[..4]) is >= 1900 and <= 2030 ? Verdict.Likely : Verdict.No;

    // PSA: the card's number has sixteen digits, the permanent one twelve.
    private static Verdict Philsys(ReadOnlySpan<char> value) => AllSame(value) || value[0] == '0' ? Verdict.No : Verdict.Yes;

    // BIR: nine digits, of which the last is told to be a check digit (modulus 11), and a branch code.
    private static Verdict Tin(ReadOnlySpan<char> value)
    {
        if (AllSame(value[..9]))
        {
            return Verdict.No;
        }

        var rest = Weighted(value, [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        return value[8] - '0' == rest % 10 || value[9..].StartsWith("00") ? Verdict.Likely : Verdict.Yes;
    }

    // Province, century and sex, birth year, serial.
    private static Verdict Cccd(ReadOnlySpan<char> value) => value[0] == '0' && Provinces[Number(value[1..3])] && value[3] <= '3' ? Verdict.Yes : Verdict.No;

    // Department of Provincial Administration: modulus 11 with weights 13 to 2.
    private static Verdict Thailand(ReadOnlySpan<char> value) =>
        value[0] is '0' or '9' || AllSame(value) ? Verdict.No
        : (11 - (Weighted(value, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 == value[12] - '0' ? Verdict.Yes : Verdict.Mistyped;

    private static bool[] Codes(params int[] codes)
    {
        var table = new bool[100];
        Array.ForEach(codes, c => table[c] = true);
        return table;
    }
}
