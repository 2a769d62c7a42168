namespace Gateway.Llama.Templates.Syntax;

/// <summary>Reads statements and expressions out of tokens, as jinja2's parser does. This part: the tokens.</summary>
internal sealed partial class Parser
{
    // CPython refuses more than 100 levels of indentation, which is what jinja2 compiles statements into.
    private const int MaxStatementDepth = 100;
    private const int MaxExpressionDepth = 200;

    private readonly List<Token> _tokens;
    private int _position;
    private int _statementDepth;
    private int _expressionDepth;
    private int _loopDepth;

    private Parser(List<Token> tokens) => _tokens = tokens;

    private Token Current => _tokens[_position];

    private Token Following => _tokens[Math.Min(_position + 1, _tokens.Count - 1)];

    public static Statement[] Parse(string source)
    {
        var parser = new Parser(Lexer.Tokenize(source));
        return parser.ParseBody([]);
    }

    private static TemplateException Fail(string message, int line) => TemplateException.Syntax(message, line);

    private Token Take()
    {
        var token = Current;
        if (_position < _tokens.Count - 1)
        {
            _position++;
        }
        return token;
    }

    private bool TakeOperator(string text)
    {
        var found = Current.IsOperator(text);
        if (found)
        {
            Take();
        }
        return found;
    }

    private bool TakeName(string text)
    {
        var found = Current.IsName(text);
        if (found)
        {
            Take();
        }
        return found;
    }

    private Token Expect(TokenKind kind, string description) =>
        Current.Kind == kind ? Take() : throw Expected(description);

    private Token ExpectName() => Expect(TokenKind.Name, "name");

    private void ExpectName(string text)
    {
        if (!TakeName(text))
        {
            throw Expected(text);
        }
    }

    private void ExpectOperator(string text)
    {
        if (!TakeOperator(text))
        {
            throw Expected(text);
        }
    }

    private TemplateException Expected(string what) => Current.Kind == TokenKind.End
        ? Fail($"unexpected end of template, expected '{what}'", Current.Line)
        : Fail($"expected token '{what}', got '{Current.Describe()}'", Current.Line);
}
