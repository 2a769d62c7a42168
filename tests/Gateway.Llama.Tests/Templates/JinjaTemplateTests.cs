using System.Text.Json;
using Gateway.Llama.Templates;

namespace Gateway.Llama.Tests.Templates;

public sealed class JinjaTemplateTests
{
    [Theory]
    [InlineData("a\n{% if x %}", 2)]
    [InlineData("a\n\n{{ 'x' }}{{ 1 + }}", 3)]
    [InlineData("{# two\nlines #}\n{% zork %}", 3)]
    [InlineData("{{ 1 }}\n{{ 'a\nb' ~ }}", 3)]
    [InlineData("{% raw %}\n\n{% endraw %}\n{{ s|zork }}", 4)]
    public void A_broken_template_tells_its_line(string source, int line)
    {
        Assert.False(JinjaTemplate.TryParse(source, out _, out var error));

        Assert.Equal(TemplateErrorKind.Syntax, error.Kind);
        Assert.Equal(line, error.Line);
    }

    [Theory]
    [InlineData("a\n{{ 1 // 0 }}", 2)]
    [InlineData("{% for i in [1, 2] %}\n{% if i == 2 %}\n{{ i + 'a' }}\n{% endif %}{% endfor %}", 3)]
    [InlineData("{% macro m() %}\n{{ none.a.b }}\n{% endmacro %}\n{{ m() }}", 2)]
    [InlineData("{% macro m() %}\n{% endmacro %}\n{{ m() ~ (none + 1) }}", 3)]
    public void A_failed_render_tells_its_line(string source, int line)
    {
        var error = TemplateTesting.Fail(source);

        Assert.Equal(TemplateErrorKind.Evaluation, error.Kind);
        Assert.Equal(line, error.Line);
    }

    [Theory]
    [InlineData("{% include 'x' %}", "'include' is not supported in chat templates")]
    [InlineData("{% extends 'x' %}", "'extends' is not supported in chat templates")]
    [InlineData("{% import 'x' as y %}", "'import' is not supported in chat templates")]
    [InlineData("{% if x %}{% endfor %}", "unknown tag 'endfor', looking for elif or else or endif")]
    [InlineData("{{ messages|zork }}", "no filter named 'zork'")]
    [InlineData("{{ messages is zork }}", "no test named 'zork'")]
    public void A_syntax_error_tells_what_is_wrong(string source, string message) =>
        Assert.Equal(message, TemplateTesting.Fail(source).Message);

    [Fact]
    public void An_error_does_not_repeat_values_of_the_caller()
    {
        string[] sources =
        [
            "{{ s + 1 }}", "{{ s.secret.x }}", "{{ d[s].x }}", "{{ s|int + s }}", "{{ s|from_json }}", "{{ [s].index(1) }}",
            "{{ '%d' % s }}", "{{ s.format() }}", "{{ s % 1 }}", "{{ range(s) }}", "{{ s|map(s)|list }}", "{{ dict(**{s: 1})() }}",
        ];
        foreach (var source in sources)
        {
            var error = TemplateTesting.Fail(source, """{"s":"{topsecret","d":{"a":1}}""");

            Assert.DoesNotContain("topsecret", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Numbers_keep_the_form_that_they_were_sent_in() =>
        Assert.Equal(
            "[1, 1.0, -0.0, 100000.0, 123456789012345678901234567890, 1e+30, 0.1, 0]",
            TemplateTesting.Render("{{ l }}", """{"l":[1,1.0,-0.0,1e5,123456789012345678901234567890,1E30,0.10,-0]}""").Text);

    [Fact]
    public void The_time_comes_from_the_clock_that_is_given()
    {
        var options = new TemplateOptions { TimeProvider = new FixedTime("2031-02-03T04:05:06") };

        Assert.Equal("03 Feb 2031 04:05", TemplateTesting.Render("{{ strftime_now('%d %b %Y %H:%M') }}", options: options).Text);
    }

    [Theory]
    [InlineData("""["a"]""")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    public void Variables_that_are_not_an_object_are_an_error(string variables) =>
        Assert.Equal(TemplateErrorKind.Evaluation, TemplateTesting.Fail("x", variables).Kind);

    [Theory]
    [InlineData("""{"s":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"messages":[{"role":"\udc00"}]}""")]
    public void Half_a_surrogate_pair_is_an_error(string variables) =>
        Assert.Equal(TemplateErrorKind.Evaluation, TemplateTesting.Fail("{{ s }}", variables).Kind);

    [Fact]
    public void Messages_that_are_no_objects_are_passed_as_they_are() =>
        Assert.Equal("a 1 None", TemplateTesting.Render("{{ messages|join(' ') }}", """{"messages":["a",1,null]}""").Text);

    [Fact]
    public void Limits_can_be_set()
    {
        const string Macro = "{% macro m(n) %}{{ m(n - 1) if n else '' }}{% endmacro %}";
        var limits = new TemplateLimits { MaxLength = 10, MaxSteps = 100, MaxAllocated = 1000, MaxCallDepth = 2 };
        var options = new TemplateOptions { Limits = limits };

        Assert.Equal("0123456789", TemplateTesting.Render("0123456789", options: options).Text);
        foreach (var source in (string[])
        [
            "0123456789x", "{% for i in range(99) %}{% endfor %}", "{{ range(99)|list|length }}", Macro + "{{ m(2) }}",
        ])
        {
            Assert.Equal(TemplateErrorKind.Limit, TemplateTesting.Fail(source, options: options).Kind);
        }
        Assert.Equal("", TemplateTesting.Render(Macro + "{{ m(1) }}", options: options).Text);
    }

    [Fact]
    public async Task Threads_share_a_template()
    {
        const string Source = "{% set ns = namespace(n=0) %}{% macro m(x) %}{% set ns.n = ns.n + x %}{% endmacro %}"
            + "{% for i in range(n) %}{{ m(i) }}{% set last = i %}{% endfor %}{{ ns.n }}{{ {'a': [1, 2]}|tojson }}";
        Assert.True(JinjaTemplate.TryParse(Source, out var template, out var parseError), parseError?.ToString());

        var texts = await Task.WhenAll(Enumerable.Range(1, 200).Select(n => Task.Run(() =>
        {
            using var variables = JsonDocument.Parse($$"""{"n":{{n}}}""");
            return template.TryRender(variables.RootElement, TemplateOptions.Default, out var prompt, out var error)
                ? prompt.Text
                : error.ToString();
        })));

        string[] expected = [.. Enumerable.Range(1, 200).Select(n => n * (n - 1) / 2 + """{"a": [1, 2]}""")];
        Assert.Equal(expected, texts);
    }

    [Fact]
    public void Two_renders_of_a_template_know_nothing_of_each_other()
    {
        const string Source = "{% set c = cycler('a', 'b') %}{{ c.next() }}"
            + "{% set ns = namespace(x=[]) %}{% set ns.x = ns.x + [1] %}{{ ns.x }}";

        Assert.True(JinjaTemplate.TryParse(Source, out var template, out _));
        using var variables = JsonDocument.Parse("{}");
        for (var i = 0; i < 2; i++)
        {
            Assert.True(template.TryRender(variables.RootElement, TemplateOptions.Default, out var prompt, out _));
            Assert.Equal("a[1]", prompt.Text);
        }
    }
}
