using System.Text;
using System.Text.Json;
using Gateway.Llama.Chat;
using Gateway.Llama.Grammars;
using Gateway.Llama.Grammars.Matching;
using Gateway.Llama.Tests.Templates;

namespace Gateway.Llama.Tests.Chat;

/// <summary>Answers bound by tools and schemas, in the shape of every published template.</summary>
public sealed class PublishedGrammarTests
{
    private static readonly TokenTrie Bytes = TokenTrie.Build([.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })], _ => false);

    private static readonly ChatTool Weather = ChatTesting.Tool(
        "get_weather",
        """{"type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}, "days": {"type": "integer"}}, "required": ["city", "unit"], "additionalProperties": false}""",
        strict: true);

    private static readonly IReadOnlyList<ChatTool> Tools = [Weather, ChatTesting.Tool("now", parameters: null, strict: true)];

    private static readonly ChatToolCall Lima = new("123456789", "get_weather", """{"city": "Lima", "unit": "celsius", "days": 3}""");
    private static readonly ChatToolCall WrongUnit = Lima with { Arguments = """{"city": "Lima", "unit": "kelvin", "days": 3}""" };
    private static readonly ChatToolCall WrongDays = Lima with { Arguments = """{"city": "Lima", "unit": "celsius", "days": "three"}""" };
    private static readonly ChatToolCall NoCity = Lima with { Arguments = """{"unit": "celsius"}""" };
    private static readonly ChatToolCall Unknown = Lima with { Name = "get_time" };

    public static TheoryData<string> Names => [.. SharedTemplates.Names];

    [SharedTemplatesTheory]
    [MemberData(nameof(Names), DisableDiscoveryEnumeration = true)]
    public void A_required_call_is_bound_to_its_tools_and_their_schemas(string name)
    {
        var (prompt, shape) = PromptOf(name);
        var constraint = Constrain(prompt, new AnswerRules { Tools = Tools, MustCall = true, Parallel = true });

        Assert.True(Accepts(constraint, Thoughts(prompt) + shape.Write([Lima])), constraint.Grammar.ToString());
        Assert.False(Accepts(constraint, Thoughts(prompt) + shape.Write([WrongUnit])));
        Assert.False(Accepts(constraint, Thoughts(prompt) + shape.Write([WrongDays])));
        Assert.False(Accepts(constraint, Thoughts(prompt) + shape.Write([NoCity])));
        Assert.False(Accepts(constraint, Thoughts(prompt) + shape.Write([Unknown])));
        Assert.False(Accepts(constraint, Thoughts(prompt) + "Hello"));
        Assert.Equal(
            "|call 0:get_weather" + Lima.Arguments,
            ChatTesting.Read(new AnswerParser(null, shape.CreateParser(Tools.ToDictionary(t => t.Name, StringComparer.Ordinal), 8)), [shape.Write([Lima])]));
    }

    [SharedTemplatesTheory]
    [MemberData(nameof(Names), DisableDiscoveryEnumeration = true)]
    public void A_strict_tool_binds_calls_and_leaves_text_free(string name)
    {
        var (prompt, shape) = PromptOf(name);
        var constraint = Constrain(prompt, new AnswerRules { Tools = Tools, Parallel = true });

        Assert.True(Accepts(constraint, Thoughts(prompt) + "Hello, it is 5 < 6 {here}."), constraint.Grammar.ToString());
        Assert.True(Accepts(constraint, Thoughts(prompt) + shape.Write([Lima])), constraint.Grammar.ToString());
        Assert.False(Accepts(constraint, Thoughts(prompt) + shape.Write([WrongUnit])));
    }

    [SharedTemplatesTheory]
    [MemberData(nameof(Names), DisableDiscoveryEnumeration = true)]
    public void A_schema_binds_the_text_and_leaves_thoughts_free(string name)
    {
        var (prompt, shape) = PromptOf(name);
        using var schema = JsonDocument.Parse("""{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false}""");
        var rules = new AnswerRules { Json = true, Schema = schema.RootElement, SchemaPath = "s" };
        var constraint = Constrain(prompt, rules);
        var withTools = Constrain(prompt, rules with { Tools = Tools });

        foreach (var (bound, calls) in new[] { (constraint, false), (withTools, true) })
        {
            Assert.True(Accepts(bound, Thoughts(prompt) + """{"a": 5}"""), bound.Grammar.ToString());
            Assert.False(Accepts(bound, Thoughts(prompt) + """{"a": "5"}"""));
            Assert.False(Accepts(bound, Thoughts(prompt) + "Hello"));
            Assert.Equal(calls, Accepts(bound, Thoughts(prompt) + shape.Write([Lima])));
        }

        if (prompt.MayThink)
        {
            Assert.True(Accepts(constraint, $"{prompt.Reasoning!.Open}\nHm, {{}}.\n{prompt.Reasoning.Close}\n\n" + """{"a": 5}"""));
        }
    }

    [Fact]
    public void The_same_request_is_bound_by_the_same_constraint()
    {
        var prompt = ChatTesting.Create(null).Render(new Conversation([new ChatMessage("user", "a")]) { Tools = Tools });
        var rules = new AnswerRules { Tools = Tools, MustCall = true };

        Assert.Same(Constrain(prompt, rules), Constrain(prompt, rules with { Tools = [.. Tools] }));
        Assert.NotSame(Constrain(prompt, rules), Constrain(prompt, rules with { Parallel = true }));
    }

    [Fact]
    public void What_tags_cannot_hold_is_refused_by_its_path()
    {
        var template = ChatTesting.Create(
            "{% for m in messages %}<|{{ m.role }}|>{{ m.content or '' }}{% for c in m.tool_calls or [] %}<call={{ c.function.name }}>"
            + "{% for k, v in c.function.arguments.items() %}<arg={{ k }}>{{ v if v is string else v | tojson }}</arg>{% endfor %}</call>{% endfor %}<|end|>{% endfor %}"
            + "{{ tools | tojson if tools else '' }}");
        Assert.IsType<TaggedCallShape>(template.Shape);
        var prompt = template.Render(new Conversation([new ChatMessage("user", "a")]));
        var tool = ChatTesting.Tool("f", """{"type": "object", "properties": {"a": {"type": "string", "pattern": "^x"} }}""");

        Assert.False(prompt.TryConstrain(new AnswerRules { Tools = [tool], MustCall = true }, out _, out var error));
        Assert.Equal(("tools[0].function.parameters.properties.a.pattern", "pattern"), (error.Path, error.Keyword));
    }

    private static (ChatPrompt Prompt, ToolCallShape Shape) PromptOf(string name)
    {
        var template = ChatTesting.Shared(name);

        // Bound arguments have JSON's quotes.
        return (
            template.Render(new Conversation([new ChatMessage("user", "Question1")]) { Tools = Tools }),
            template.Shape is CodeCallShape code ? code with { Quote = "\"" } : template.Shape);
    }

    private static string Thoughts(ChatPrompt prompt) => prompt.IsThinking ? $"Hm.\n{prompt.Reasoning!.Close}" : "";

    private static GrammarConstraint Constrain(ChatPrompt prompt, AnswerRules rules)
    {
        Assert.True(prompt.TryConstrain(rules, out var constraint, out var error), error?.ToString());
        return constraint!;
    }

    private static bool Accepts(GrammarConstraint constraint, string answer)
    {
        var matcher = new AnswerMatcher(constraint, Bytes);
        var state = matcher.Start;
        foreach (var value in Encoding.UTF8.GetBytes(answer))
        {
            state = matcher.BeginToken(state);
            if (!matcher.TryToken(state, value, out state))
            {
                return false;
            }
        }

        return matcher.CanEnd(state);
    }
}
