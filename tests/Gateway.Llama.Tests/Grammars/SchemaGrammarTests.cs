using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Llama.Tests.Grammars;

/// <summary>What is derived from a schema is valid, and what is valid is derived, in the usual ways of writing it.</summary>
public sealed class SchemaGrammarTests
{
    public static TheoryData<string> Names => SchemaCase.Names;

    [Fact]
    public void There_are_at_least_200_schemas() => Assert.InRange(SchemaCase.All.Select(one => one.Name).Distinct().Count(), 200, int.MaxValue);

    [Theory]
    [MemberData(nameof(Names))]
    public void Random_walks_give_valid_instances(string name)
    {
        var (_, schema, _, _) = SchemaCase.Of(name);
        var grammar = TestGrammars.OfSchema(schema);
        var validator = new SchemaValidator(schema);
        var finished = 0;
        for (var seed = 0; seed < 12; seed++)
        {
            if (grammar.Walk(new Random(seed)) is { } text)
            {
                using var document = JsonDocument.Parse(text);
                Assert.True(validator.FindError(document.RootElement) is null, $"{validator.FindError(document.RootElement)} in {text}");
                finished++;
            }
        }

        Assert.InRange(finished, 6, 12);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Instances_are_told_apart(string name)
    {
        var (_, schema, valid, invalid) = SchemaCase.Of(name);
        var grammar = TestGrammars.OfSchema(schema);
        foreach (var instance in valid)
        {
            foreach (var text in Writings(instance))
            {
                Assert.True(grammar.Accepts(text), $"refused {text}");
                Assert.False(grammar.Accepts(text + "x"), $"accepted {text}x");
                Assert.False(grammar.Accepts(text[..^1]) && instance.ValueKind is JsonValueKind.Object or JsonValueKind.Array, $"accepted {text[..^1]}");
            }
        }

        foreach (var text in invalid.SelectMany(Writings))
        {
            Assert.False(grammar.Accepts(text), $"accepted {text}");
        }
    }

    private static string[] Writings(JsonElement instance) => [Write(instance, ",", ":", null), Write(instance, ", ", ": ", null), Write(instance, ",", ": ", 0)];

    private static string Write(JsonElement value, string comma, string colon, int? indent)
    {
        var inner = indent + 2;
        string Break(int? spaces) => spaces is { } count ? "\n" + new string(' ', count) : "";
        string Wrap(string open, IEnumerable<string> parts, string close) =>
            parts.Any() ? $"{open}{Break(inner)}{string.Join(comma + Break(inner), parts)}{Break(indent)}{close}" : open + close;
        return value.ValueKind switch
        {
            JsonValueKind.String => Quote(value.GetString()!),
            JsonValueKind.Array => Wrap("[", value.EnumerateArray().Select(item => Write(item, comma, colon, inner)), "]"),
            JsonValueKind.Object => Wrap("{", value.EnumerateObject().Select(member => Quote(member.Name) + colon + Write(member.Value, comma, colon, inner)), "}"),
            _ => value.GetRawText(),
        };
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var character in text)
        {
            quoted.Append(character switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => character.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
