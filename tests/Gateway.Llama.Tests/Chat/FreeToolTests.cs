using Gateway.Llama.Chat;

namespace Gateway.Llama.Tests.Chat;

/// <summary>Tools whose schemas bind nothing, since the model decides whether and how it calls them.</summary>
public sealed class FreeToolTests
{
    [Theory]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "banana"}}}""", "tools[0].function.parameters.properties.a.type")]
    [InlineData("""{"type": "object", "properties": []}""", "tools[0].function.parameters.properties")]
    [InlineData("""{"type": "object", "required": "a"}""", "tools[0].function.parameters.required")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "integer", "minimum": "1"}}}""", "tools[0].function.parameters.properties.a.minimum")]
    [InlineData("""{"type": "object", "properties": {"a": 5}}""", "tools[0].function.parameters.properties.a")]
    public void What_is_no_schema_is_refused_by_its_path(string parameters, string path)
    {
        var prompt = ChatTesting.Create(null).Render(new Conversation([new ChatMessage("user", "Hi")]));

        Assert.False(prompt.TryConstrain(new AnswerRules { Tools = [ChatTesting.Tool("f", parameters)] }, out _, out var error));

        Assert.Equal(path, error.Path);
    }

    [Theory]
    [InlineData("""{"type": "object", "properties": {"a": {"not": {}}}}""")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string", "format": "uri-template"}}}""")]
    [InlineData("""{"type": "object", "patternProperties": {"^a": {}}}""")]
    public void What_a_grammar_could_not_hold_is_taken(string parameters)
    {
        var prompt = ChatTesting.Create(null).Render(new Conversation([new ChatMessage("user", "Hi")]));

        Assert.True(prompt.TryConstrain(new AnswerRules { Tools = [ChatTesting.Tool("f", parameters)] }, out var constraint, out var error), error?.ToString());

        Assert.Null(constraint);
    }
}
