namespace Gateway.Llama.Tests.Grammars;

/// <summary>The measure itself.</summary>
public sealed class SchemaValidatorTests
{
    public static TheoryData<string> Names => SchemaCase.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void It_tells_the_instances_of_every_schema_apart(string name)
    {
        var (_, schema, valid, invalid) = SchemaCase.Of(name);
        var validator = new SchemaValidator(schema);

        Assert.All(valid, instance => Assert.Null(validator.FindError(instance)));
        Assert.All(invalid, instance => Assert.NotNull(validator.FindError(instance)));
    }

    [Theory]
    [InlineData("""{"type":"integer"}""", "1.0")]
    [InlineData("""{"type":"integer"}""", "1e3")]
    [InlineData("""{"multipleOf":0.0001}""", "0.0075")]
    [InlineData("""{"const":1}""", "1.0")]
    [InlineData("""{"const":{"a":1,"b":2}}""", """{"b":2,"a":1}""")]
    [InlineData("""{"maxLength":2}""", "\"\\uD83D\\uDCA9\\uD83D\\uDCA9\"")]
    [InlineData("""{"minimum":1}""", "\"text\"")]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", "[]")]
    [InlineData("""{"prefixItems":[{},{"type":"string"}],"items":{"type":"integer"}}""", """[null,"x",1,2]""")]
    [InlineData("""{"$defs":{"a b":{"type":"null"}},"$ref":"#/$defs/a%20b"}""", "null")]
    public void Instances_that_are_valid(string schema, string instance) => Assert.Null(SchemaValidator.FindError(schema, instance));

    [Theory]
    [InlineData("""{"type":"integer"}""", "1.1")]
    [InlineData("""{"type":"number"}""", "\"1\"")]
    [InlineData("""{"multipleOf":0.0001}""", "0.00751")]
    [InlineData("""{"exclusiveMaximum":3.0}""", "3")]
    [InlineData("""{"enum":[6,"foo",[],true,{"foo":12}]}""", """{"foo":false}""")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"minimum":2}]}""", "3")]
    [InlineData("""{"allOf":[{"maximum":30},{"minimum":20}]}""", "35")]
    [InlineData("""{"properties":{"foo":{}},"additionalProperties":false}""", """{"foo":1,"bar":2}""")]
    [InlineData("""{"items":[{}],"additionalItems":false}""", "[1,2]")]
    [InlineData("""{"properties":{"child":{"$ref":"#"}},"additionalProperties":false}""", """{"child":{"other":1}}""")]
    [InlineData("""{"pattern":"^a*$"}""", "\"aab\"")]
    [InlineData("""{"format":"date"}""", "\"2023-02-29\"")]
    public void Instances_that_are_not(string schema, string instance) => Assert.NotNull(SchemaValidator.FindError(schema, instance));
}
