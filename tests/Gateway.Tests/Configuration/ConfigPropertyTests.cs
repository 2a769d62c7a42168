using FsCheck;
using FsCheck.Fluent;
using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

public sealed class ConfigPropertyTests : IDisposable
{
    private static readonly string[] Scraps =
    [
        "\n", "\r", " ", "\t", "  ", "- ", ": ", ":", ",", "#", "[", "]", "{", "}", "\"", "'", "&a ", "*a", "!t ", "? ", "|\n", ">\n", "---\n", "...\n", "%YAML 1.2\n",
        "${OPENAI_KEY}", "${", "$", "file:", "~", "null", "NO", "0x1", "-1", "99999999999", "name", "api_key", "kind", "\\", "\"\\x", "\"\\U00110000\"", "\"\\uD800\"",
        "\0", "\u0085", "\u2028", "\uFEFF", "\uD83D\uDE00", "é", "<<: *a", "@", "`", "sha256: ",
    ];

    private readonly ConfigFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_text_throws_or_gives_an_error_outside_of_the_file_or_shows_a_secret()
    {
        var edit =
            from at in Gen.Choose(0, ConfigFolder.Sample.Length)
            from cut in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(0, 8)), (1, Gen.Choose(0, 400)))
            from scrap in Gen.Frequency(
                (4, Gen.Elements(Scraps)),
                (2, Gen.Choose(0, ConfigFolder.Sample.Length - 40).Select(i => ConfigFolder.Sample.Substring(i, 40))),
                (1, Gen.Constant("")))
            select (at, cut, scrap);
        var text = edit.ListOf().Resize(6).Select(edits => edits.Aggregate(ConfigFolder.Sample, Apply));

        Check(text.Or(Gen.Elements(Scraps).ListOf().Select(string.Concat)), count: 3_000);
    }

    [Fact]
    public void No_bytes_throw() => Check(
        Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(),
        bytes =>
        {
            File.WriteAllBytes(_folder.File, bytes);
            return _folder.Load();
        },
        bytes => System.Text.Encoding.Latin1.GetString(bytes),
        count: 1_000);

    private static string Apply(string text, (int At, int Cut, string Scrap) edit)
    {
        var at = Math.Min(edit.At, text.Length);
        return string.Concat(text.AsSpan(0, at), edit.Scrap, text.AsSpan(Math.Min(text.Length, at + edit.Cut)));
    }

    private void Check(Gen<string> texts, int count) => Check(texts, _folder.Load, text => text, count);

    private static void Check<T>(Gen<T> inputs, Func<T, LoadResult> load, Func<T, string> textOf, int count) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(inputs.ToArbitrary(), input =>
        {
            var result = load(input);
            var lines = textOf(input).ReplaceLineEndings("\n").Split('\n').Length;
            Assert.Equal(result.Success, result.Errors.Count == 0);
            Assert.All(result.Errors.Concat(result.Warnings), error =>
            {
                Assert.InRange(error.Line, 1, lines);
                Assert.InRange(error.Column, 1, int.MaxValue);
                Assert.NotEmpty(error.Message);
                var printed = error.ToString();
                Assert.DoesNotContain(printed, char.IsControl);
                Assert.DoesNotContain(ConfigFolder.EnvironmentSecret, printed, StringComparison.Ordinal);
                Assert.DoesNotContain(ConfigFolder.FileSecret, printed, StringComparison.Ordinal);
            });
            Assert.DoesNotContain(ConfigFolder.EnvironmentSecret, result.ToString(), StringComparison.Ordinal);
        }));
}
