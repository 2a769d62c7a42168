namespace Gateway.Tests.Privacy;

/// <summary>Each kind by examples that its authority, or the registry of its form, publishes.</summary>
public sealed class RuleTests
{
    // What a check digit and a structure of its own make certain: found without a word about it.
    private static readonly (string Kind, string Value)[] Certain =
    [
        ("br_cpf", "529.982.247-25"), ("br_cpf", "11144477735"), ("br_cnpj", "11.222.333/0001-81"),

        // The example of Receita Federal's own manual of the alphanumeric number.
        ("br_cnpj", "12.ABC.345/01DE-35"), ("br_cnpj", "12ABC34501DE35"),
        ("cl_rut", "12.345.678-5"), ("cl_rut", "76.086.428-5"), ("ar_cuit", "33-69345023-9"), ("ar_cuit", "20-12345678-6"),
        ("mx_curp", "HEGG560427MVZRRL04"), ("mx_curp", "BOXW310820HNERXN09"), ("mx_rfc", "GODE561231GR8"), ("mx_rfc", "MAB9307148T4"),
        ("co_nit", "800.197.268-4"), ("co_nit", "890.903.938-8"), ("pe_ruc", "20131312955"), ("uy_ci", "1.234.567-2"),
        ("in_aadhaar", "2341 2341 2346"), ("in_pan", "AAAPL1234C"), ("za_id", "8001015009087"), ("za_id", "7503305044089"), ("th_id", "1-2345-45678-78-1"),
        ("ke_kra_pin", "A123456789X"), ("gh_card", "GHA-123456789-0"), ("pk_cnic", "42201-1234567-9"),
        ("payment_card", "4111 1111 1111 1111"), ("payment_card", "5555555555554444"), ("payment_card", "378282246310005"), ("payment_card", "3530111333300000"),

        // SWIFT's IBAN registry.
        ("iban", "BR1500000000000010932840814P2"), ("iban", "EG380019000500000000263180002"), ("iban", "SC18SSCB11010000000000001497USD"), ("iban", "MU17BOMM0101101030300200000MUR"),
        ("iban", "PK36 SCBL 0000 0011 2345 6702"), ("iban", "CR05015202001026284066"), ("iban", "DO22ACAU00000000000123456789"), ("iban", "SV62CENR00000000000000700025"),
        ("iban", "GT82TRAJ01020000001210029690"), ("iban", "TN5910006035183598478831"), ("iban", "MR1300020001010000123456753"), ("iban", "AE07 0331 2345 6789 0123 456"),
        ("iban", "SA0380000000608010167519"), ("iban", "JO94CBJO0010000000000131000302"), ("iban", "TL380080012345678910157"), ("iban", "gb29nwbk60161331926819"),
        ("email", "ana.souza@prefeitura.sp.gov.br"), ("email", "用户@例子.公司"), ("email", "o'brien+x@sub.example.co.uk"), ("email", "JOSÉ@correo.mx"),
        ("ip_address", "192.0.2.146"), ("ip_address", "2001:db8::8a2e:370:7334"), ("ip_address", "2001:0db8:0000:0000:0000:ff00:0042:8329"), ("ip_address", "::ffff:192.0.2.128"),
        ("coordinates", "-23.550520, -46.633308"), ("coordinates", "40°26'46\"N 79°58'56\"W"), ("coordinates", "S 1.2921, E 36.8219"),
        ("phone", "+55 11 91234-5678"), ("phone", "+254712345678"), ("phone", "+91 98765 43210"), ("phone", "+44 (0)20 7946 0958"),
    ];

    // What anything could be but for the word beside it.
    private static readonly (string Kind, string Text, string Value)[] Labelled =
    [
        ("cl_rut", "RUT 20.347.878-K".Replace("20.347.878", "10.000.013", StringComparison.Ordinal), "10.000.013-K"),
        ("ar_dni", "DNI argentino 20.123.456", "20.123.456"), ("co_cedula", "cédula de ciudadanía 1.020.304.050", "1.020.304.050"), ("pe_dni", "DNI peruano: 40123456-7", "40123456-7"),
        ("ec_cedula", "cédula 1713175071", "1713175071"), ("ng_nin", "NIN: 12345678901", "12345678901"), ("ng_bvn", "my BVN is 22123456789", "22123456789"),
        ("ke_id", "Kitambulisho 12345678", "12345678"), ("ke_id", "Kenyan ID: 7654321", "7654321"), ("eg_nid", "الرقم القومي ٢٩٠٠١٠١٠١٢٣٤٥٦", "٢٩٠٠١٠١٠١٢٣٤٥٦"),
        ("id_nik", "NIK 3171011708450001", "3171011708450001"), ("bd_nid", "Bangladesh NID 1990123456789", "1990123456789"), ("ph_philsys", "PhilSys 1234-5678-9101-1213", "1234-5678-9101-1213"),
        ("ph_tin", "TIN 123-456-789-000", "123-456-789-000"), ("vn_cccd", "CCCD 001099012345", "001099012345"), ("passport", "Passport No. AB1234567", "AB1234567"),
        ("th_id", "Thai ID 1234545678781", "1234545678781"), ("phone", "WhatsApp 98765 43210", "98765 43210"), ("phone", "celular: (11) 91234-5678", "(11) 91234-5678"),
    ];

