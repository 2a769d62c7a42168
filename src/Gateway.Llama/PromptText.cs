namespace Gateway.Llama;

/// <summary>A stretch of a text, in UTF-16 code units.</summary>
/// <param name="Start">Index of the first code unit.</param>
/// <param name="Length">Number of code units.</param>
public readonly record struct TextSpan(int Start, int Length)
{
    /// <summary>Index just past the last code unit.</summary>
    public int End => Start + Length;
}

/// <summary>
/// A rendered prompt that remembers which stretches came from the caller. Special tokens are recognised only outside of those, so that
/// user text such as <c>&lt;|im_end|&gt;</c> stays text.
/// </summary>
/// <param name="Text">The whole prompt.</param>
/// <param name="Untrusted">Stretches of caller's text, ascending and not overlapping.</param>
public sealed record PromptText(string Text, IReadOnlyList<TextSpan> Untrusted);
