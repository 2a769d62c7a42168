using static Gateway.Privacy.Detection.CheckDigits;

namespace Gateway.Privacy.Detection.Rules;

/// <summary>CURP and RFC.</summary>
internal static class Mexico
{
    public static readonly KindRule[] Rules =
    [
        new(PersonalDataKind.MxCurp, [18], Curp) { Bare = 120, Official = 120, Grouped = 100, Odd = 80, Digits = [14, 13, 12, 11, 10, 9, 1] },
        new(PersonalDataKind.MxRfc, [12, 13], Rfc) { Bare = 80, Official = 85, Grouped = 70, Odd = 20, Formats = ["4-6-3", "3-6-3", "4 6 3", "3 6 3"], Digits = [9, 8, 7, 6, 5, 4, 1] },
    ];

    // SEGOB, Instructivo normativo para la asignación de la CURP (DOF, 2006), annexes: letters, date, sex, state, consonants, homonym, check digit.
    private static readonly string[] States =
    [
        "AS", "BC", "BS", "CC", "CH", "CL", "CM", "CS", "DF", "DG", "GR", "GT", "HG", "JC", "MC", "MN", "MS", "NE", "NL", "NT", "OC", "PL", "QR", "QT", "SL", "SP", "SR", "TC", "TL", "TS", "VZ", "YN", "ZS",
    ];

    private const string CurpAlphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ";

    // SAT, Anexo 1 de la Resolución Miscelánea: the space stands before the three letters of a legal person.
    private const string RfcAlphabet = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";

    private static Verdict Curp(ReadOnlySpan<char> value)
    {
        if (!AreLetters(value[..4]) || !AreDigits(value.Slice(4, 6)) || !IsDate(value.Slice(4, 6)) || value[10] is not ('H' or 'M' or 'X')
            || !AreLetters(value.Slice(11, 5)) || !char.IsAsciiLetterOrDigit(value[16]) || !char.IsAsciiDigit(value[17]) || !IsState(value.Slice(11, 2)))
        {
            return Verdict.No;
        }

        var sum = 0;
        for (var i = 0; i < 17; i++)
        {
            sum += CurpAlphabet.IndexOf(value[i]) * (18 - i);
        }

        return (10 - (sum % 10)) % 10 == value[17] - '0' ? Verdict.Yes : Verdict.Mistyped;
    }

    private static Verdict Rfc(ReadOnlySpan<char> value)
    {
        var letters = value.Length - 9;
        if (!AreDigits(value.Slice(letters, 6)) || !IsDate(value.Slice(letters, 6)) || (value[^1] != 'A' && !char.IsAsciiDigit(value[^1])))
        {
            return Verdict.No;
        }

        // A person's has thirteen characters; a legal person's is read as one with a space before it.
        var sum = letters == 3 ? RfcAlphabet.IndexOf(' ') * 13 : 0;
        for (var i = 0; i < value.Length - 1; i++)
        {
            var index = RfcAlphabet.IndexOf(value[i]);
            if (index < 0 || (i < letters && index < 10))
            {
                return Verdict.No;
            }

            sum += index * (value.Length - i);
        }

        var check = (11 - (sum % 11)) switch { 11 => '0', 10 => 'A', var n => (char)('0' + n) };
        return check == value[^1] ? Verdict.Yes : Verdict.Mistyped;
    }

    private static bool IsState(ReadOnlySpan<char> letters)
    {
        foreach (var state in States)
        {
            if (letters.SequenceEqual(state))
            {
                return true;
            }
        }

        return false;
    }

    private static bool AreLetters(ReadOnlySpan<char> value)
    {
        foreach (var c in value)
        {
            if (!char.IsAsciiLetter(c) && c != 'Ñ')
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreDigits(ReadOnlySpan<char> value) => value.IndexOfAnyExceptInRange('0', '9') < 0;
}
