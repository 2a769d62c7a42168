using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Llama.Templates;

namespace Gateway.Llama.Tests.Templates;

public sealed class PythonConformanceTests
{
    private static readonly TemplateOptions Options = new() { TimeProvider = new FixedTime("2024-07-26T15:04:05") };

    [Theory]
    [InlineData("language")]
    [InlineData("scopes")]
    public void Prints_what_jinja2_prints_and_fails_where_it_fails(string group)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("tests/Gateway.Llama.Tests/Templates/python-cases.json")));
        var cases = file.RootElement.GetProperty("groups").EnumerateArray().Single(item => item.GetProperty("name").ValueEquals(group));
        var variables = cases.GetProperty("variables");

        var count = 0;
        var differences = new StringBuilder();
        foreach (var item in cases.GetProperty("cases").EnumerateArray())
        {
            var (source, expected) = (item[0].GetString()!, item[1].GetString());
            PromptText? prompt = null;
            var rendered = JinjaTemplate.TryParse(source, out var template, out var error)
                && template.TryRender(variables, Options, out prompt, out error);
            if (rendered ? !string.Equals(prompt!.Text, expected, StringComparison.Ordinal) : expected is not null)
            {
                differences.Append(CultureInfo.InvariantCulture, $"{source}\n  Python: {expected ?? "fails"}\n");
                differences.Append(CultureInfo.InvariantCulture, $"  here:   {prompt?.Text ?? error?.ToString()}\n");
            }
            count++;
        }

        Assert.True(differences.Length == 0, differences.ToString());
        Assert.True(count >= 200, "the cases are gone");
    }
}
