using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Api;
using Gateway.Residency.Fields;

namespace Gateway.Tests.Residency.Fields;

public sealed class FieldScannerTests
{
    private static readonly string[] Names = ["a", "b", "A", "\\u0061", "c", "store", "st\\u006fre", "messages", "tools", "function", "parameters", "logit_bias"];

    // Objects of few names, so that many come twice: in some of them by another way to write it.
    private static Gen<string> Value(int depth) => depth == 0
        ? Gen.Elements("1", "\"x\"", "null", "true")
        : Gen.Frequency(
            (2, Value(0)),
            (1, Gen.ListOf(Value(depth - 1), 2).Select(items => $"[{string.Join(',', items)}]")),
            (3, from count in Gen.Choose(0, 4)
                from names in Gen.ListOf(Gen.Elements(Names), count)
                from values in Gen.ListOf(Value(depth - 1), count)
                select $"{{{string.Join(',', names.Zip(values, (name, value) => $"\"{name}\":{value}"))}}}"));

    [Fact]
    public void A_key_that_comes_twice_is_found_in_whatever_object_it_stands()
    {
        var bodies = from values in Gen.ListOf(Value(4), 3)
                     from names in Gen.ListOf(Gen.Elements(Names), 3)
                     select $"{{\"x\":{{{string.Join(',', names.Zip(values, (name, value) => $"\"{name}\":{value}"))}}}}}";
        var found = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(bodies.ToArbitrary(), body =>
        {
            using var document = JsonDocument.Parse(body);
            var expected = HasTwice(document.RootElement);
            found += expected ? 1 : 0;
            return FieldScanner.Scan(Encoding.UTF8.GetBytes(body), FieldNode.Anything, FieldEffects.None).IsDuplicate == expected;
        }));
        Assert.InRange(found, 200, 1_800);
    }

    // What the table does not know is refused in whatever place: any known field but one that is the client's own to fill, with a stranger put into it.
    [Fact]
    public void A_stranger_is_found_wherever_an_object_of_the_API_may_stand()
    {
        foreach (var endpoint in ApiEndpoint.All)
        {
            var places = Places(FieldTable.Of(endpoint), "#").ToList();
            Assert.NotEmpty(places);
            Assert.All(places, place =>
            {
                var body = place.Replace("#", "{\"stranger\":1}", StringComparison.Ordinal);
                var finding = FieldScanner.Scan(Encoding.UTF8.GetBytes(body), FieldTable.Of(endpoint), FieldEffects.UnknownFields);

                Assert.True(finding.Effect == FieldEffects.UnknownFields, $"{body} was let through.");
            });
        }
    }

    [Fact]
    public void No_field_stands_in_the_table_twice()
    {
        foreach (var endpoint in ApiEndpoint.All)
        {
            Assert.All(Nodes(FieldTable.Of(endpoint)), node => Assert.Empty(
                node.Fields.GroupBy(f => Encoding.UTF8.GetString(f.Name), StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => g.Key)));
        }
    }

    /// <summary>In an object of the client's own two cases are two keys; in one of the API's the same, for some readers.</summary>
    [Theory]
    [InlineData("\"metadata\":{\"Ward\":\"1\",\"ward\":\"2\"}", null)]
    [InlineData("\"logit_bias\":{\"a\":1,\"A\":2}", null)]
    [InlineData("\"chat_template_kwargs\":{\"a\":{\"b\":1,\"B\":2},\"A\":3}", null)]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"properties\":{\"Id\":{},\"id\":{},\"ID\":{}}}}}]", null)]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"properties\":{\"Id\":{},\"id\":{}}}}}", null)]
    [InlineData("\"messages\":[{\"tool_calls\":[{\"function\":{\"arguments\":{\"Id\":1,\"id\":2}}}]}]", null)]
    [InlineData("\"messages\":[{\"tool_calls\":[{\"function\":{\"arguments\":{\"id\":1,\"id\":2}}}]}]", "messages[0].tool_calls[0].function.arguments.id")]
    [InlineData("\"messages\":[{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"Name\":\"g\"}}]}]", "messages[0].tool_calls[0].function.Name")]
    [InlineData("\"tools\":[{\"function\":{\"parameters\":{},\"Parameters\":{}}}]", "tools[0].function.Parameters")]
    [InlineData("\"response_format\":{\"type\":\"text\",\"TYPE\":\"text\"}", "response_format.TYPE")]
    public void Keys_that_differ_in_case_only_are_two_where_they_are_the_client_s_own(string fields, string? twice)
    {
        var finding = FieldScanner.Scan(Encoding.UTF8.GetBytes($"{{{fields}}}"), FieldTable.Of(ApiEndpoint.ChatCompletions), FieldEffects.None);

        Assert.Equal(twice, finding.Path);
    }

    [Fact]
    public void A_request_with_very_many_keys_takes_its_time_by_their_number_only()
    {
        var keys = string.Join(',', Enumerable.Range(0, 200_000).Select(i => $"\"{i}\":1"));
        var (clean, twice) = (Encoding.UTF8.GetBytes($"{{\"logit_bias\":{{{keys}}}}}"), Encoding.UTF8.GetBytes($"{{\"logit_bias\":{{{keys},\"77777\":1}}}}"));

        Assert.Null(FieldScanner.Scan(clean, FieldTable.Of(ApiEndpoint.ChatCompletions), FieldEffects.All).Path);
        Assert.Equal("logit_bias.77777", FieldScanner.Scan(twice, FieldTable.Of(ApiEndpoint.ChatCompletions), FieldEffects.All).Path);
    }

    private static bool HasTwice(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().GroupBy(p => p.Name, StringComparer.Ordinal).Any(g => g.Count() > 1) || element.EnumerateObject().Any(p => HasTwice(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(HasTwice),
        _ => false,
    };

    private static IEnumerable<FieldNode> Nodes(FieldNode node) => node.Fields.SelectMany(f => Nodes(f.Value)).Prepend(node);

    // A body for each object of the table, with # where the object stands.
    private static IEnumerable<string> Places(FieldNode node, string body) => node.Inside == Inside.Fields
        ? node.Fields.SelectMany(f => Places(f.Value, body.Replace("#", $"{{\"{Encoding.UTF8.GetString(f.Name)}\":#}}", StringComparison.Ordinal))).Prepend(body)
        : node.Inside == Inside.Nothing ? [body] : [];
}
