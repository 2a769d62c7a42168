using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>
/// Finds how much of a prompt is an operator's own text (<c>shared_prompts</c> of a deployment), so that what the engine computes of it serves all
/// tenants. Only what is known to all of them is shared: the template's text before it, and that text itself.
/// </summary>
internal static class SharedPrompts
{
    /// <summary>Tokens at the beginning of a conversation that are everybody's.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="prompt">The conversation as rendered.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="texts">The operator's texts.</param>
    public static int CountTokens(LlamaEngine engine, PromptText prompt, ReadOnlySpan<int> tokens, IReadOnlyList<string> texts)
    {
        var first = prompt.Untrusted.FirstOrDefault(s => s.Length > 0);
        if (Longest(prompt.Text.AsSpan(first.Start, first.Length), texts) is not { } shared)
        {
            return 0;
        }

        // The last token may reach into what follows, and then is not the same.
        var head = new PromptText(prompt.Text[..(first.Start + shared.Length)], [new(first.Start, shared.Length)]);
        return engine.Tokenize(head, addSpecial: true).AsSpan().CommonPrefixLength(tokens);
    }

    /// <summary>Tokens at the beginning of a text to continue that are everybody's.</summary>
    /// <inheritdoc cref="CountTokens(LlamaEngine, PromptText, ReadOnlySpan{int}, IReadOnlyList{string})"/>
    public static int CountTokens(LlamaEngine engine, string prompt, ReadOnlySpan<int> tokens, IReadOnlyList<string> texts) =>
        Longest(prompt, texts) is { } shared ? engine.Tokenize(shared, addSpecial: true, parseSpecial: true).AsSpan().CommonPrefixLength(tokens) : 0;

    private static string? Longest(ReadOnlySpan<char> text, IReadOnlyList<string> texts)
    {
        string? longest = null;
        foreach (var shared in texts)
        {
            if (shared.Length > (longest?.Length ?? 0) && text.StartsWith(shared, StringComparison.Ordinal))
            {
                longest = shared;
            }
        }

        return longest;
    }
}
