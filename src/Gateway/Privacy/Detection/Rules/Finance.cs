using static Gateway.Privacy.Detection.CheckDigits;

namespace Gateway.Privacy.Detection.Rules;

/// <summary>Payment cards and IBANs.</summary>
internal static class Finance
{
    public static readonly KindRule[] Rules =
    [
        new(PersonalDataKind.PaymentCard, [13, 14, 15, 16, 17, 18, 19], Card)
        {
            Bare = 25, Official = 45, Grouped = 38, Odd = 15, Likely = 35, Formats = ["4 4 4 4", "4-4-4-4", "4 6 5", "4-6-5", "4 4 4 4 3", "4 6 4", "4.4.4.4"],
        },
    ];

    // Lengths by country: SWIFT's IBAN registry, release 99, and the countries that use the form without being in it.
    private const string Lengths =
        "AD24 AE23 AL28 AO25 AT20 AZ28 BA20 BE16 BF28 BG22 BH22 BI27 BJ28 BR29 BY28 CF27 CG27 CH21 CI28 CM27 CR22 CV25 CY28 CZ24 DE22 DJ27 DK18 DO28 DZ26 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GA27 GB22 GE22 "
        + "GI23 GL18 GQ27 GR27 GT28 GW25 HN28 HR21 HU28 IE22 IL23 IQ23 IR26 IS26 IT27 JO30 KM27 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MA28 MC27 MD24 ME22 MG27 MK19 ML28 MN20 MR27 MT31 MU30 MZ25 NE28 "
        + "NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SN28 SO23 ST25 SV28 TD27 TG28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

    private static readonly byte[] LengthByCountry = BuildLengths();

    /// <summary>Length of a country's IBANs; 0 where there are none.</summary>
    public static int IbanLength(char first, char second) =>
        char.IsAsciiLetterUpper(first) && char.IsAsciiLetterUpper(second) ? LengthByCountry[((first - 'A') * 26) + second - 'A'] : 0;

    /// <summary>ISO 13616: modulus 97-10 over the value with its first four characters behind, letters as 10 to 35.</summary>
    /// <param name="value">Digits and capital letters.</param>
    public static bool IsIban(ReadOnlySpan<char> value)
    {
        if (value.Length != IbanLength(value[0], value[1]) || !char.IsAsciiDigit(value[2]) || !char.IsAsciiDigit(value[3]))
        {
            return false;
        }

        var rest = 0;
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[(i + 4) % value.Length];
            rest = char.IsAsciiDigit(c) ? ((rest * 10) + c - '0') % 97 : ((rest * 100) + c - 'A' + 10) % 97;
        }

        return rest == 1;
    }

    // ISO/IEC 7812: Luhn, and an issuer's range. Likely is what the large networks give out with that length; Maestro's wide range needs context.
    private static Verdict Card(ReadOnlySpan<char> value)
    {
        var issuer = Number(value[..6]);
        var network = issuer switch
        {
            >= 400000 and <= 499999 => value.Length is 13 or 16 or 19,
            (>= 510000 and <= 559999) or (>= 222100 and <= 272099) => value.Length == 16,
            (>= 340000 and <= 349999) or (>= 370000 and <= 379999) => value.Length == 15,
            (>= 300000 and <= 305999) or (>= 309500 and <= 309599) or (>= 360000 and <= 369999) or (>= 380000 and <= 399999) => value.Length is 14 or >= 16,
            (>= 601100 and <= 601199) or (>= 622126 and <= 622925) or (>= 644000 and <= 659999) or (>= 352800 and <= 358999) => value.Length >= 16,

            // UnionPay, RuPay, Elo, Hipercard, Verve, Meeza, Mir, Troy and the cards of Argentina.
            (>= 620000 and <= 629999) or (>= 810000 and <= 829999) or (>= 508500 and <= 508999) or (>= 606985 and <= 608500) or (>= 220000 and <= 220499) or (>= 979200 and <= 979299)
                or 401178 or 401179 or 438935 or 457631 or 457632 or 504175 or 627780 or 636297 or 636368 or (>= 506699 and <= 506778) or (>= 509000 and <= 509999)
                or 606282 or 637095 or (>= 506099 and <= 506198) or (>= 507865 and <= 507964) or (>= 507803 and <= 507810) or 589562 or 603488 or (>= 604200 and <= 604400) or 589657 => value.Length >= 16,
            _ => false,
        };
        var possible = network || issuer is (>= 500000 and <= 509999) or (>= 560000 and <= 699999);
        return !possible || AllSame(value) ? Verdict.No : !Luhn(value) ? Verdict.Mistyped : network ? Verdict.Likely : Verdict.Yes;
    }

    private static byte[] BuildLengths()
    {
        var table = new byte[26 * 26];
        foreach (var entry in Lengths.Split(' '))
        {
            table[((entry[0] - 'A') * 26) + entry[1] - 'A'] = (byte)Number(entry.AsSpan(2));
        }

        return table;
    }
}
