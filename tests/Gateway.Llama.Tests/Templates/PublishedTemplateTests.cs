using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Llama.Templates;

namespace Gateway.Llama.Tests.Templates;

public sealed class PublishedTemplateTests
{
    public static TheoryData<string> Names => [.. SharedTemplates.Names];

    [SharedTemplatesTheory]
    [MemberData(nameof(Names), DisableDiscoveryEnumeration = true)]
    public void Renders_what_Python_renders_and_fails_where_it_fails(string name)
    {
        var source = File.ReadAllText(SharedTemplates.TemplatePath(name));
        var data = JsonNode.Parse(File.ReadAllText(SharedTemplates.CasesPath(name)))!;
        Assert.True(JinjaTemplate.TryParse(source, out var template, out var parseError), parseError?.ToString());
        var options = new TemplateOptions { TimeProvider = new FixedTime(data["now"]!.GetValue<string>()) };

        var differences = new StringBuilder();
        foreach (var item in data["cases"]!.AsArray())
        {
            var inputs = item!["inputs"]!.DeepClone().AsObject();
            inputs["bos_token"] = data["bos_token"]?.DeepClone();
            inputs["eos_token"] = data["eos_token"]?.DeepClone();
            using var variables = JsonDocument.Parse(inputs.ToJsonString());

            var rendered = template.TryRender(variables.RootElement, options, out var prompt, out var error);

            var expected = item["expected"]?.GetValue<string>();
            if (rendered ? !string.Equals(prompt!.Text, expected, StringComparison.Ordinal) : expected is not null)
            {
                differences.Append(CultureInfo.InvariantCulture, $"--- {item["name"]}: expected {item["error"]}\n{expected}\n");
                differences.Append(CultureInfo.InvariantCulture, $"--- got {error}\n{prompt?.Text}\n");
            }
        }
        Assert.True(differences.Length == 0, differences.ToString());
    }
}

/// <summary>A clock that stands still, in UTC.</summary>
internal sealed class FixedTime(string now) : TimeProvider
{
    private readonly DateTimeOffset _now = DateTimeOffset.Parse(now, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => _now;
}
