using System.Text.Json;
using Gateway.Llama.Templates;

namespace Gateway.Llama.Tests.Templates;

/// <summary>What most template tests do.</summary>
internal static class TemplateTesting
{
    /// <summary>Renders a template that must be valid, with variables that it must take.</summary>
    public static PromptText Render(string source, string variables = "{}", TemplateOptions? options = null)
    {
        var error = TryRender(source, out var prompt, variables, options);
        Assert.True(error is null, error?.ToString());
        return prompt!;
    }

    /// <summary>The error of a template that must not parse or not render.</summary>
    public static TemplateError Fail(string source, string variables = "{}", TemplateOptions? options = null)
    {
        var error = TryRender(source, out var prompt, variables, options);
        Assert.True(error is not null, $"rendered: {prompt?.Text}");
        return error;
    }

    public static TemplateError? TryRender(string source, out PromptText? prompt, string variables = "{}", TemplateOptions? options = null)
    {
        prompt = null;
        using var document = JsonDocument.Parse(variables);
        return JinjaTemplate.TryParse(source, out var template, out var error)
            && template.TryRender(document.RootElement, options ?? TemplateOptions.Default, out prompt, out error)
            ? null
            : error;
    }

    /// <summary>Whether a stretch of the prompt is the caller's from end to end.</summary>
    public static bool IsUntrusted(this PromptText prompt, int start, int length) =>
        prompt.Untrusted.Any(span => span.Start <= start && start + length <= span.End);

    /// <summary>The places where a text occurs in the prompt, in whatever case.</summary>
    public static IEnumerable<int> Find(this PromptText prompt, string text)
    {
        for (var at = prompt.Text.IndexOf(text, StringComparison.OrdinalIgnoreCase);
            at >= 0;
            at = prompt.Text.IndexOf(text, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            yield return at;
        }
    }
}
