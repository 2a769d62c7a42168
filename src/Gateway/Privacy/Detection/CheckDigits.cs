namespace Gateway.Privacy.Detection;

/// <summary>The sums behind check digits. Values are ASCII digits; letters where a rule says so.</summary>
internal static class CheckDigits
{
    // Verhoeff's tables: multiplication of the dihedral group D5, and its permutation by position.
    private static readonly byte[] D5 =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 0, 6, 7, 8, 9, 5, 2, 3, 4, 0, 1, 7, 8, 9, 5, 6, 3, 4, 0, 1, 2, 8, 9, 5, 6, 7, 4, 0, 1, 2, 3, 9, 5, 6, 7, 8,
        5, 9, 8, 7, 6, 0, 4, 3, 2, 1, 6, 5, 9, 8, 7, 1, 0, 4, 3, 2, 7, 6, 5, 9, 8, 2, 1, 0, 4, 3, 8, 7, 6, 5, 9, 3, 2, 1, 0, 4, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    ];

    private static readonly byte[] Permutation =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 5, 7, 6, 2, 8, 3, 0, 9, 4, 5, 8, 0, 3, 7, 9, 6, 1, 4, 2, 8, 9, 1, 6, 0, 4, 3, 5, 2, 7,
        9, 4, 5, 3, 1, 2, 6, 8, 7, 0, 4, 2, 8, 6, 5, 7, 3, 9, 0, 1, 2, 7, 9, 3, 8, 0, 6, 4, 1, 5, 7, 0, 4, 6, 9, 1, 3, 2, 5, 8,
    ];

    /// <summary>The sum of products, each character counted as its code minus 48: digits as they are, letters as Brazil's alphanumeric CNPJ has it.</summary>
    public static int Weighted(ReadOnlySpan<char> value, ReadOnlySpan<byte> weights)
    {
        var sum = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += (value[i] - '0') * weights[i];
        }

        return sum;
    }

    /// <summary>ISO/IEC 7812-1, annex B.</summary>
    public static bool Luhn(ReadOnlySpan<char> value)
    {
        var sum = 0;
        for (var i = 0; i < value.Length; i++)
        {
            var digit = value[^(i + 1)] - '0';
            sum += (i & 1) == 0 ? digit : digit < 5 ? digit * 2 : (digit * 2) - 9;
        }

        return sum % 10 == 0;
    }

    /// <summary>J. Verhoeff, Error Detecting Decimal Codes, 1969.</summary>
    public static bool Verhoeff(ReadOnlySpan<char> value)
    {
        var check = 0;
        for (var i = 0; i < value.Length; i++)
        {
            check = D5[(check * 10) + Permutation[((i & 7) * 10) + (value[^(i + 1)] - '0')]];
        }

        return check == 0;
    }

    public static bool AllSame(ReadOnlySpan<char> value) => value.IndexOfAnyExcept(value[0]) < 0;

    /// <summary>Whether six digits are a date as YYMMDD; the century is not known, so that 29 February is one in any year.</summary>
    public static bool IsDate(ReadOnlySpan<char> yymmdd) => IsMonthDay(Number(yymmdd.Slice(2, 2)), Number(yymmdd.Slice(4, 2)));

    public static bool IsMonthDay(int month, int day) => month is >= 1 and <= 12 && day >= 1 && day <= (month == 2 ? 29 : month is 4 or 6 or 9 or 11 ? 30 : 31);

    public static int Number(ReadOnlySpan<char> digits)
    {
        var value = 0;
        foreach (var digit in digits)
        {
            value = (value * 10) + digit - '0';
        }

        return value;
    }
}
