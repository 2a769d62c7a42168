using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency.Attacks;

/// <summary>Requests that try to be of a lesser class than their key's, or to be sent where their class may not go.</summary>
public sealed class ClassAttacks(AttackWorld world) : IClassFixture<AttackWorld>
{
    private static readonly string Mixed = TestGateway.Prompt("mixed");

    [Theory]
    [InlineData("a lower class", "x-data-class: public\r\n", "data_class_below_floor")]
    [InlineData("a lower class in a header of other case", "X-DATA-CLASS: public\r\n", "data_class_below_floor")]
    [InlineData("a class that there is not", "x-data-class: harmless\r\n", "unknown_data_class")]
    [InlineData("a class in capitals", "x-data-class: PUBLIC\r\n", "unknown_data_class")]
    [InlineData("no class", "x-data-class:\r\n", "unknown_data_class")]
    [InlineData("two headers, the lower first", "x-data-class: public\r\nx-data-class: restricted\r\n", "duplicate_header")]
    [InlineData("two headers, the lower last", "x-data-class: restricted\r\nx-data-class: public\r\n", "duplicate_header")]
    [InlineData("two classes in one header", "x-data-class: restricted, public\r\n", "duplicate_header")]
    [InlineData("the same class twice", "x-data-class: personal\r\nX-Data-Class: personal\r\n", "duplicate_header")]
    public async Task A_class_below_the_keys_is_refused(string attack, string headers, string code)
    {
        Assert.NotEmpty(attack);
        var error = await world.RefusedAsync(400, () => world.SendAsync(Mixed, headers: headers));

        Assert.Equal(code, error.Code);
        Assert.Equal("x-data-class", error.Param);
    }

    [Theory]
    [InlineData("the class in the body", ",\"data_class\":\"public\"", "")]
    [InlineData("the class in the URL", "", "?x-data-class=public&data_class=public")]
    public async Task A_class_that_is_said_elsewhere_is_not_heard(string attack, string more, string query)
    {
        Assert.NotEmpty(attack);
        using var response = await world.Gateway.PostAsync(TestGateway.Prompt("only-us", more), TestGateway.ChatPath + query);

        Assert.Equal(403, (int)response.StatusCode);
        world.AssertKept();
    }

    [Theory]
    [InlineData("x_data_class: public\r\n")]
    [InlineData("x-dataclass: public\r\n")]
    [InlineData("x-gateway-data-class: public\r\nx-gateway-policy: none\r\nx-gateway-deployment: us\r\n")]
    [InlineData("X-Forwarded-Data-Class: public\r\n")]
    [InlineData("x-model: only-us\r\nx-ms-deployment: us\r\n")]
    public async Task A_header_that_looks_like_the_class_is_not_heard(string headers)
    {
        await world.AnsweredAsync(() => world.SendAsync(Mixed, headers: headers));
    }

    [Theory]
    [InlineData("chat", "/v1/chat/completions")]
    [InlineData("completions", "/v1/completions")]
    [InlineData("embeddings", "/v1/embeddings")]
    [InlineData("rerank", "/v1/rerank")]
    public async Task No_endpoint_leaves_the_policy_out(string attack, string path)
    {
        Assert.NotEmpty(attack);
        var error = await world.RefusedAsync(403, () => world.SendAsync("{\"model\":\"only-us\"}", path));

        Assert.Equal("residency_denied", error.Code);
    }

    [Theory]
    [InlineData("restricted data, for which nothing elsewhere is permitted", TestKeys.Acme, "mixed", "x-data-class: restricted\r\n")]
    [InlineData("data of a class that the policy does not mention", AttackWorld.PublicKey, "mixed", "x-data-class: internal\r\n")]
    [InlineData("a deployment of which nothing is known", TestKeys.Acme, "nowhere", "")]
    [InlineData("a tenant without a policy", TestKeys.Other, "mixed", "")]
    public async Task What_no_policy_permits_stays(string attack, string key, string model, string headers)
    {
        Assert.NotEmpty(attack);
        var error = await world.RefusedAsync(403, () => world.SendAsync(TestGateway.Prompt(model), key: key, headers: headers));

        Assert.Equal("residency_denied", error.Code);
    }

    [Theory]
    [InlineData("the model twice", """{"model":"mixed","model":"only-us"}""")]
    [InlineData("the model twice, one with an escape", """{"model":"mixed","mode\u006c":"only-us"}""")]
    [InlineData("the model in other case", """{"model":"mixed","MODEL":"only-us"}""")]
    [InlineData("the model as a list", """{"model":["mixed","only-us"]}""")]
    [InlineData("the model as an object", """{"model":{"model":"only-us"}}""")]
    [InlineData("another document behind the first", """{"model":"mixed"}{"model":"only-us"}""")]
    [InlineData("a comment", """{"model":"mixed"/*,"model":"only-us"*/}""")]
    public async Task A_second_model_is_refused(string attack, string body)
    {
        Assert.NotEmpty(attack);
        await world.RefusedAsync(400, () => world.SendAsync(body));
    }

    [Fact]
    public async Task A_model_inside_of_a_message_is_text()
    {
        var request = await world.AnsweredAsync(() => world.SendAsync("""{"model":"only-br","messages":[{"role":"user","content":"{\"model\":\"only-us\"}"}]}"""));

        Assert.Contains("only-us", request.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the name of a deployment", "us", 404)]
    [InlineData("a model and a deployment", "mixed/us", 404)]
    [InlineData("a URL", "http://example.org/v1", 404)]
    [InlineData("a path", "../only-us", 404)]
    [InlineData("a name with a space", "only-us ", 404)]
    [InlineData("a cluster of YARP's", "_unrouted", 404)]
    public async Task A_name_that_is_no_model_goes_nowhere(string attack, string model, int status)
    {
        Assert.NotEmpty(attack);
        await world.RefusedAsync(status, () => world.SendAsync(TestGateway.Prompt(model)));
    }
}
