using FsCheck;
using FsCheck.Fluent;
using Gateway.Privacy;
using Gateway.Privacy.Detection;

namespace Gateway.Tests.Privacy;

/// <summary>Texts that are made to cost much, or to break something. What would not be linear in them would not end.</summary>
public sealed class HostileTextTests
{
    private const int Megabytes = 4 * 1024 * 1024;

    private static readonly string[] Scraps =
    [
        "529.982.247-25", "CPF ", "1", "12", "1234", "99999999999999999999", "-", ".", ":", "::", "@", "a@b.co", "\n", "\n\n", " ", "  ", ",", "|", "k", "K", "-K", "12.345.678-", "(", ")", "+", "+55", "°", "'", "\"", "N", "&#", "&#49;", "&#x110000;",
        "%", "%E0%A4", "\\", "\\u", "\\uD800", "\uD800", "\uDC00", "\u200B", "\u202E", "𝟓", "😀", "BR", "GHA-", "IBAN ", "telefone", "order ", "0.1234, ", "-23.55, ", "الرقم القومي ", "आधार ", "name,cpf\n", "a.b.c.", "1.2.3.4", "fe80::", "\0", "ñ", "(at)", "[dot]",
    ];

    public static TheoryData<string> Units =>
    [
        "0", "7", "\u200B", "1.", "1 ", "12 ", "1,", "1:", "a:", ":", "a@", "@", "a@b.", "br 1 ", "4111 ", "12.345.678-", "&#", "&#0;", "%2", "\\", "\\u00", "(at)", "1\n", "a,1\n", "529.982.247-2", "CPF ", "c.p.f.", "aB", "id ",
        "ya ", "1°", "1.5,", "+1", "(", "fe80:", "AB1", "\uD800", "2001:db8::", "(1) ", "1-2/3.4 ", "Kenya id ", "|1", "1k", "A 1 ",
    ];

    [Theory]
    [MemberData(nameof(Units))]
    public void Megabytes_of_one_thing_end(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, Megabytes / unit.Length));
        var found = new List<PersonalDataSpan>();
        Detecting.Detector.Detect(text, found);
        Assert.All(found, f => Assert.InRange(f.End, 1, text.Length));
    }

    [Fact]
    public void No_text_throws_and_what_is_found_is_in_it_in_order() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(20_000),
        Prop.ForAll(Gen.Elements(Scraps).ListOf().Select(string.Concat).ToArbitrary(), text =>
        {
            var end = 0;
            foreach (var span in Detecting.Find(text))
            {
                if (span.Start < end || span.Length <= 0 || span.End > text.Length)
                {
                    return false;
                }

                end = span.End;
            }

            return true;
        }));

    [Fact]
    public void More_than_the_limits_is_said_to_be_unread()
    {
        var found = new List<PersonalDataSpan>();
        var text = "CPF 529.982.247-25. " + new string('x', 100);
        Assert.True(new PersonalDataDetector(new DetectionLimits { Characters = 120 }).Detect(text, found));
        Assert.False(new PersonalDataDetector(new DetectionLimits { Characters = 119 }).Detect(text, found));
        Assert.False(new PersonalDataDetector(new DetectionLimits { Tokens = 5 }).Detect(text, found));
        Assert.False(new PersonalDataDetector(new DetectionLimits { Candidates = 1 }).Detect(text + text, found));
        Assert.Equal(4, found.Count(f => f.Kind == "br_cpf"));
    }

    [Fact]
    public void Threads_share_a_detector()
    {
        const string Text = "CPF 529.982.247-25, e-mail ana@example.org, WhatsApp +55 11 91234-5678 &#64; ٥٢٩";
        var expected = Detecting.Show(Text);
        Parallel.For(0, 2000, _ => Assert.Equal(expected, Detecting.Show(Text)));
    }

    [Fact]
    public void An_operators_words_are_labels_too()
    {
        var detector = new PersonalDataDetector(words: [(PersonalDataKind.KeId, "staff badge")]);
        var found = new List<PersonalDataSpan>();
        Assert.True(detector.Detect("Staff badge: 12345678", found));
        Assert.Equal("ke_id", Assert.Single(found).Kind);
        Assert.Equal("", Detecting.Show("Staff badge: 12345678"));
    }
}
