using System.Globalization;
using System.Text;
using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

public sealed class ConfigParserTests : IDisposable
{
    private readonly ConfigFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n")]
    [InlineData("~\n")]
    public void An_empty_file_is_an_error_because_it_would_serve_nothing(string yaml) => Assert.Equal(
        ["1:1: the file is empty, so nothing would be served; write `models`, `deployments` and `tenants`"],
        _folder.Errors(yaml));

    [Theory]
    [InlineData("models:\n\t- a\n", "2:1: a tab is used to indent; use spaces")]
    [InlineData("models:\n  - name: a\n\t  weight: 1\n", "3:1: a tab is used to indent; use spaces")]
    [InlineData("listen:\n  api: \"127.0.0.1:80\n", "2:8: the quotes that open here are not closed")]
    [InlineData("models: [a, b\ntenants: []\n", "2:1: not YAML from here on; a bracket or a quote above may not be closed")]
    [InlineData("models:\n  - { name: a, deployments: [d]\n", "3:1: expected `,` or `}`")]
    [InlineData("listen:\n  api: a\n admin: b\n", "3:2: this line does not stand below a key of the same mapping; check the indentation")]
    [InlineData("listen:\n  api: a: b\n", "2:9: a second `: ` on this line; check the indentation, or put the value in quotes")]
    [InlineData("listen\nmodels: []\n", "2:7: a key in the middle of a value; a `:` may be missing on a line above")]
    [InlineData("- a\nb: c\n", "2:1: expected another `- ` of the list; check the indentation")]
    [InlineData("{}\nb: c\n", "2:1: this belongs to nothing above; check the indentation")]
    [InlineData(": : a\n", "1:3: a `: ` without a key before it, or the second one on this line; put a value that holds one in quotes")]
    [InlineData("listen:\n  api: @me\n", "2:8: no value begins with this character; put the value in quotes")]
    [InlineData("listen:\n  api: \"C:\\models\"\n", "2:8: no such escape; a backslash needs single quotes around the value")]
    [InlineData("deployments:\n  - { name: d, api_key: ${KEY} }\n", "2:26: inside { } or [ ] a `${NAME}` needs quotes: \"${NAME}\"")]
    [InlineData("listen: {}\n---\nmodels: []\n", "2:1: a second document begins here; the configuration is one document, so remove the `---`")]
    [InlineData("listen:\n  api: !!str x\n", "2:8: tags (`!...`) have no meaning here; remove it")]
    [InlineData("? [a, b]\n: c\n", "1:3: a key is plain text; quote `${NAME}` and other values that begin with a bracket")]
    [InlineData("listen: *nowhere\n", "1:9: no anchor of this name is finished above; a text that begins with `*` needs quotes")]
    [InlineData("listen: &a { api: *a }\n", "1:19: no anchor of this name is finished above; a text that begins with `*` needs quotes")]
    [InlineData("just text\n", "1:1: expected keys such as `models:`, found a plain value")]
    [InlineData("- a\n- b\n", "1:1: expected a mapping; found a list")]
    public void What_is_not_yaml_is_said_in_plain_words_with_its_place(string yaml, string error) =>
        Assert.Equal([error], _folder.Errors(yaml));

    [Fact]
    public void Aliases_stand_for_what_their_anchor_has()
    {
        var result = _folder.Load(ConfigFolder.Minimal
            .Replace("deployments: [d]", "deployments: &all [d]", StringComparison.Ordinal)
            .Replace("deployments:\n", "  - { name: n, deployments: *all }\ndeployments:\n", StringComparison.Ordinal));

        Assert.Empty(_folder.Lines(result.Errors));
        Assert.Equal("d", result.Config!.Models[1].Deployments[0].Name);
    }

    [Fact]
    public void Aliases_that_multiply_beyond_the_bound_are_refused_before_they_are_expanded()
    {
        var yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i <= 9; i++)
        {
            yaml.AppendLine(CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]");
        }

        // a4 is complete at 111,111 values; the eighth alias of a4's like in a5 is one too many.
        var error = Assert.Single(_folder.Load(yaml.ToString()).Errors);
        Assert.Equal("more than 200000 values up to here, aliases counted each time they are used", error.Message);
        Assert.InRange(error.Line, 5, 6);
    }

    [Fact]
    public void Sixty_four_levels_are_read_and_one_more_is_refused()
    {
        static string Nested(int levels) => "models: " + new string('[', levels - 1) + new string(']', levels - 1) + "\n";

        Assert.DoesNotContain(_folder.Errors(Nested(64)), e => e.Contains("nested", StringComparison.Ordinal));
        Assert.Equal(["1:72: nested deeper than 64 levels"], _folder.Errors(Nested(65)));
        Assert.Equal(["1:72: nested deeper than 64 levels"], _folder.Errors(Nested(1_000_000)));
    }

    [Fact]
    public void Aliases_do_not_get_around_the_depth()
    {
        var half = new string('[', 40) + new string(']', 40);
        Assert.Equal(["2:48: this alias nests deeper than 64 levels"], _folder.Errors($"a: &a {half}\nmodels: {new string('[', 39)}*a{new string(']', 39)}\n"));
    }

    [Fact]
    public void A_file_that_is_not_utf8_is_refused_at_the_first_such_byte()
    {
        File.WriteAllBytes(_folder.File, [.. "models: []\n# Jos"u8, 0xE9, .. "\n"u8]);

        Assert.Equal(["2:6: not UTF-8 from here on; save the file as UTF-8"], _folder.Lines(_folder.Load().Errors));
    }

    [Fact]
    public void A_byte_order_mark_is_read_over()
    {
        File.WriteAllText(_folder.File, ConfigFolder.Minimal, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        Assert.True(_folder.Load().Success);
    }

    [Fact]
    public void A_nul_does_not_hide_what_comes_after_it() => Assert.Equal(
        ["1:11: the control character U+0000 may not stand here; remove it"],
        _folder.Errors("models: []\0\nunknown: 1\n"));

    [Fact]
    public void Line_breaks_of_windows_count_as_one()
    {
        var error = Assert.Single(_folder.Load(ConfigFolder.Minimal.ReplaceLineEndings("\r\n").Replace("kind: local", "kind: lokal", StringComparison.Ordinal)).Errors);

        Assert.Equal((5, 5), (error.Line, error.Column));
    }

    [Fact]
    public void A_file_over_4_MB_is_refused_and_one_of_4_MB_is_read()
    {
        var full = ConfigFolder.Minimal + "#" + new string('x', ConfigParser.LargestFile - ConfigFolder.Minimal.Length - 1);

        Assert.True(_folder.Load(full).Success);
        Assert.Equal("the file is larger than 4096 KB", Assert.Single(_folder.Load(full + "x").Errors).Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error_without_a_line() =>
        Assert.Equal($"{_folder.File}: the file does not exist", Assert.Single(_folder.Load().Errors).ToString());

    [Fact]
    public void A_folder_in_the_place_of_the_file_is_an_error()
    {
        Directory.CreateDirectory(_folder.File);

        Assert.Equal($"{_folder.File}: the file is a folder, not a file", Assert.Single(_folder.Load().Errors).ToString());
    }
}
