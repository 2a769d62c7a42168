using System.CommandLine;
using Gateway.Cli;

namespace Gateway.Tests.Cli;

public sealed class DetectCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Each_line_gets_its_findings_in_code_points()
    {
        var (code, output, error) = await RunAsync(
            """
            {"id": "a", "text": "😀 CPF 529.982.247-25 e ana@example.org"}

            {"text": "nothing here", "id": 2}
            {"id": "\u0061\"b", "text": "\ud83d\ude00\ud800 GHA-123456789-0"}
            """);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            """
            {"id": "a", "entities": [{"type": "br_cpf", "start": 6, "end": 20}, {"type": "email", "start": 23, "end": 38}]}
            {"id": 2, "entities": []}
            {"id": "\u0061\"b", "entities": [{"type": "gh_card", "start": 3, "end": 18}]}

            """,
            output);
    }

    [Fact]
    public async Task Bad_lines_are_named_and_the_others_answered()
    {
        var (code, output, error) = await RunAsync(
            """
            {"id": 1, "text": "a"}
            not JSON: 529.982.247-25
            {"id": 2}
            [1]
            {"id": null, "text": "a"}
            {"id": 3, "text": 5}
            {"id": 4, "text": "b"}
            """);
        Assert.Equal(1, code);
        Assert.Equal("""
            {"id": 1, "entities": []}
            {"id": 4, "entities": []}

            """, output);
        var lines = error.TrimEnd().Split('\n');
        Assert.Equal([2, 3, 4, 5, 6], lines.Select(l => int.Parse(l.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.DoesNotContain("529", error.Replace("529.982.247-25\"}", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_told()
    {
        var output = new StringWriter();
        var path = Path.Combine(_folder.FullName, "none.jsonl");
        var code = await CommandRunner.RunAsync(new RootCommand { DetectCommand.Create() }, ["detect", path], new InvocationConfiguration { Error = output });
        Assert.Equal((1, $"{path}: the file does not exist\n"), (code, output.ToString()));
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string lines)
    {
        var path = Path.Combine(_folder.FullName, "texts.jsonl");
        await File.WriteAllTextAsync(path, lines);
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandRunner.RunAsync(new RootCommand { DetectCommand.Create() }, ["detect", path], new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }
}
