namespace Gateway.Llama.Templates;

/// <summary>
/// Unwinds a parse or a render. It never leaves <see cref="JinjaTemplate"/>, which hands out a <see cref="TemplateError"/> instead.
/// </summary>
internal sealed class TemplateException(TemplateErrorKind kind, string message, int line = 0) : Exception(message)
{
    public TemplateErrorKind Kind { get; } = kind;

    /// <summary>0: the statement that ran when it was thrown.</summary>
    public int Line { get; } = line;

    public static TemplateException Syntax(string message, int line) => new(TemplateErrorKind.Syntax, message, line);

    public static TemplateException Evaluation(string message) => new(TemplateErrorKind.Evaluation, message);

    public static TemplateException Limit(string message) => new(TemplateErrorKind.Limit, message);

    public static TemplateException Unsupported(string what) =>
        new(TemplateErrorKind.Evaluation, $"{what} is not supported in chat templates");
}
