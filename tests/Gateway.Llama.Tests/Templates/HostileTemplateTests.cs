using Gateway.Llama.Templates;

namespace Gateway.Llama.Tests.Templates;

/// <summary>Templates come with model files from elsewhere. Whatever they hold ends in an error, never in a dead or busy process.</summary>
public sealed class HostileTemplateTests
{
    private const string Variables = """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"ho"}]}""";

    public static TheoryData<string, string> Templates => new()
    {
        { "parentheses", "{{ " + Repeat("(", 100_000) + "1" + Repeat(")", 100_000) + " }}" },
        { "brackets", "{{ " + Repeat("[", 100_000) + Repeat("]", 100_000) + " }}" },
        { "dicts", "{{ " + Repeat("{1:", 100_000) + " }}" },
        { "not", "{{ " + Repeat("not ", 200_000) + "1 }}" },
        { "minus", "{{ " + Repeat("-", 200_000) + "1 }}" },
        { "else", "{{ " + Repeat("1 if 0 else ", 50_000) + "1 }}" },
        { "sum", "{{ 1" + Repeat("+1", 100_000) + " }}" },
        { "attributes", "{{ s" + Repeat(".a", 100_000) + " }}" },
        { "filters", "{{ s" + Repeat("|trim", 100_000) + " }}" },
        { "subscripts", "{{ s" + Repeat("[0]", 100_000) + " }}" },
        { "calls", "{{ s" + Repeat("()", 100_000) + " }}" },
        { "ifs", Repeat("{% if true %}", 30_000) + Repeat("{% endif %}", 30_000) },
        { "loops within loops", Repeat("{% for a in messages %}", 20_000) },
        { "90 loops within each other", Repeat("{% for a in range(100) %}", 90) + "x" + Repeat("{% endfor %}", 90) },
        { "variables", string.Concat(Enumerable.Range(0, 30_000).Select(i => $"{{% set a{i} = 1 %}}")) },
        { "an endless source", new string('x', 2 * 1024 * 1024) },
        { "a string that doubles", "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}" },
        { "a list that doubles", "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}" },
        { "a tree that doubles", "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}" },
        { "a list in a list in a list", "{% set ns = namespace(s=[1]) %}{% for i in range(60000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}" },
        { "a namespace in itself", "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}" },
        { "a replacement that grows", "{% set ns = namespace(s='a') %}{% for i in range(60) %}{% set ns.s = ns.s|replace('a', 'aa') %}{% endfor %}" },
        { "repetition", "{{ 'x' * 10000000000 }}" },
        { "repetition of a list", "{{ [1] * 10000000000 }}" },
        { "range", "{{ range(1000000000) }}" },
        { "loops", "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}" },
        { "output", "{% for i in range(100000) %}{% for j in range(100000) %}xxxxxxxxxxxxxxxx{% endfor %}{% endfor %}" },
        { "lists", "{% for i in range(100000) %}{% set x = range(100000)|list %}{% endfor %}" },
        { "work in one expression", "{% for i in range(100000) %}" + Repeat("{{ 1 + 1 }}", 10_000) + "{% endfor %}" },
        { "unpacking", "{% for i in range(100000) %}{% for " + string.Join(',', Enumerable.Range(0, 900).Select(i => "a" + i)) + " in [range(900)] * 1000 %}{% endfor %}{% endfor %}" },
        { "comparison of long strings", "{% set a = 'a' * 9999999 %}{% set b = 'a' * 9999999 %}{% for i in range(100000) %}{% if a == b %}{% endif %}{% endfor %}" },
        { "quadratic search", "{% set a = 'a' * 1000000 %}{{ a|replace(a[:500000] ~ 'b', 'x')|length }}" },
        { "a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}" },
        { "a macro that calls itself from deep within", "{% macro m() %}" + Repeat("{% if true %}", 90) + "{{ " + Repeat("[", 90) + "m()" + Repeat("]", 90) + " }}" + Repeat("{% endif %}", 90) + "{% endmacro %}{{ m() }}" },
        { "a macro that calls itself twice", "{% macro m(n) %}{% if n > 0 %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(100) }}" },
        { "callers that call", "{% macro m() %}{{ caller() }}{% endmacro %}{% macro n() %}{% call m() %}{{ n() }}{% endcall %}{% endmacro %}{{ n() }}" },
        { "a recursive loop", "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}" },
        { "generators over generators", "{% set ns = namespace(g=[1]) %}{% for i in range(50000) %}{% set ns.g = ns.g|map('string') %}{% endfor %}{{ ns.g|list }}" },
        { "powers", "{% set ns = namespace(x=3) %}{% for i in range(100) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}" },
        { "a power of a power", "{{ 10 ** (10 ** 10) }}" },
        { "a long number", "{{ " + Repeat("9", 100_000) + " }}" },
        { "padding", "{{ 'a'|center(1000000000) }}" },
        { "a wide format", "{{ '%1000000000d' % 1 }}" },
        { "a wide str.format", "{{ '{:1000000000}'.format(1) }}" },
        { "a precise format", "{{ '%.1000000000f' % 1 }}" },
        { "indentation", "{{ 'a\nb\n'|indent(1000000000) }}" },
        { "indentation of JSON", "{{ [[1]]|tojson(indent=1000000000) }}" },
        { "batches", "{{ [1]|batch(1000000000, 1)|list }}" },
        { "slices", "{{ [1]|slice(1000000000)|list|length }}" },
        { "an open tag", "{% for m in messages %}{{ m.content }" },
        { "an open string", "{{ 'abc" },
        { "an open comment", "{# abc" },
        { "division by zero", "{{ 1 // 0 }}" },
    };

    [Theory]
    [MemberData(nameof(Templates))]
    public void Ends_in_an_error_on_a_small_stack(string name, string source)
    {
        TemplateError? error = null;
        PromptText? prompt = null;
        // The smallest stack that .NET's own threads have on any platform.
        var thread = new Thread(() => error = TemplateTesting.TryRender(source, out prompt, Variables), 1536 * 1024);
        thread.Start();
        thread.Join();

        Assert.True(error is not null, $"{name} rendered {prompt?.Text.Length} characters");
        Assert.InRange(error.Line, 1, 2);
        Assert.InRange(error.Message.Length, 1, 200);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\uFFFD\uFFFD")]
    [InlineData("{% for m in messages %}\0{% endfor %}")]
    [InlineData("}} %} #} { % { {")]
    public void Renders_what_is_only_odd(string source) =>
        Assert.Null(TemplateTesting.TryRender(source, out _, Variables));

    [Fact]
    public void A_cancelled_render_stops()
    {
        const string Source = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";
        var options = new TemplateOptions { Limits = new TemplateLimits { MaxSteps = long.MaxValue } };
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        using var variables = System.Text.Json.JsonDocument.Parse(Variables);
        Assert.True(JinjaTemplate.TryParse(Source, out var template, out _));

        Assert.Throws<OperationCanceledException>(() =>
            template.TryRender(variables.RootElement, options, out _, out _, cancellation.Token));
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
