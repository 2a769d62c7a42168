namespace Gateway.Llama.Chat;

/// <summary>What stands around a model's thoughts.</summary>
/// <param name="Open">What begins them.</param>
/// <param name="Close">What ends them.</param>
internal sealed record ReasoningMarks(string Open, string Close)
{
    // The first pair of which a template knows both is its own; the general ones come last.
    private static readonly ReasoningMarks[] Known =
    [
        new("<|channel>thought", "<channel|>"),
        new("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"),
        new("<seed:think>", "</seed:think>"),
        new("<mm:think>", "</mm:think>"),
        new("◁think▷", "◁/think▷"),
        new("[THINK]", "[/THINK]"),
        new("<think>", "</think>"),
        new("<thinking>", "</thinking>"),
    ];

    /// <summary>The marks that a template writes, or speaks of; null where its model does not think.</summary>
    public static ReasoningMarks? Find(TemplateSource source, TemplateTraits traits) =>
        Array.Find(Known, m => source.Text.Contains(m.Open, StringComparison.Ordinal) && source.Text.Contains(m.Close, StringComparison.Ordinal))
        ?? FindRendered(source, traits);

    // Some templates put their marks together from pieces.
    private static ReasoningMarks? FindRendered(TemplateSource source, TemplateTraits traits)
    {
        ChatMessage[] messages = [ProbeTexts.Question, ProbeTexts.Says(ProbeTexts.Content) with { Reasoning = ProbeTexts.Reasoning }];
        if (TemplateProbe.Render(source, traits, messages, withTools: false, addGenerationPrompt: false) is not { } text
            || text.IndexOf(ProbeTexts.Reasoning, StringComparison.Ordinal) is not (>= 0 and var at)
            || text.IndexOf(ProbeTexts.Content, at, StringComparison.Ordinal) is not (>= 0 and var end))
        {
            return null;
        }

        var before = text[..at].TrimEnd();
        var after = text[(at + ProbeTexts.Reasoning.Length)..end].Trim();
        var open = before.LastIndexOfAny(['<', '[']);
        return open >= 0 && after.Length > 0 ? new ReasoningMarks(before[open..], after) : null;
    }
}
