using FsCheck;
using FsCheck.Fluent;
using Gateway.Privacy.Detection;
using Gateway.Tests.Privacy.Corpus;

namespace Gateway.Tests.Privacy;

/// <summary>What is found of values that are written to be overlooked.</summary>
public sealed class DisguiseTests
{
    [Theory]
    [InlineData("CPF ５２９．９８２．２４７－２５", "br_cpf=５２９．９８２．２４７－２５")]
    [InlineData("CPF ٥٢٩.٩٨٢.٢٤٧-٢٥", "br_cpf=٥٢٩.٩٨٢.٢٤٧-٢٥")]
    [InlineData("CPF 𝟓𝟐𝟗.𝟗𝟖𝟐.𝟐𝟒𝟕-𝟐𝟓", "br_cpf=𝟓𝟐𝟗.𝟗𝟖𝟐.𝟐𝟒𝟕-𝟐𝟓")]
    [InlineData("CPF 529\u200B982\u200D247\u00AD25", "br_cpf=529\u200B982\u200D247\u00AD25")]
    [InlineData("CPF 529&#46;982&#x2e;247&#45;25", "br_cpf=529&#46;982&#x2e;247&#45;25")]
    [InlineData("CPF 529%2E982%2E247%2D25", "br_cpf=529%2E982%2E247%2D25")]
    [InlineData(@"CPF 529\u002e982.247-\u0032\u0035", @"br_cpf=529\u002e982.247-\u0032\u0035")]
    [InlineData(@"CPF \\\\u0035\\\\u0032998224725", @"br_cpf=\\\\u0035\\\\u0032998224725")]
    [InlineData("CPF 5 2 9 9 8 2 2 4 7 2 5", "br_cpf=5 2 9 9 8 2 2 4 7 2 5")]
    [InlineData("CPF 529.982\n.247-25", "br_cpf=529.982\n.247-25")]
    [InlineData("CPF 529982\n24725", "br_cpf=529982\n24725")]
    [InlineData("С.Р.F. 529–982–247–25", "br_cpf=529–982–247–25")]
    [InlineData("PAN ААAPL1234С", "in_pan=ААAPL1234С")]
    [InlineData("write to ana (at) example [dot] org now", "email=ana (at) example [dot] org")]
    [InlineData("ana&#64;example&period;org", "email=ana&#64;example&period;org")]
    [InlineData("mailto:ana%40example.org?x", "email=ana%40example.org")]
    [InlineData("ana@\nexample.org", "email=ana@\nexample.org")]
    [InlineData("IP 192[.]0[.]2[.]146", "ip_address=192[.]0[.]2[.]146")]
    [InlineData("CPF 529.982.247-2S", "br_cpf=529.982.247-2S")]
    [InlineData("CPF de Ana: (529982247) (25)", "br_cpf=529982247) (25")]
    public void Disguised_values_are_found_where_they_stand(string text, string found) => Assert.Equal(found, Detecting.Show(text));

    [Fact]
    public void Any_value_in_any_disguise_is_found_in_its_place() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(1500),
        Prop.ForAll(
            (from seed in Gen.Choose(0, int.MaxValue)
             from kind in Gen.Elements("br_cpf", "br_cnpj", "ar_cuit", "mx_curp", "mx_rfc", "pe_ruc", "za_id", "iban", "email", "in_pan", "payment_card", "gh_card", "ke_kra_pin")

                 // Letters in the place of digits are looked for, but now and then stand for another number as well.
             from disguise in Gen.Elements(Disguises.All.Where(d => d != "letters_for_digits").ToArray())
             select (seed, kind, disguise)).ToArbitrary(),
            one =>
            {
                var random = new Random(one.seed);
                var value = Disguises.Apply(one.disguise, one.kind, new Values(random).Make(one.kind), random);
                var text = $"{Phrases.Labels[one.kind][0].Split(':')[^1]}: {value} — obrigado";
                var found = Detecting.Find(text);
                var start = text.IndexOf(value, StringComparison.Ordinal);
                return found.Any(f => f.Kind == one.kind && Math.Abs(f.Start - start) <= 1 && f.Start + f.Length >= start + value.Length - 1 && f.End <= start + value.Length + 1);
            }));

    [Fact]
    public void Folding_keeps_the_way_back() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(
            Gen.Elements("a", "1", "é", "\u200B", "&#49;", "&#8203;", "%2E", "𝟓", "😀", "\uD800", "(at)", "\\u0031", "ा", "Ａ", " ", "\n").ListOf().ToArbitrary(),
            pieces =>
            {
                // Every folded character comes from a piece that begins where the way back says.
                var text = string.Concat(pieces);
                var starts = new HashSet<int>();
                var at = 0;
                foreach (var piece in pieces)
                {
                    starts.UnionWith(piece.Length == 2 && char.IsSurrogatePair(piece, 0) ? [at, at + 1] : [at]);
                    at += piece.Length;
                }

                starts.Add(at);
                var folded = FoldedText.Of(text);
                var right = true;
                for (var i = 0; i < folded.Text.Length; i++)
                {
                    var (start, end) = folded.ToOriginal(i, i + 1);
                    right &= starts.Contains(start) && starts.Contains(end) && end > start;
                }

                folded.Return();
                return right;
            }));
}
