using System.Globalization;
using System.Text;

namespace Gateway.Tests.Privacy.Corpus;

/// <summary>Makes values of every kind that are right by the rules of their authorities, as people write them. Written without a look at the detectors.</summary>
internal sealed class Values(Random random)
{
    private static readonly (string Code, int Length, string Shape)[] Ibans =
    [
        ("BR", 29, "nnnnnnnnnnnnnnnnnnnnnnnac"), ("AE", 23, ""), ("SA", 24, "nncccccccccccccccccc"), ("EG", 29, ""), ("PK", 24, "aaaacccccccccccccccc"), ("CR", 22, ""), ("DO", 28, "cccc"),
        ("GT", 28, "cccccccccccccccccccccccc"), ("SV", 28, "aaaa"), ("MU", 30, "aaaannnnnnnnnnnnnnnnnnnaaa"), ("TN", 24, ""), ("MR", 27, ""), ("DE", 22, ""), ("FR", 27, ""), ("CI", 28, "aa"), ("JO", 30, "aaaa"),
    ];

    private static readonly string[] People = ["ana", "lopez", "fatou", "diop", "meera", "kumar", "agus", "salim", "otieno", "achieng", "bruno", "costa", "nadia", "hassan", "tran", "somchai", "chidi", "obi", "joy", "reyes"];
    private static readonly string[] Hosts = ["gmail.com", "proton.me", "correo.gob.pe", "uni.edu.br", "tutanota.de", "minsa.go.tz", "mail.co.id", "empresa.com.ar", "ecole.sn", "rediffmail.com", "sub.domain.example.org"];

    public Random Random => random;

    public string Make(string kind) => kind switch
    {
        "email" => Email(),
        "phone" => Phone(),
        "payment_card" => Card(),
        "iban" => Iban(),
        "ip_address" => Ip(),
        "coordinates" => Coordinates(),
        "br_cpf" => Cpf(),
        "br_cnpj" => Cnpj(),
        "cl_rut" => Rut(),
        "ar_cuit" => Cuit(),
        "ar_dni" => Pick(Group(Digits(8, '1'), "2.3.3"), Digits(8, '2'), Digits(7, '5')),
        "mx_curp" => Curp(),
        "mx_rfc" => Rfc(),
        "co_nit" => Nit(),
        "co_cedula" => Pick(Digits(8, '5'), Group(Digits(8, '7'), "2.3.3"), "10" + Digits(8), Group("1" + Digits(9), "1.3.3.3")),
        "pe_ruc" => Ruc(),
        "pe_dni" => Pick(Digits(8, '4'), Digits(8, '0'), Digits(8, '7') + "-" + Digits(1)),
        "uy_ci" => Ci(),
        "ec_cedula" => Ecuador(),
        "in_aadhaar" => Aadhaar(),
        "in_pan" => Letters(3) + Pick("P", "C", "H", "F") + Letters(1) + Number(4, 1, 9999) + Letters(1),
        "za_id" => SouthAfrica(),
        "ng_nin" => Group(Digits(11, '3'), Pick("11", "4 3 4", "11")),
        "ng_bvn" => "22" + Digits(9),
        "ke_id" => Pick(Digits(8, '3'), Digits(7, '9'), Digits(8, '2')),
        "ke_kra_pin" => Pick("A", "P") + "0" + Digits(8) + Letters(1),
        "gh_card" => "GHA-" + Digits(9) + "-" + Digits(1),
        "eg_nid" => Egypt(),
        "id_nik" => Nik(),
        "pk_cnic" => Group(random.Next(1, 8) + Digits(12), Pick("5-7-1", "13", "5-7-1")),
        "bd_nid" => Pick(Digits(10, '6'), Digits(13, '3'), random.Next(1950, 2008) + Digits(13)),
        "ph_philsys" => Group(Digits(16, '5'), Pick("4-4-4-4", "16", "4 4 4 4")),
        "ph_tin" => Pick(Group(Digits(9, '2'), "3-3-3"), Group(Digits(9, '4') + "000", "3-3-3-3"), Digits(9, '1') + "00000", Digits(9, '3')),
        "vn_cccd" => Pick("001", "079", "031", "048", "092", "066") + random.Next(0, 4) + Number(2, 0, 99) + Digits(6),
        "th_id" => Thai(),
        "passport" => Pick(Letters(1) + Digits(7), Letters(2) + Digits(7), Letters(1) + Digits(8), Letters(2) + Digits(6)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public string Pick(params string[] values) => values[random.Next(values.Length)];

    public string Digits(int count, char first = '\0')
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(i == 0 && first != '\0' ? first : (char)('0' + random.Next(10)));
        }

        return text.ToString();
    }

