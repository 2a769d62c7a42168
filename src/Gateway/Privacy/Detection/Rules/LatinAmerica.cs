using static Gateway.Privacy.Detection.CheckDigits;

namespace Gateway.Privacy.Detection.Rules;

/// <summary>Numbers of Brazil, Chile, Argentina, Colombia, Peru, Uruguay and Ecuador. Mexico's are in <see cref="Mexico"/>.</summary>
internal static class LatinAmerica
{
    public static readonly KindRule[] Rules =
    [
        new(PersonalDataKind.BrCpf, [11], Cpf) { Bare = 60, Official = 100, Grouped = 75, Odd = 35, Formats = ["3.3.3-2", "9-2"] },
        new(PersonalDataKind.BrCnpj, [14], Cnpj) { Bare = 70, Official = 110, Grouped = 85, Odd = 40, Formats = ["2.3.3/4-2", "8/4-2"] },
        new(PersonalDataKind.ClRut, [8, 9], Rut) { Bare = 25, Official = 60, Grouped = 40, Odd = 12, Formats = ["2.3.3-1", "1.3.3-1", "8-1", "7-1"] },
        new(PersonalDataKind.ArCuit, [11], Cuit) { Bare = 60, Official = 90, Grouped = 70, Odd = 30, Formats = ["2-8-1", "2.8.1", "2-2.3.3-1"] },
        new(PersonalDataKind.ArDni, [7, 8], Dni) { Bare = 10, Official = 15, Grouped = 12, Odd = 4, Formats = ["2.3.3", "1.3.3"] },
        new(PersonalDataKind.CoNit, [9, 10], Nit) { Bare = 25, Official = 60, Grouped = 45, Odd = 14, Formats = ["3.3.3-1", "9-1"] },
        new(PersonalDataKind.CoCedula, [6, 7, 8, 10], Cedula) { Bare = 10, Official = 15, Grouped = 12, Odd = 4, Formats = ["1.3.3.3", "2.3.3", "1.3.3", "3.3"] },
        new(PersonalDataKind.PeRuc, [11], Ruc) { Bare = 61, Official = 60, Grouped = 55, Odd = 30, Formats = ["2-8-1"] },
        new(PersonalDataKind.PeDni, [8, 9], PeruDni) { Bare = 10, Official = 14, Grouped = 10, Odd = 4, Formats = ["8-1"] },
        new(PersonalDataKind.UyCi, [7, 8], Ci) { Bare = 25, Official = 62, Grouped = 45, Odd = 12, Formats = ["1.3.3-1", "7-1", "3.3-1"] },
        new(PersonalDataKind.EcCedula, [10], EcuadorCedula) { Bare = 36, Official = 56, Grouped = 44, Odd = 24, Formats = ["9-1"] },
    ];

