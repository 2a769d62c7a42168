namespace Gateway.Llama.Templates.Syntax;

internal enum TokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A word of a template.</summary>
// Text: name, operator, digits, or the text of a string or of data.
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    public bool IsOperator(string text) => Kind == TokenKind.Operator && string.Equals(Text, text, StringComparison.Ordinal);

    public bool IsName(string text) => Kind == TokenKind.Name && string.Equals(Text, text, StringComparison.Ordinal);

    public string Describe() => Kind switch
    {
        TokenKind.Name or TokenKind.Operator => Text,
        TokenKind.Data => "template data / text",
        TokenKind.VariableBegin => "begin of print statement",
        TokenKind.VariableEnd => "end of print statement",
        TokenKind.BlockBegin => "begin of statement block",
        TokenKind.BlockEnd => "end of statement block",
        TokenKind.End => "end of template",
        _ => Kind.ToString().ToLowerInvariant(),
    };
}
