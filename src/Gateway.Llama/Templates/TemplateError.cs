namespace Gateway.Llama.Templates;

/// <summary>What kind of thing stopped a template.</summary>
public enum TemplateErrorKind
{
    /// <summary>The template is not valid: the operator's to mend.</summary>
    Syntax,

    /// <summary>An operation failed on these inputs, as it would in Python: a string plus a list, an attribute of nothing.</summary>
    Evaluation,

    /// <summary>The template refused the inputs itself, by <c>raise_exception</c>.</summary>
    Raised,

    /// <summary>A limit of <see cref="TemplateLimits"/> was reached.</summary>
    Limit,
}

/// <summary>Why a template could not be parsed or rendered.</summary>
/// <param name="Kind">What kind of thing went wrong.</param>
/// <param name="Message">What was wrong. Holds no caller's text, so it may be logged.</param>
/// <param name="Line">Line of the template, from 1.</param>
public sealed record TemplateError(TemplateErrorKind Kind, string Message, int Line)
{
    /// <inheritdoc/>
    public override string ToString() => $"line {Line}: {Message}";
}
