using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Llama.Templates;

namespace Gateway.Llama.Chat;

/// <summary>A template with what its model adds to every render.</summary>
internal sealed class TemplateSource(JinjaTemplate template, string text, string bosText, string eosText, TimeProvider time)
{
    private readonly TemplateOptions _options = TemplateOptions.Default with { TimeProvider = time };

    /// <summary>The template as it is written.</summary>
    public string Text { get; } = text;

    public string BosText { get; } = bosText;

    public string EosText { get; } = eosText;

    public TimeProvider Time { get; } = time;

    /// <summary>Whether the template speaks of a name, such as that of a variable.</summary>
    public bool Mentions(string name) => Regex.IsMatch(Text, $@"\b{name}\b", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public bool TryRender(JsonElement variables, out PromptText? prompt, out TemplateError? error) =>
        template.TryRender(variables, _options, out prompt, out error);
}
