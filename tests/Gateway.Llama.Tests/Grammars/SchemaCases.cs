using System.Text.Json;

namespace Gateway.Llama.Tests.Grammars;

/// <summary>The schemas of schemas.json, with instances that are valid and some that are not.</summary>
internal sealed record SchemaCase(string Name, JsonElement Schema, JsonElement[] Valid, JsonElement[] Invalid)
{
    private static readonly Lazy<SchemaCase[]> Cases = new(() =>
        JsonSerializer.Deserialize<SchemaCase[]>(File.ReadAllText(Repository.PathOf("tests/Gateway.Llama.Tests/Grammars/schemas.json")), JsonSerializerOptions.Web)!);

    public static IReadOnlyList<SchemaCase> All => Cases.Value;

    /// <summary>For theories: the names tell which one failed.</summary>
    public static TheoryData<string> Names => new(All.Select(one => one.Name));

    public static SchemaCase Of(string name) => All.Single(one => one.Name == name);
}
