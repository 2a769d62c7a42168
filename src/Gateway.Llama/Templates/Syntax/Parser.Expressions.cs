namespace Gateway.Llama.Templates.Syntax;

internal sealed partial class Parser
{
    private static readonly string[] ComparisonOperators = ["==", "!=", "<", "<=", ">", ">="];

    private Expression ParseExpression(bool withConditional = true)
    {
        // The tree itself is bounded too; this is for the parser's own stack.
        if (++_expressionDepth > MaxExpressionDepth)
        {
            throw Fail($"an expression is nested more than {MaxExpressionDepth} deep", Current.Line);
        }
        var expression = withConditional ? ParseConditional() : ParseOr();
        _expressionDepth--;
        return expression;
    }

    private Expression ParseConditional()
    {
        var line = Current.Line;
        var expression = ParseOr();
        while (TakeName("if"))
        {
            var test = ParseOr();
            var otherwise = TakeName("else") ? ParseExpression() : null;
            expression = new Conditional(test, expression, otherwise, line);
            line = Current.Line;
        }
        return expression;
    }

    private Expression ParseOr() => ParseBinary(["or"], TokenKind.Name, ParseAnd);

    private Expression ParseAnd() => ParseBinary(["and"], TokenKind.Name, ParseNot);

    private Expression ParseNot()
    {
        var nots = new Stack<int>();
        while (Current.IsName("not"))
        {
            nots.Push(Take().Line);
        }
        var expression = ParseComparison();
        foreach (var line in nots)
        {
            expression = new Unary("not", expression, line);
        }
        return expression;
    }

    private Expression ParseComparison()
    {
        var line = Current.Line;
        var first = ParseSum();
        var rest = new List<KeyValuePair<string, Expression>>();
        while (true)
        {
            if (Current.Kind == TokenKind.Operator && ComparisonOperators.Contains(Current.Text, StringComparer.Ordinal))
            {
                rest.Add(new(Take().Text, ParseSum()));
            }
            else if (TakeName("in"))
            {
                rest.Add(new("in", ParseSum()));
            }
            else if (Current.IsName("not") && Following.IsName("in"))
            {
                Take();
                Take();
                rest.Add(new("not in", ParseSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(first, [.. rest], line);
            }
        }
    }

    private Expression ParseSum() => ParseBinary(["+", "-"], TokenKind.Operator, ParseConcatenation);

    private Expression ParseConcatenation()
    {
        var line = Current.Line;
        var first = ParseProduct();
        if (!Current.IsOperator("~"))
        {
            return first;
        }
        var parts = new List<Expression> { first };
        while (TakeOperator("~"))
        {
            parts.Add(ParseProduct());
        }
        return new Concatenation([.. parts], line);
    }

    private Expression ParseProduct() => ParseBinary(["*", "/", "//", "%"], TokenKind.Operator, ParsePower);

    private Expression ParsePower() => ParseBinary(["**"], TokenKind.Operator, () => ParseUnary());

    private Expression ParseBinary(string[] operators, TokenKind kind, Func<Expression> parseOperand)
    {
        var line = Current.Line;
        var left = parseOperand();
        while (Current.Kind == kind && operators.Contains(Current.Text, StringComparer.Ordinal))
        {
            left = new Binary(Take().Text, left, parseOperand(), line);
            line = Current.Line;
        }
        return left;
    }

    private Expression ParseUnary(bool withFilter = true)
    {
        var line = Current.Line;
        Expression expression;
        if (Current.IsOperator("-") || Current.IsOperator("+"))
        {
            if (++_expressionDepth > MaxExpressionDepth)
            {
                throw Fail($"an expression is nested more than {MaxExpressionDepth} deep", line);
            }
            expression = new Unary(Take().Text, ParseUnary(withFilter: false), line);
            _expressionDepth--;
        }
        else
        {
            expression = ParsePrimary();
        }
        expression = ParsePostfix(expression);
        return withFilter ? ParseFiltersAndTests(expression) : expression;
    }

    private Expression ParsePrimary(bool withNamespace = false)
    {
        var token = Take();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ParseNameOrConstant(token, withNamespace);
            case TokenKind.String:
                var text = token.Text;
                while (Current.Kind == TokenKind.String)
                {
                    text += Take().Text;
                }
                return new Constant(new Values.StringValue(text), token.Line);
            case TokenKind.Integer or TokenKind.Float:
                return new Constant(NumberLiteral.Parse(token), token.Line);
            case TokenKind.Operator when token.Text is "(":
                var tuple = ParseTuple(explicitParentheses: true);
                ExpectOperator(")");
                return tuple;
            case TokenKind.Operator when token.Text is "[":
                return ParseList(token.Line);
            case TokenKind.Operator when token.Text is "{":
                return ParseDict(token.Line);
            default:
                throw Fail($"unexpected '{token.Describe()}'", token.Line);
        }
    }

    private Expression ParseNameOrConstant(Token token, bool withNamespace)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new Constant(Values.BoolValue.True, token.Line);
            case "false" or "False":
                return new Constant(Values.BoolValue.False, token.Line);
            case "none" or "None":
                return new Constant(Values.NoneValue.Instance, token.Line);
        }
        return withNamespace && TakeOperator(".")
            ? new NamespaceTarget(token.Text, ExpectName().Text, token.Line)
            : new Name(token.Text, token.Line);
    }

    private Expression ParseTuple(
        bool simplified = false, bool withConditional = true, string? endName = null, bool explicitParentheses = false,
        bool withNamespace = false)
    {
        var line = Current.Line;
        var items = new List<Expression>();
        var isTuple = false;
        while (true)
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
            }
            if (Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || Current.IsOperator(")")
                || (endName is not null && Current.IsName(endName)))
            {
                break;
            }
            items.Add(simplified ? ParsePrimary(withNamespace) : ParseExpression(withConditional));
            if (!Current.IsOperator(","))
            {
                break;
            }
            isTuple = true;
            line = Current.Line;
        }
        if (!isTuple)
        {
            if (items.Count > 0)
            {
                return items[0];
            }
            if (!explicitParentheses)
            {
                throw Fail($"expected an expression, got '{Current.Describe()}'", Current.Line);
            }
        }
        return new TupleLiteral([.. items], line);
    }

    private ListLiteral ParseList(int line)
    {
        var items = new List<Expression>();
        while (!Current.IsOperator("]"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (Current.IsOperator("]"))
                {
                    break;
                }
            }
            items.Add(ParseExpression());
        }
        ExpectOperator("]");
        return new([.. items], line);
    }

    private DictLiteral ParseDict(int line)
    {
        var pairs = new List<KeyValuePair<Expression, Expression>>();
        while (!Current.IsOperator("}"))
        {
            if (pairs.Count > 0)
            {
                ExpectOperator(",");
                if (Current.IsOperator("}"))
                {
                    break;
                }
            }
            var key = ParseExpression();
            ExpectOperator(":");
            pairs.Add(new(key, ParseExpression()));
        }
        ExpectOperator("}");
        return new([.. pairs], line);
    }
}
