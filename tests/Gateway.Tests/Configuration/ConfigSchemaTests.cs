using System.Text.Json.Nodes;
using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

public sealed class ConfigSchemaTests
{
    private static readonly JsonNode Schema = JsonNode.Parse(ConfigSchema.Create())!;

    [Fact]
    public void The_schema_in_the_repository_is_the_one_that_the_code_makes() => Assert.True(
        File.ReadAllText(Repository.PathOf("src/Gateway/gateway.schema.json")).ReplaceLineEndings("\n").Equals(ConfigSchema.Create(), StringComparison.Ordinal),
        "src/Gateway/gateway.schema.json is out of date; renew it: dotnet run --project src/Gateway -- schema > src/Gateway/gateway.schema.json");

    [Fact]
    public void It_says_its_dialect_and_refuses_unknown_keys_everywhere()
    {
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string?)Schema["$schema"]);
        Assert.All(Objects(Schema), o => Assert.False((bool)o["additionalProperties"]!));
        Assert.True(Objects(Schema).Count() > 20);
    }

    [Fact]
    public void It_has_every_key_of_the_records_with_its_description()
    {
        var properties = Objects(Schema).SelectMany(o => o["properties"]!.AsObject()).ToArray();

        Assert.All(properties, p => Assert.NotEmpty((string?)p.Value!["description"] ?? ""));
        Assert.All(properties, p => Assert.Matches("^[a-z0-9_]+$", p.Key));
    }

    [Theory]
    [InlineData("/required", """["models","deployments","tenants"]""")]
    [InlineData("/properties/models/minItems", "1")]
    [InlineData("/properties/deployments/items/required", """["name","kind"]""")]
    [InlineData("/properties/deployments/items/properties/kind/enum", """["local","openai","openai-compatible"]""")]
    [InlineData("/properties/deployments/items/properties/parallel/type", "\"integer\"")]
    [InlineData("/properties/deployments/items/properties/parallel/minimum", "1")]
    [InlineData("/properties/deployments/items/properties/parallel/maximum", "256")]
    [InlineData("/properties/deployments/items/properties/load/enum", """["startup","first_use"]""")]
    [InlineData("/properties/deployments/items/properties/lora/items/anyOf/0/type", "\"string\"")]
    [InlineData("/properties/deployments/items/properties/lora/items/anyOf/1/properties/scale/type", "\"number\"")]
    [InlineData("/properties/deployments/items/properties/lora/items/anyOf/1/properties/scale/minimum", "-10")]
    [InlineData("/properties/models/items/properties/timeout/type", "\"string\"")]
    [InlineData("/properties/models/items/properties/timeout/pattern", "\"^[0-9]{1,9}(ms|s|m|h|d)$\"")]
    [InlineData("/properties/deployments/items/properties/api_key/type", "\"string\"")]
    [InlineData("/properties/models/items/properties/deployments/items/anyOf/0/type", "\"string\"")]
    [InlineData("/properties/models/items/properties/deployments/items/anyOf/1/type", "\"object\"")]
    [InlineData("/properties/tenants/items/properties/keys/items/properties/sha256/pattern", "\"^[0-9a-fA-F]{64}$\"")]
    public void It_says_what_the_reader_accepts(string where, string json)
    {
        var node = Schema;
        foreach (var step in where.Split('/')[1..])
        {
            node = node is JsonArray array ? array[int.Parse(step)] : node![step];
        }

        Assert.Equal(json, node!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Theory]
    [InlineData("${KEY}", true)]
    [InlineData("Bearer ${A}-${B}", true)]
    [InlineData("file:secrets/key", true)]
    [InlineData("sk-written-out", false)]
    [InlineData("$KEY", false)]
    [InlineData("${KEY} $", false)]
    public void Its_pattern_of_secrets_takes_references_only(string text, bool matches) =>
        Assert.Equal(matches, System.Text.RegularExpressions.Regex.IsMatch(text, Secret.Pattern));

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject o => o.Where(p => p.Value is not null).SelectMany(p => Objects(p.Value)).Concat(o.ContainsKey("properties") && o["type"] is JsonValue ? [o] : []),
        JsonArray a => a.SelectMany(Objects),
        _ => [],
    };
}
