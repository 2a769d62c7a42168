using System.Text.Json;
using Gateway.Llama.Chat;
using Gateway.Llama.Tests.Templates;

namespace Gateway.Llama.Tests.Chat;

public sealed class ChatTemplateTests
{
    private static readonly ChatMessage Hello = new("user", "Hello");
    private static readonly ChatToolCall Call = new("call_1", "get_weather", """{"city": "Lima"}""");

    [Fact]
    public void Tools_of_a_template_without_them_are_told_in_the_system_message_and_calls_as_text()
    {
        var prompt = ChatTesting.Create(null).Render(new Conversation(
            [new("system", "Be brief."), Hello, new("assistant", null) { ToolCalls = [Call] }, new("tool", "19.5") { ToolCallId = "call_1" }, new("tool", "20") { ToolCallId = "call_1" }])
        { Tools = ChatTesting.Tools });

        var text = prompt.Text.Text;
        Assert.StartsWith("<|im_start|>system\nBe brief.\n\n# Tools", text, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"get_weather\"", text, StringComparison.Ordinal);
        Assert.Contains("<|im_start|>assistant\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Lima\"}}\n</tool_call><|im_end|>", text, StringComparison.Ordinal);
        Assert.EndsWith(
            "<|im_start|>user\n<tool_response>\n19.5\n</tool_response>\n<tool_response>\n20\n</tool_response><|im_end|>\n<|im_start|>assistant\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_clock_of_the_template_is_the_one_that_it_is_given()
    {
        var template = ChatTesting.Create("{{ strftime_now('%Y-%m-%d') }} {{ messages[0].content }}", time: new FixedTime("2031-02-03T04:05:06"));

        Assert.Equal("2031-02-03 Hello", template.Render(new Conversation([Hello])).Text.Text);
    }

    [Fact]
    public void Variables_of_the_request_reach_the_template()
    {
        var template = ChatTesting.Create("{{ messages[0].content }}{% if enable_thinking is defined and not enable_thinking %}</think>{% else %}<think>\n{% endif %}");
        using var off = JsonDocument.Parse("false");

        var prompt = template.Render(new Conversation([Hello]));
        var without = template.Render(new Conversation([Hello]) { Variables = new Dictionary<string, JsonElement> { ["enable_thinking"] = off.RootElement } });

        Assert.True(prompt.IsThinking);
        Assert.False(without.IsThinking);
        Assert.False(without.MayThink);
    }

    [Theory]
    [InlineData("none", "no_think")]
    [InlineData("low", "low")]
    [InlineData("medium", "high")]
    [InlineData("max", "high")]
    public void An_effort_that_a_template_does_not_know_is_the_nearest_that_it_knows(string effort, string word)
    {
        var template = ChatTesting.Create(
            "{% if reasoning_effort is defined and reasoning_effort not in ['no_think', 'low', 'high'] %}{{ raise_exception('no') }}{% endif %}{{ messages[0].content }}");

        Assert.Equal(word, template.FindEffort("reasoning_effort", effort));
        Assert.Null(template.FindEffort("effort", effort));
    }

    [Theory]
    [InlineData("{% for a in range(1000000) %}{% for b in range(1000000) %}{% endfor %}{% endfor %}")]
    [InlineData("{% set ns = namespace(a='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}{{ ns.a }}")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{{ raise_exception('never') }}")]
    [InlineData("{{ messages[0].content.nothing.at.all }}")]
    public void A_hostile_template_is_an_error_of_the_request_and_no_more(string source)
    {
        var template = ChatTesting.Create(source);

        Assert.False(template.TryRender(new Conversation([Hello]), out _, out var error));
        Assert.NotEmpty(error.Message);
    }
}
