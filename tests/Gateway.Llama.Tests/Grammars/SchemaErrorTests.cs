using System.Text.Json;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Tests.Grammars;

/// <summary>What cannot be held is refused by name, at its place.</summary>
public sealed class SchemaErrorTests
{
    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","patternProperties":{}}}}""", "schema.properties.a.patternProperties", "patternProperties")]
    [InlineData("""{"not":{"type":"string"}}""", "schema.not", "not")]
    [InlineData("""{"if":{},"then":{}}""", "schema.if", "if")]
    [InlineData("""{"type":"array","items":{"type":"array","contains":{"const":1}}}""", "schema.items.contains", "contains")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "schema.uniqueItems", "uniqueItems")]
    [InlineData("""{"type":"object","minProperties":1}""", "schema.minProperties", "minProperties")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^a"}}""", "schema.propertyNames", "propertyNames")]
    [InlineData("""{"type":"object","unevaluatedProperties":false}""", "schema.unevaluatedProperties", "unevaluatedProperties")]
    [InlineData("""{"type":"object","dependentRequired":{"a":["b"]}}""", "schema.dependentRequired", "dependentRequired")]
    [InlineData("""{"type":"string","nullable":true}""", "schema.nullable", "nullable")]
    [InlineData("""{"type":"string","minLenght":1}""", "schema.minLenght", "minLenght")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"text"}]}""", "schema.anyOf[1].type", "type")]
    [InlineData("""{"type":[]}""", "schema.type", "type")]
    [InlineData("""{"type":5}""", "schema.type", "type")]
    [InlineData("""{"properties":{"a b":{"type":"strin"}}}""", """schema.properties["a b"].type""", "type")]
    [InlineData("""{"properties":[]}""", "schema.properties", "properties")]
    [InlineData("""{"properties":{"a":1}}""", "schema.properties.a", null)]
    [InlineData("""{"required":"a"}""", "schema.required", "required")]
    [InlineData("""{"required":[1]}""", "schema.required", "required")]
    [InlineData("""{"enum":[]}""", "schema.enum", "enum")]
    [InlineData("""{"enum":"a"}""", "schema.enum", "enum")]
    [InlineData("""{"anyOf":[]}""", "schema.anyOf", "anyOf")]
    [InlineData("""{"type":"string","enum":[1,2]}""", "schema.enum", "enum")]
    [InlineData("""{"type":"string","const":"abc","maxLength":2}""", "schema.const", "const")]
    [InlineData("""{"enum":[{"a":1}],"properties":{"a":{"type":"integer"}}}""", "schema.enum", "enum")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "schema.minimum", "minimum")]
    [InlineData("""{"type":"number","exclusiveMinimum":5,"maximum":5}""", "schema.exclusiveMinimum", "exclusiveMinimum")]
    [InlineData("""{"type":"integer","exclusiveMinimum":5,"exclusiveMaximum":6}""", "schema.minimum", "minimum")]
    [InlineData("""{"type":"integer","multipleOf":10,"minimum":11,"maximum":19}""", "schema.multipleOf", "multipleOf")]
    [InlineData("""{"type":"number","multipleOf":0}""", "schema.multipleOf", "multipleOf")]
    [InlineData("""{"type":"number","multipleOf":0.00012345678}""", "schema.multipleOf", "multipleOf")]
    [InlineData("""{"type":"integer","multipleOf":1234567}""", "schema.multipleOf", "multipleOf")]
    [InlineData("""{"type":"integer","minimum":1e999}""", "schema.minimum", "minimum")]
    [InlineData("""{"type":"integer","minimum":"5"}""", "schema.minimum", "minimum")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "schema.minLength", "minLength")]
    [InlineData("""{"type":"string","minLength":-1}""", "schema.minLength", "minLength")]
    [InlineData("""{"type":"string","maxLength":1.5}""", "schema.maxLength", "maxLength")]
    [InlineData("""{"type":"array","minItems":3,"maxItems":2}""", "schema.minItems", "minItems")]
    [InlineData("""{"type":"string","format":"idn-email"}""", "schema.format", "format")]
    [InlineData("""{"type":"string","pattern":"(?=a)b"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"(a)\\1"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"\\bword"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"\\p{L}+"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"(a"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"a)"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"[a"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"*a"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"a{3,2}"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"a^"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"(?:a.{30}){50}"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"((a{1000}){1000}){1000}"}""", "schema.pattern", "pattern")]
    [InlineData("""{"type":"string","pattern":"^a+$","format":"date"}""", "schema.pattern", "pattern")]
    [InlineData("""{"$ref":"#"}""", "schema.$ref", "$ref")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}}}""", "schema.$defs.a.$ref", "$ref")]
    [InlineData("""{"$ref":"#/$defs/missing"}""", "schema.$ref", "$ref")]
    [InlineData("""{"$ref":"https://example.com/schema.json"}""", "schema.$ref", "$ref")]
    [InlineData("""{"$ref":"#name","$defs":{"a":{"$anchor":"name"}}}""", "schema.$ref", "$ref")]
    [InlineData("""{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}""", "schema", null)]
    [InlineData("""{"type":"array","items":{"$ref":"#"},"minItems":1}""", "schema", null)]
    [InlineData("""{"type":"object","properties":{"a":false},"required":["a"]}""", "schema.required", "required")]
    [InlineData("""{"type":"object","required":["a"],"additionalProperties":false}""", "schema.required", "required")]
    [InlineData("""{"allOf":[{"type":"string"},{"type":"integer"}]}""", "schema.allOf[0].type", "type")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "schema.oneOf", "oneOf")]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}]}""", "schema.oneOf", "oneOf")]
    [InlineData("false", "schema", null)]
    [InlineData("5", "schema", null)]
    [InlineData("null", "schema", null)]
    [InlineData("""{"const":"\ud800"}""", "schema.const", null)]
    [InlineData("""{"a\udc00":1}""", "schema", null)]
    [InlineData("""{"type":"string","type":"integer"}""", "schema.type", null)]
    public void It_names_the_keyword_and_its_path(string schema, string path, string? keyword)
    {
        var error = TestGrammars.ErrorOf(schema);

        Assert.NotEmpty(error.Message);
        Assert.Equal((path, keyword), (error.Path, error.Keyword));
    }

    [Fact]
    public void Very_deep_schemas_are_refused()
    {
        var schema = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 200)) + "{}" + new string('}', 200);

        Assert.False(new GrammarBuilder().TrySchema(JsonElement.Parse(schema, new JsonDocumentOptions { MaxDepth = 1000 }), "schema", out _, out var error));
        Assert.Contains("deep", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_chain_of_references_is_refused()
    {
        var defs = string.Join(',', Enumerable.Range(0, 5000).Select(i => $$"""
            "d{{i}}":{"$ref":"#/$defs/d{{i + 1}}"}
            """));
        var error = TestGrammars.ErrorOf("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + defs + ",\"d5000\":{\"type\":\"string\"}}}");

        Assert.Equal("$ref", error.Keyword);
    }

    [Fact]
    public void Alternatives_that_multiply_are_refused()
    {
        var part = """{"anyOf":[{"minimum":1},{"maximum":2},{"multipleOf":3},{"multipleOf":4}]}""";
        var error = TestGrammars.ErrorOf($$"""{"type":"number","allOf":[{{string.Join(',', Enumerable.Repeat(0, 20).Select((_, i) => part.Replace("3", $"{i + 3}", StringComparison.Ordinal)))}}]}""");

        Assert.Equal("allOf", error.Keyword);
    }

    [Fact]
    public void What_is_too_large_is_refused()
    {
        var properties = string.Join(',', Enumerable.Range(0, 4000).Select(i => $$"""
            "p{{i}}":{"type":"array","items":{"type":"array","items":{"type":"string","minLength":{{i}} } } }
            """));
        var inner = "{\"type\":\"object\",\"properties\":{" + properties + "}}";

        Assert.Contains("large", TestGrammars.ErrorOf($$"""{"anyOf":[{{inner}}, {{inner}}, {{inner}}] }""").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_tools_are_compiled_or_refused()
    {
        var builder = new GrammarBuilder();
        var schema = JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":14}},"required":["city"],"additionalProperties":false}""");
        var options = new List<GrammarNode>();
        var refused = Record.Exception(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                if (!builder.TrySchema(schema, $"tools[{i}]", out var node, out _))
                {
                    throw new GrammarTooLargeException();
                }

                options.Add(builder.Sequence(builder.Literal($"f{i}"), node!));
            }
        });

        Assert.True(refused is null or GrammarTooLargeException);
        Assert.True(builder.Build(builder.Choice(options[..1000])).Accepts("""f999{"city": "Lima"}"""));
    }
}