    public static IEnumerable<object[]> CertainValues => Certain.Select(c => (object[])[c.Kind, c.Value]);

    public static IEnumerable<object[]> LabelledValues => Labelled.Select(l => (object[])[l.Kind, l.Text, l.Value]);

    [Theory]
    [MemberData(nameof(CertainValues))]
    public void Published_values_are_found_by_what_they_are(string kind, string value)
    {
        Assert.Equal($"{kind}={value}", Detecting.Show($"We wrote {value} in the file."));
        Assert.Equal($"{kind}={value}", Detecting.Show(value));
    }

    [Theory]
    [MemberData(nameof(LabelledValues))]
    public void Values_without_a_check_digit_are_found_beside_their_name(string kind, string text, string value)
    {
        Assert.Equal($"{kind}={value}", Detecting.Show(text));
        Assert.Equal($"{kind}={value}", Detecting.Show($"{text}, obrigado."));
        Assert.Equal("", Detecting.Show($"Item {(kind == "phone" ? "12" : value)} was there."));
    }

    [Theory]
    [InlineData("br_cpf", "529.982.247-25")]
    [InlineData("br_cnpj", "11.222.333/0001-81")]
    [InlineData("br_cnpj", "12.ABC.345/01DE-35")]
    [InlineData("cl_rut", "12.345.678-5")]
    [InlineData("ar_cuit", "33-69345023-9")]
    [InlineData("mx_curp", "HEGG560427MVZRRL04")]
    [InlineData("mx_rfc", "GODE561231GR8")]
    [InlineData("co_nit", "800.197.268-4")]
    [InlineData("pe_ruc", "20131312955")]
    [InlineData("uy_ci", "1.234.567-2")]
    [InlineData("in_aadhaar", "2341 2341 2346")]
    [InlineData("za_id", "8001015009087")]
    [InlineData("th_id", "1-2345-45678-78-1")]
    [InlineData("payment_card", "4111 1111 1111 1111")]
    [InlineData("iban", "CR05015202001026284066")]
    public void A_changed_check_digit_makes_it_another_thing(string kind, string value)
    {
        for (var digit = '0'; digit <= '9'; digit++)
        {
            if (digit != value[^1])
            {
                Assert.DoesNotContain(kind + "=", Detecting.Show($"We wrote {value[..^1]}{digit} in the file."), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_mistyped_value_is_believed_to_be_what_its_label_says()
    {
        Assert.Equal("br_cpf=529.982.247-26", Detecting.Show("CPF: 529.982.247-26"));
        Assert.Equal("", Detecting.Show("número 529.982.247-26"));
    }

    [Theory]
    [InlineData("Order no. 5213203006140651 shipped.")]
    [InlineData("Please upgrade to version 10.2.14.7 before 2024-09-16.")]
    [InlineData("Pedido 52998224725 enviado")]
    [InlineData("[0.123456, -0.654321, 0.111111, 0.424242]")]
    [InlineData("sha256:2528c8c51d6e256f9f725cdbe40146678fe27d99b14442685616e0627e0dc190")]
    [InlineData("7404a288-4bb0-47ab-8a8a-123456789012")]
    [InlineData("std::vector<a::b> c; logo@2x.png; pkg@1.2.3; at 12:30:45")]
    [InlineData("CPF: ***.***.***-**, DNI [REDACTED], phone xxxxx")]
    [InlineData("111.111.111-11 and 00000000000")]
    public void What_only_looks_like_it_is_left_alone(string text) => Assert.Equal("", Detecting.Show(text));

    [Theory]
    [InlineData("a,cpf,b\n1,52998224725,2\n3,11144477735,4", "br_cpf=52998224725, br_cpf=11144477735")]
    [InlineData("| name | ke_id | total |\n|---|---|---|\n| A | 31146617 | 31146618 |", "ke_id=31146617")]
    [InlineData("name;nin;total\nA;12345678901;12345678902", "ng_nin=12345678901")]
    [InlineData("{\"order_id\": \"558228868\", \"passportNumber\": \"X6937310\"}", "passport=X6937310")]
    [InlineData("Here it is, thanks.\n\nname,id_number\nA,7\n\n12345678,1", "")]
    public void Headings_and_keys_name_what_stands_under_and_behind_them(string text, string found) => Assert.Equal(found, Detecting.Show(text));
}
