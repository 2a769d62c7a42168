namespace Gateway.Llama.Templates;

/// <summary>How a template is rendered.</summary>
public sealed record TemplateOptions
{
    /// <summary>The defaults.</summary>
    public static TemplateOptions Default { get; } = new();

    /// <summary>Tells <c>strftime_now</c> the local time.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Variables whose strings are the operator's or the model's own and may hold special tokens.</summary>
    public IReadOnlySet<string> TrustedVariables { get; init; } =
        new HashSet<string>(StringComparer.Ordinal) { "bos_token", "eos_token", "pad_token", "unk_token" };

    /// <summary>
    /// Values of <c>messages[i].role</c> that count as the template's own words. Templates build special tokens from the role
    /// (<c>'&lt;|' + message.role + '|&gt;'</c>), so the known ones have to be trusted; any other role is caller's text.
    /// </summary>
    public IReadOnlySet<string> TrustedRoles { get; init; } =
        new HashSet<string>(StringComparer.Ordinal) { "system", "developer", "user", "assistant", "tool", "function", "ipython" };

    /// <summary>What a render may take.</summary>
    public TemplateLimits Limits { get; init; } = TemplateLimits.Default;
}

/// <summary>
/// What one render may take. A template comes with a model file from elsewhere: it may be hostile, and must end soon and in little memory.
/// </summary>
public sealed record TemplateLimits
{
    /// <summary>The defaults: ample for a prompt of a million tokens.</summary>
    public static TemplateLimits Default { get; } = new();

    /// <summary>Loop turns, calls, filters and the work inside of long comparisons and searches.</summary>
    public long MaxSteps { get; init; } = 10_000_000;

    /// <summary>UTF-16 code units of the rendered prompt, and of any string on the way to it.</summary>
    public int MaxLength { get; init; } = 16 * 1024 * 1024;

    /// <summary>UTF-16 code units of all strings made during the render together; an element of a list counts as eight.</summary>
    public long MaxAllocated { get; init; } = 128L * 1024 * 1024;

    /// <summary>Calls of macros within macros, and levels of recursive loops. Python's own stack ends at about 190.</summary>
    public int MaxCallDepth { get; init; } = 150;
}