    // Receita Federal, Instrução Normativa RFB 2.172/2024: two digits by modulus 11.
    private static Verdict Cpf(ReadOnlySpan<char> value)
    {
        if (AllSame(value))
        {
            return Verdict.No;
        }

        var first = Mod11(Weighted(value, [10, 9, 8, 7, 6, 5, 4, 3, 2]));
        var second = Mod11(Weighted(value, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]));
        return Checked(value[9] == '0' + first && value[10] == '0' + second);
    }

    // Receita Federal, Instrução Normativa RFB 2.229/2024: since July 2026 the first twelve may be letters, counted as their ASCII code minus 48.
    private static Verdict Cnpj(ReadOnlySpan<char> value)
    {
        if (AllSame(value) || !char.IsAsciiDigit(value[12]) || !char.IsAsciiDigit(value[13]))
        {
            return Verdict.No;
        }

        var first = Mod11(Weighted(value, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
        var second = Mod11(Weighted(value, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
        return Checked(value[12] == '0' + first && value[13] == '0' + second);
    }

    private static int Mod11(int sum) => sum % 11 < 2 ? 0 : 11 - (sum % 11);

    // Servicio de Registro Civil: modulus 11 with weights 2 to 7 from the right; 10 is K.
    private static Verdict Rut(ReadOnlySpan<char> value)
    {
        var body = value[..^1];
        if (body.IndexOfAnyExceptInRange('0', '9') >= 0 || body[0] == '0' || AllSame(body))
        {
            return Verdict.No;
        }

        var sum = 0;
        for (var i = 0; i < body.Length; i++)
        {
            sum += (body[^(i + 1)] - '0') * (2 + (i % 6));
        }

        var check = (11 - (sum % 11)) switch { 11 => '0', 10 => 'K', var n => (char)('0' + n) };
        return check != value[^1] ? Verdict.Mistyped : check == 'K' ? Verdict.Likely : Verdict.Yes;
    }

    // AFIP/ARCA, Resolución General 10/1997: kind of person, DNI or number of registration, modulus 11.
    private static Verdict Cuit(ReadOnlySpan<char> value)
    {
        if (Number(value[..2]) is not (20 or 23 or 24 or 25 or 26 or 27 or 30 or 33 or 34))
        {
            return Verdict.No;
        }

        var check = 11 - (Weighted(value, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);

        // For 10 another kind of person is given out; where that was not done, the digit is a 9.
        return Checked(value[10] - '0' == check switch { 11 => 0, 10 => 9, _ => check });
    }

    private static Verdict Dni(ReadOnlySpan<char> value) => value[0] == '0' || AllSame(value) ? Verdict.No : Verdict.Yes;

    // DIAN, Orden Administrativa 4 of 1989: modulus 11 over primes. Without the digit it is a nine-digit number of a legal person, which starts with 8 or 9.
    private static Verdict Nit(ReadOnlySpan<char> value)
    {
        if (value.Length == 9)
        {
            return value[0] is '8' or '9' ? Verdict.Mistyped : Verdict.No;
        }

        var rest = Weighted(value, [41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
        return value[0] == '0' ? Verdict.No : Checked(value[9] - '0' == (rest < 2 ? rest : 11 - rest));
    }

    // Registraduría Nacional: up to eight digits, or ten that start with 1.
    private static Verdict Cedula(ReadOnlySpan<char> value) => value[0] == '0' || (value.Length == 10 && value[0] != '1') || AllSame(value) ? Verdict.No : Verdict.Yes;

    // SUNAT: 10 natural persons, 15, 16 and 17 others, 20 legal ones; modulus 11 with the weights of Argentina's, whose 20 is as valid: dashes tell that one.
    private static Verdict Ruc(ReadOnlySpan<char> value)
    {
        if (Number(value[..2]) is not (10 or 15 or 16 or 17 or 20))
        {
            return Verdict.No;
        }

        var check = (11 - (Weighted(value, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 10;
        return Checked(value[10] - '0' == check);
    }

    // RENIEC prints a ninth character behind a dash: a digit or a letter.
    private static Verdict PeruDni(ReadOnlySpan<char> value) => AllSame(value[..8]) || value[..8].IndexOfAnyExceptInRange('0', '9') >= 0 ? Verdict.No : Verdict.Yes;

    // DNIC: weights 2 9 8 7 6 3 4; numbers below a million have a leading zero that is not written.
    private static Verdict Ci(ReadOnlySpan<char> value)
    {
        Span<char> padded = ['0', '0', '0', '0', '0', '0', '0', '0'];
        value.CopyTo(padded[(8 - value.Length)..]);
        return value[0] == '0' || AllSame(value[..^1]) ? Verdict.No : Checked((10 - (Weighted(padded, [2, 9, 8, 7, 6, 3, 4]) % 10)) % 10 == padded[7] - '0');
    }

    // Registro Civil: province, a third digit below 6, modulus 10 with weights 2 and 1.
    private static Verdict EcuadorCedula(ReadOnlySpan<char> value)
    {
        var province = Number(value[..2]);
        return (province is < 1 or > 24 && province != 30) || value[2] > '5' ? Verdict.No : Checked(Luhn(value));
    }

    private static Verdict Checked(bool right) => right ? Verdict.Yes : Verdict.Mistyped;
}
