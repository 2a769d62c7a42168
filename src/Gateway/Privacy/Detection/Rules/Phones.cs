using static Gateway.Privacy.Detection.CheckDigits;

namespace Gateway.Privacy.Detection.Rules;

/// <summary>Telephone numbers: ITU-T E.164 country codes with the lengths of their national numbers, and how numbers begin at home.</summary>
internal static class Phones
{
    // Country code: lengths of national numbers, by the countries' numbering plans as told to the ITU. Others have 6 to 12 digits.
    private const string Plans =
        "1:10 7:10 20:8-10 27:9 30:10 31:9 32:8-9 33:9 34:9 36:8-9 39:8-11 40:9 41:9 43:8-13 44:9-10 45:8 46:7-10 47:8 48:9 49:7-12 51:8-9 52:10 53:8 54:10-11 55:10-11 56:9 57:10 58:10 60:8-10 61:9 62:7-12 63:8-10 64:8-10 "
        + "65:8 66:8-9 81:9-10 82:8-10 84:9-10 86:10-11 90:10 91:10 92:9-10 93:9 94:9 95:7-10 98:10 211:9 212:9 213:8-9 216:8 218:8-9 220:7 221:9 222:8 223:8 224:8-9 225:8-10 226:8 227:8 228:8 229:8-10 230:7-8 231:7-9 "
        + "232:8 233:9 234:8-10 235:8 236:8 237:8-9 238:7 239:7 240:9 241:7-8 242:9 243:9 244:9 245:7-9 248:7 249:9 250:9 251:9 252:7-9 253:8 254:9 255:9 256:9 257:8 258:8-9 260:9 261:9 262:9 263:8-9 264:8-9 265:7-9 266:8 "
        + "267:7-8 268:8 269:7 291:7 297:7 351:9 352:6-9 353:7-9 354:7 355:8-9 356:8 357:8 358:6-11 359:8-9 370:8 371:8 372:7-8 373:8 374:8 375:9 376:6 377:8-9 378:6-10 380:9 381:8-9 382:8 385:8-9 386:8 387:8 389:8 "
        + "420:9 421:9 423:7 500:5 501:7 502:8 503:8 504:8 505:8 506:8 507:7-8 508:6 509:8 590:9 591:8 592:7 593:8-9 594:9 595:8-9 596:9 597:6-7 598:7-8 599:7-8 670:7-8 673:7 675:7-8 679:7 852:8 853:8 855:8-9 856:8-10 "
        + "880:8-10 886:8-9 960:7 961:7-8 962:8-9 963:8-9 964:8-10 965:8 966:8-9 967:7-9 968:8 970:8-9 971:8-9 972:8-9 973:8 974:8 975:7-8 976:8 977:8-10 992:9 993:8 994:9 995:9 996:9 998:9";

    // By country code up to 999: least and most digits behind it; 0 where there is no such code.
    private static readonly (byte Least, byte Most)[] ByCode = Build();

    public enum Shape
    {
        No,

        /// <summary>Only context makes it one.</summary>
        Digits,

        /// <summary>It begins as numbers do at home: 0, or an area in brackets.</summary>
        National,

        /// <summary>A plus sign, a country's code and as many digits as that country has.</summary>
        International,
    }

    /// <param name="digits">All digits, country code included.</param>
    /// <param name="plus">Whether a plus sign stands before them.</param>
    public static Shape Judge(ReadOnlySpan<char> digits, bool plus)
    {
        if (AllSame(digits))
        {
            return Shape.No;
        }

        if (plus || (digits.Length > 10 && digits[0] == '0' && digits[1] == '0'))
        {
            var number = plus ? digits : digits[2..];
            return IsInternational(number) ? Shape.International : Shape.No;
        }

        return digits.Length is < 7 or > 13 ? Shape.No
            : digits.Length > 11 ? IsInternational(digits) || (digits[0] == '0' && digits.Length == 12) || digits.StartsWith("08") ? Shape.Digits : Shape.No
            : digits[0] == '0' && digits.Length >= 9 && digits[1] != '0' ? Shape.National : Shape.Digits;
    }

    private static bool IsInternational(ReadOnlySpan<char> digits)
    {
        // No code is the beginning of another.
        for (var length = 1; length <= 3 && length < digits.Length; length++)
        {
            var (least, most) = ByCode[Number(digits[..length])];
            if (most > 0)
            {
                var rest = digits.Length - length;

                // People write the trunk's zero behind the code too: +44 (0)20 ...
                return rest >= least && (rest <= most || (rest == most + 1 && digits[length] == '0'));
            }
        }

        return false;
    }

    private static (byte Least, byte Most)[] Build()
    {
        var table = new (byte, byte)[1000];
        foreach (var plan in Plans.Split(' '))
        {
            var colon = plan.IndexOf(':', StringComparison.Ordinal);
            var lengths = plan[(colon + 1)..].Split('-');
            table[Number(plan.AsSpan(0, colon))] = ((byte)Number(lengths[0]), (byte)Number(lengths[^1]));
        }

        return table;
    }
}
