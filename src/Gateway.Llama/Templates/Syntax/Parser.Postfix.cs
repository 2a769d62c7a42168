namespace Gateway.Llama.Templates.Syntax;

/// <summary>This part: what stands behind an operand, from attributes to filters.</summary>
internal sealed partial class Parser
{
    private Expression ParsePostfix(Expression expression)
    {
        while (Current.Kind == TokenKind.Operator)
        {
            switch (Current.Text)
            {
                case ".":
                    expression = ParseAttribute(expression);
                    break;
                case "[":
                    expression = ParseSubscript(expression);
                    break;
                case "(":
                    expression = new Call(expression, ParseArguments(), Current.Line);
                    break;
                default:
                    return expression;
            }
        }
        return expression;
    }

    private Expression ParseFiltersAndTests(Expression expression)
    {
        while (true)
        {
            if (Current.IsOperator("|"))
            {
                expression = ParseFilters(expression, startInline: false)!;
            }
            else if (Current.IsName("is"))
            {
                expression = ParseTest(expression);
            }
            else if (Current.IsOperator("("))
            {
                expression = new Call(expression, ParseArguments(), Current.Line);
            }
            else
            {
                return expression;
            }
        }
    }

    private Expression ParseAttribute(Expression expression)
    {
        var line = Take().Line;
        var token = Take();
        return token.Kind switch
        {
            TokenKind.Name => new GetAttribute(expression, token.Text, line),
            TokenKind.Integer => new GetItem(expression, new Constant(NumberLiteral.Parse(token), token.Line), line),
            _ => throw Fail("expected name or number", token.Line),
        };
    }

    private GetItem ParseSubscript(Expression expression)
    {
        var line = Take().Line;
        var keys = new List<Expression>();
        while (!Current.IsOperator("]"))
        {
            if (keys.Count > 0)
            {
                ExpectOperator(",");
            }
            keys.Add(ParseSubscriptKey());
        }
        ExpectOperator("]");
        return new(expression, keys.Count == 1 ? keys[0] : new TupleLiteral([.. keys], line), line);
    }

    private Expression ParseSubscriptKey()
    {
        var line = Current.Line;
        Expression? start = null;
        if (!Current.IsOperator(":"))
        {
            start = ParseExpression();
            if (!Current.IsOperator(":"))
            {
                return start;
            }
        }
        Take();
        var stop = Current.IsOperator(":") ? null : ParseSliceBound();
        var step = TakeOperator(":") ? ParseSliceBound() : null;
        return new Slice(start, stop, step, line);
    }

    private Expression? ParseSliceBound() => Current.IsOperator("]") || Current.IsOperator(",") ? null : ParseExpression();

    private CallArguments ParseArguments()
    {
        var line = Current.Line;
        ExpectOperator("(");
        var positional = new List<Expression>();
        var named = new List<KeyValuePair<string, Expression>>();
        Expression? rest = null;
        Expression? namedRest = null;
        var requireComma = false;
        while (!Current.IsOperator(")"))
        {
            if (requireComma)
            {
                ExpectOperator(",");
                if (Current.IsOperator(")"))
                {
                    break;
                }
            }
            if (Current.IsOperator("*"))
            {
                Ensure(rest is null && namedRest is null);
                Take();
                rest = ParseExpression();
            }
            else if (Current.IsOperator("**"))
            {
                Ensure(namedRest is null);
                Take();
                namedRest = ParseExpression();
            }
            else if (Current.Kind == TokenKind.Name && Following.IsOperator("="))
            {
                Ensure(namedRest is null);
                var name = Take().Text;
                Ensure(!named.Exists(argument => string.Equals(argument.Key, name, StringComparison.Ordinal)));
                Take();
                named.Add(new(name, ParseExpression()));
            }
            else
            {
                Ensure(rest is null && namedRest is null && named.Count == 0);
                positional.Add(ParseExpression());
            }
            requireComma = true;
        }
        ExpectOperator(")");
        return new([.. positional], [.. named], rest, namedRest);

        void Ensure(bool valid)
        {
            if (!valid)
            {
                throw Fail("invalid syntax for function call expression", line);
            }
        }
    }

    private Expression? ParseFilters(Expression? expression, bool startInline)
    {
        while (startInline || Current.IsOperator("|"))
        {
            if (!startInline)
            {
                Take();
            }
            var line = Current.Line;
            var name = ParseDottedName();
            var arguments = Current.IsOperator("(") ? ParseArguments() : CallArguments.None;
            expression = new FilterCall(expression, name, arguments, line);
            startInline = false;
        }
        return expression;
    }

    private Expression ParseTest(Expression expression)
    {
        var line = Take().Line;
        var negated = TakeName("not");
        var name = ParseDottedName();
        var arguments = CallArguments.None;
        if (Current.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (StartsOperand())
        {
            if (Current.IsName("is"))
            {
                throw Fail("you cannot chain multiple tests with is", Current.Line);
            }
            arguments = new([ParsePostfix(ParsePrimary())], [], null, null);
        }
        Expression test = new TestCall(expression, name, arguments, line);
        return negated ? new Unary("not", test, line) : test;
    }

    /// <summary>Whether a test's one argument follows without brackets, as in <c>is divisibleby 3</c>.</summary>
    private bool StartsOperand() => Current.Kind switch
    {
        TokenKind.Name => !Current.IsName("else") && !Current.IsName("or") && !Current.IsName("and"),
        TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
        _ => Current.IsOperator("[") || Current.IsOperator("{"),
    };

    private string ParseDottedName()
    {
        var name = ExpectName().Text;
        while (TakeOperator("."))
        {
            name += "." + ExpectName().Text;
        }
        return name;
    }
}