    /// <summary>Puts separators in: lengths of groups with the signs between, such as <c>3.3.3-2</c>.</summary>
    public static string Group(string digits, string format)
    {
        var text = new StringBuilder();
        var at = 0;
        for (var i = 0; i < format.Length;)
        {
            var end = i;
            while (end < format.Length && char.IsAsciiDigit(format[end]))
            {
                end++;
            }

            var length = int.Parse(format.AsSpan(i, end - i), CultureInfo.InvariantCulture);
            text.Append(digits, at, length);
            at += length;
            if (end < format.Length)
            {
                text.Append(format[end]);
            }

            i = end + 1;
        }

        return text.ToString();
    }

    private string Letters(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)('A' + random.Next(26))));

    private string Number(int width, int least, int most) => random.Next(least, most + 1).ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');

    private string Date() => Number(2, 40, 99) + Number(2, 1, 12) + Number(2, 1, 28);

    private static int Sum(string value, params int[] weights) => weights.Select((w, i) => (value[i] - '0') * w).Sum();

    // The character that makes the value right in the eyes of a test.
    private static string With(string start, Func<string, bool> isRight, string alphabet = "0123456789") => start + alphabet.First(c => isRight(start + c));

    private static bool Luhn(string value)
    {
        var sum = 0;
        for (var i = 0; i < value.Length; i++)
        {
            var digit = value[value.Length - 1 - i] - '0';
            sum += i % 2 == 0 ? digit : (digit * 2 / 10) + (digit * 2 % 10);
        }

        return sum % 10 == 0;
    }

    private string Email()
    {
        var (first, last) = (Pick(People), Pick(People));
        var local = Pick(first + "." + last, first + "_" + last, first + Digits(2), first + "." + last + "+" + Pick("news", "work"), last + "-" + first, first[0] + last);
        return local + "@" + Pick(Hosts);
    }

    private string Phone() => Pick(
        "+55 " + Number(2, 11, 99) + " 9" + Digits(4) + "-" + Digits(4), "(" + Number(2, 11, 99) + ") 9" + Digits(4) + "-" + Digits(4), "+52 " + "55 " + Digits(4, '5') + " " + Digits(4), "+54 9 11 " + Digits(4, '6') + "-" + Digits(4),
        "+57 3" + Digits(2) + " " + Digits(7), "3" + Digits(2) + " " + Digits(3) + " " + Digits(4), "+56 9 " + Digits(4) + " " + Digits(4), "+91 9" + Digits(4) + " " + Digits(5), "09" + Digits(9), "+91" + "8" + Digits(9),
        "0812-" + Digits(4) + "-" + Digits(4), "+62 813 " + Digits(4) + " " + Digits(4), "0803 " + Digits(3) + " " + Digits(4), "+234 806 " + Digits(3) + " " + Digits(4), "07" + Digits(2) + " " + Digits(6), "+2547" + Digits(8),
        "+27 82 " + Digits(3) + " " + Digits(4), "082 " + Digits(3) + " " + Digits(4), "010" + Digits(8), "+20 10 " + Digits(4) + " " + Digits(4), "+221 77 " + Digits(3) + " " + Digits(2) + " " + Digits(2), "77 " + Digits(3) + " " + Digits(2) + " " + Digits(2),
        "+225 07 " + Digits(2) + " " + Digits(2) + " " + Digits(2) + " " + Digits(2), "+255 712 " + Digits(3) + " " + Digits(3), "0754 " + Digits(3) + " " + Digits(3), "+63 917 " + Digits(3) + " " + Digits(4), "0917-" + Digits(3) + "-" + Digits(4),
        "+84 91 " + Digits(3) + " " + Digits(4), "+66 81 " + Digits(3) + " " + Digits(4), "+92 300 " + Digits(7), "0300-" + Digits(7), "+880 17" + Digits(8), "01711-" + Digits(6), "+966 50 " + Digits(3) + " " + Digits(4), "9" + Digits(2) + " " + Digits(3) + " " + Digits(3));

    private string Card()
    {
        var start = Pick("4" + Digits(14), "5" + random.Next(1, 6) + Digits(13), "34" + Digits(12), "6011" + Digits(11), "5067" + "0" + Digits(10), "606282" + Digits(9), "2" + Number(3, 221, 720) + Digits(11), "62" + Digits(13));
        start = start.StartsWith("50670", StringComparison.Ordinal) ? "506700" + start[6..] : start;
        var value = With(start, Luhn);
        return value.Length == 16 ? Group(value, Pick("16", "4 4 4 4", "4-4-4-4")) : Group(value, Pick("15", "4 6 5"));
    }

    private string Iban()
    {
        var (code, length, shape) = Ibans[random.Next(Ibans.Length)];
        var body = string.Concat(Enumerable.Range(0, length - 4).Select(i => (i < shape.Length ? shape[i] : 'n') switch
        {
            'a' => Letters(1),
            'c' => Pick(Letters(1), Digits(1)),
            _ => Digits(1),
        }));
        var rest = (body + code + "00").Aggregate(0, (r, c) => char.IsAsciiDigit(c) ? ((r * 10) + c - '0') % 97 : ((r * 100) + c - 'A' + 10) % 97);
        var value = code + (98 - rest).ToString("00", CultureInfo.InvariantCulture) + body;
        return random.Next(2) == 0 ? value : string.Join(' ', value.Chunk(4).Select(c => new string(c)));
    }

    private string Ip() => random.Next(3) > 0
        ? $"{random.Next(11, 223)}.{random.Next(256)}.{random.Next(256)}.{random.Next(1, 255)}"
        : random.Next(2) == 0
            ? "2" + string.Join(':', Enumerable.Range(0, 8).Select(_ => random.Next(0x1000, 0x10000).ToString("x", CultureInfo.InvariantCulture)))[1..]
            : "2803:" + random.Next(0x100, 0x10000).ToString("x", CultureInfo.InvariantCulture) + "::" + random.Next(1, 0x10000).ToString("x", CultureInfo.InvariantCulture);

    private string Coordinates()
    {
        var (latitude, longitude) = ((random.NextDouble() * 110) - 55, (random.NextDouble() * 260) - 130);
        return random.Next(4) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"{latitude:F4}, {longitude:F4}"),
            1 => string.Create(CultureInfo.InvariantCulture, $"{latitude:F6},{longitude:F6}"),
            2 => string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(latitude):F4}° {(latitude < 0 ? 'S' : 'N')}, {Math.Abs(longitude):F4}° {(longitude < 0 ? 'W' : 'E')}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{random.Next(55)}°{random.Next(60)}'{random.Next(60)}\"S {random.Next(120)}°{random.Next(60)}'{random.Next(60)}\"W"),
        };
    }

    private string Cpf()
    {
        static int Digit(int sum) => sum * 10 % 11 % 10;
        var value = Digits(9);
        value += Digit(Sum(value, 10, 9, 8, 7, 6, 5, 4, 3, 2));
        value += Digit(Sum(value, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2));
        return Group(value, Pick("3.3.3-2", "11", "3.3.3-2"));
    }

    private string Cnpj()
    {
        static int Digit(int sum) => sum % 11 < 2 ? 0 : 11 - (sum % 11);
        var value = random.Next(3) > 0 ? Digits(8) + "000" + random.Next(1, 9) : string.Concat(Enumerable.Range(0, 12).Select(_ => Pick(Letters(1), Digits(1))));
        value += Digit(Sum(value, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2));
        value += Digit(Sum(value, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2));
        return Group(value, Pick("2.3.3/4-2", "14", "2.3.3/4-2"));
    }

    private string Rut()
    {
        var body = random.Next(5_000_000, 27_000_000).ToString(CultureInfo.InvariantCulture);
        var sum = 0;
        for (var i = 0; i < body.Length; i++)
        {
            sum += (body[body.Length - 1 - i] - '0') * new[] { 2, 3, 4, 5, 6, 7 }[i % 6];
        }

        var value = body + "0123456789K"[(11 - (sum % 11)) % 11];
        return Group(value, body.Length == 8 ? Pick("2.3.3-1", "8-1") : Pick("1.3.3-1", "7-1"));
    }

    private string Cuit()
    {
        while (true)
        {
            var value = Pick("20", "27", "23", "30", "33") + Digits(8, '2');
            var check = (11 - (Sum(value, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11)) % 11;
            if (check < 10)
            {
                return Group(value + check, Pick("2-8-1", "11"));
            }
        }
    }

    private string Curp()
    {
        const string Alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ";
        var value = Letters(1) + Pick("A", "E", "I", "O", "U") + Letters(2) + Date() + Pick("H", "M") + Pick("DF", "JC", "NL", "OC", "VZ", "CS") + Pick("RND", "LPZ", "MTS", "GNS") + Pick("0", "1", "A");
        var sum = value.Select((c, i) => Alphabet.IndexOf(c, StringComparison.Ordinal) * (18 - i)).Sum();
        return value + ((10 - (sum % 10)) % 10);
    }

    private string Rfc()
    {
        const string Alphabet = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";
        var value = Letters(random.Next(3) == 0 ? 3 : 4) + Date() + Pick(Letters(1) + Digits(1), Digits(2), Letters(2));
        var sum = value.PadLeft(12).Select((c, i) => Alphabet.IndexOf(c, StringComparison.Ordinal) * (13 - i)).Sum();
        return value + "0123456789A"[(11 - (sum % 11)) % 11];
    }

    private string Nit()
    {
        var value = Pick("8", "9") + Digits(8);
        var rest = Sum(value, 41, 37, 29, 23, 19, 17, 13, 7, 3) % 11;
        return Group(value + (rest < 2 ? rest : 11 - rest), Pick("3.3.3-1", "9-1"));
    }

    private string Ruc()
    {
        while (true)
        {
            var value = Pick("10", "20", "20") + Digits(8, '4');
            var check = (11 - (Sum(value, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11)) % 10;
            return value + check;
        }
    }

    private string Ci()
    {
        var body = random.Next(1_200_000, 6_300_000).ToString(CultureInfo.InvariantCulture);
        return Group(body + ((10 - (Sum(body, 2, 9, 8, 7, 6, 3, 4) % 10)) % 10), Pick("1.3.3-1", "7-1", "8", "1.3.3-1"));
    }

    private string Ecuador() => Group(With(Number(2, 1, 24) + random.Next(6) + Digits(6), Luhn), Pick("10", "9-1", "10"));

    private string Aadhaar()
    {
        var value = With(Digits(11, (char)('2' + random.Next(8))), v => Verhoeff(v));
        return Group(value, Pick("4 4 4", "12", "4-4-4"));
    }

    private static bool Verhoeff(string value)
    {
        // The dihedral group of order 10 as sums, in the place of the usual table.
        static int Multiply(int a, int b) => a < 5 ? b < 5 ? (a + b) % 5 : 5 + ((a + b - 5) % 5) : b < 5 ? 5 + ((a - 5 - b + 5) % 5) : (a - b + 5) % 5;
        int[] permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
        var check = 0;
        for (var i = 0; i < value.Length; i++)
        {
            var digit = value[value.Length - 1 - i] - '0';
            for (var p = 0; p < i % 8; p++)
            {
                digit = permutation[digit];
            }

            check = Multiply(check, digit);
        }

        return check == 0;
    }

    private string SouthAfrica() => Group(With(Date() + Digits(4) + Pick("0", "1") + "8", Luhn), Pick("13", "6 4 2 1", "13"));

    private string Egypt() => Pick("2", "3") + Date() + Pick("01", "02", "12", "21", "27") + Digits(5);

    private string Nik() => Pick("3171", "3273", "1271", "5171", "7371") + Number(2, 1, 20) + Number(2, 1, 28) + Number(2, 1, 12) + Number(2, 50, 99) + "00" + Number(2, 1, 99);

    private string Thai()
    {
        var value = random.Next(1, 9) + Digits(11);
        return Group(value + ((11 - (Sum(value, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) % 11)) % 10), Pick("13", "1-4-5-2-1", "1 4 5 2 1"));
    }
}
