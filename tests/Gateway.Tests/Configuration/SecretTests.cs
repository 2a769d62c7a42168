using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

public sealed class SecretTests : IDisposable
{
    private const string Literal = "sk-written-out";

    private readonly ConfigFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("${OPENAI_KEY}", ConfigFolder.EnvironmentSecret)]
    [InlineData("\"${OPENAI_KEY}\"", ConfigFolder.EnvironmentSecret)]
    [InlineData("before-${OPENAI_KEY}-${_2}", "before-" + ConfigFolder.EnvironmentSecret + "-two")]
    [InlineData("file:secrets/vllm", ConfigFolder.FileSecret)]
    public void A_secret_is_read_from_where_the_file_says(string written, string value)
    {
        _folder.Variables["_2"] = "two";

        Assert.Equal(value, _folder.Load(With(written)).Config!.Deployments[0].ApiKey!.Reveal());
    }

    [Fact]
    public void A_secret_file_may_have_a_full_path_and_one_line_break_at_its_end()
    {
        var path = _folder.Write("elsewhere/key", "sk-windows\r\n");

        Assert.Equal("sk-windows", _folder.Load(With("file:" + path)).Config!.Deployments[0].ApiKey!.Reveal());
    }

    [Theory]
    [InlineData("${UNSET}", "the environment variable `UNSET` is not set")]
    [InlineData("${EMPTY}", "the environment variable `EMPTY` is empty")]
    [InlineData("${SPACES}", "the environment variable `SPACES` is empty")]
    [InlineData("${BROKEN}", "the environment variable `BROKEN` holds a line break or a control character")]
    [InlineData("${NOT_ASCII}", "the secret holds a space or a character that is not ASCII, which a header cannot carry")]
    [InlineData("$OPENAI_KEY", "a `$` that is not a ${NAME} of letters, digits and `_`; write ${NAME} or file:PATH, never the secret itself")]
    [InlineData("${OPENAI-KEY}", "a `$` that is not a ${NAME} of letters, digits and `_`; write ${NAME} or file:PATH, never the secret itself")]
    [InlineData("${OPENAI_KEY", "a `$` that is not a ${NAME} of letters, digits and `_`; write ${NAME} or file:PATH, never the secret itself")]
    [InlineData("${}", "a `$` that is not a ${NAME} of letters, digits and `_`; write ${NAME} or file:PATH, never the secret itself")]
    [InlineData(Literal, "a secret does not stand in the file; write ${NAME} or file:PATH, never the secret itself")]
    [InlineData("\"\"", "a secret does not stand in the file; write ${NAME} or file:PATH, never the secret itself")]
    [InlineData("{ ? a }", "expected ${NAME} or file:PATH; in { } or [ ] with quotes; found a mapping")]
    [InlineData("\"file:\"", "file: needs the path of a file, and nothing else")]
    [InlineData("file:${OPENAI_KEY}", "file: needs the path of a file, and nothing else")]
    public void A_secret_that_cannot_be_had_is_an_error_that_names_its_source(string written, string message)
    {
        _folder.Variables["EMPTY"] = "";
        _folder.Variables["SPACES"] = "  ";
        _folder.Variables["BROKEN"] = "sk-broken\r\nX-Header: 1";
        _folder.Variables["NOT_ASCII"] = "sk-clé";

        Assert.Equal([$"7:5: deployments[0].api_key: {message}"], _folder.Errors(With(written)));
    }

    [Fact]
    public void A_secret_file_that_cannot_be_used_is_an_error_that_names_the_file()
    {
        _folder.Write("empty", "\n");
        _folder.Write("two-lines", "sk-one\nsk-two\n");
        _folder.Write("large", new string('x', SecretReader.LargestFile + 1));
        File.WriteAllBytes(_folder.PathOf("binary"), [0xff, 0xfe, 0x00]);

        string Error(string name) => Assert.Single(_folder.Errors(With("file:" + name)));
        string Expected(string name, string problem) => $"7:5: deployments[0].api_key: the file `{_folder.PathOf(name)}` {problem}";
        Assert.Equal(Expected("missing", "does not exist"), Error("missing"));
        Assert.Equal(Expected("secrets", "is a folder, not a file"), Error("secrets"));
        Assert.Equal(Expected("empty", "is empty"), Error("empty"));
        Assert.Equal(Expected("two-lines", "holds a line break or a control character"), Error("two-lines"));
        Assert.Equal(Expected("large", "is larger than 64 KB"), Error("large"));
        Assert.Equal(Expected("binary", "is not UTF-8 text"), Error("binary"));
    }

    [Fact]
    public void A_secret_prints_as_stars_and_so_does_what_holds_it()
    {
        var deployment = _folder.Load(ConfigFolder.MinimalRemote).Config!.Deployments[0];

        Assert.Equal("***", deployment.ApiKey!.ToString());
        Assert.Contains("ApiKey = ***", deployment.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(ConfigFolder.EnvironmentSecret, deployment.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(ConfigFolder.EnvironmentSecret, System.Text.Json.JsonSerializer.Serialize(deployment), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_secrets_are_equal_when_their_values_are_so_that_a_new_key_is_a_change()
    {
        Assert.Equal(new Secret("a"), new Secret("a"));
        Assert.NotEqual(new Secret("a"), new Secret("b"));
    }

    [Theory]
    [InlineData("api_key: ${OPENAI_KEY}", "api_key: " + Literal)]
    [InlineData("api_key: ${OPENAI_KEY}", "api_key: [" + Literal + "]")]
    [InlineData("api_key: ${OPENAI_KEY}", "api_key: *" + Literal)]
    [InlineData("api_key: ${OPENAI_KEY}", "api_key: \"" + Literal)]
    [InlineData("api_key: ${OPENAI_KEY}", "apikey: " + Literal)]
    [InlineData("https://llm.example.com/v1", "https://me:" + Literal + "@llm.example.com/v1")]
    [InlineData("https://llm.example.com/v1", "http://llm.example.com/v1?key=" + Literal)]
    [InlineData("sha256: 0a4d55a8d778e5022fab701977c5d840bbc486d0f1f8e3a5b5f1e8f4e8d6a001", "sha256: " + Literal)]
    public void A_secret_that_was_written_out_is_an_error_that_does_not_repeat_it(string passage, string replacement)
    {
        var errors = _folder.Errors(ConfigFolder.MinimalRemote, passage, replacement);

        Assert.NotEmpty(errors);
        Assert.All(errors, e => Assert.DoesNotContain(Literal, e, StringComparison.Ordinal));
    }

    private static string With(string written) => ConfigFolder.MinimalRemote.Replace("${OPENAI_KEY}", written, StringComparison.Ordinal);
}
