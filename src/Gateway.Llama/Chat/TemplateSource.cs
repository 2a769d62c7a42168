using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Llama.Templates;

namespace Gateway.Llama.Chat;

/// <summary>A template with what its model adds to every render.</summary>
internal sealed class TemplateSource(JinjaTemplate template, string text, string bosText, string eosText, TimeProvider time)
{
    // A probe is a few messages. A template that needs more for them would take long for each of some forty.
    private static readonly TemplateLimits ProbeLimits = new() { MaxSteps = 200_000, MaxLength = 256 * 1024, MaxAllocated = 16 * 1024 * 1024 };

    private readonly TemplateOptions _options = TemplateOptions.Default with { TimeProvider = time };
    private bool _isCostly;

    /// <summary>The template as it is written.</summary>
    public string Text { get; } = text;

    public string BosText { get; } = bosText;

    public string EosText { get; } = eosText;

    public TimeProvider Time { get; } = time;

    /// <summary>Whether the template speaks of a name, such as that of a variable.</summary>
    public bool Mentions(string name) => Regex.IsMatch(Text, $@"\b{name}\b", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public bool TryRender(JsonElement variables, out PromptText? prompt, out TemplateError? error) =>
        template.TryRender(variables, _options, out prompt, out error);

    /// <summary>Renders a probe; null where the template fails, or is too costly to be probed at all.</summary>
    public string? Probe(JsonElement variables)
    {
        if (_isCostly)
        {
            return null;
        }

        if (template.TryRender(variables, _options with { Limits = ProbeLimits }, out var prompt, out var error))
        {
            return prompt.Text;
        }

        _isCostly = error.Kind == TemplateErrorKind.Limit;
        return null;
    }
}
