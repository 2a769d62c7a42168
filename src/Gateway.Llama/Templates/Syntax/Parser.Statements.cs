namespace Gateway.Llama.Templates.Syntax;

internal sealed partial class Parser
{
    /// <summary>Reads up to one of the tags, whose name is then the current token; without any tags up to the end.</summary>
    private Statement[] ParseBody(string[] ends)
    {
        if (++_statementDepth > MaxStatementDepth)
        {
            throw Fail($"statements are nested more than {MaxStatementDepth} deep", Current.Line);
        }
        var body = new List<Statement>();
        while (Current.Kind != TokenKind.End)
        {
            var token = Take();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new Data(token.Text, token.Line));
                    break;
                case TokenKind.VariableBegin:
                    body.Add(new Output([ParseTuple()], token.Line));
                    Expect(TokenKind.VariableEnd, "end of print statement");
                    break;
                default:
                    if (Current.Kind == TokenKind.Name && ends.Contains(Current.Text, StringComparer.Ordinal))
                    {
                        _statementDepth--;
                        return [.. body];
                    }
                    body.Add(ParseStatement(ends));
                    Expect(TokenKind.BlockEnd, "end of statement block");
                    break;
            }
        }
        if (ends.Length > 0)
        {
            throw Fail($"unexpected end of template, looking for {string.Join(" or ", ends)}", Current.Line);
        }
        _statementDepth--;
        return [.. body];
    }

    /// <summary>Reads the rest of an opening tag and the body after it.</summary>
    private Statement[] ParseBlock(params string[] ends)
    {
        TakeOperator(":");
        Expect(TokenKind.BlockEnd, "end of statement block");
        return ParseBody(ends);
    }

    private Statement[] ParseBlockAndEnd(string end)
    {
        var body = ParseBlock(end);
        Take();
        return body;
    }

    /// <summary>A body that becomes a function of its own: a break in it does not reach the loop around.</summary>
    private Statement[] ParseFunctionBody(string end)
    {
        var loopDepth = _loopDepth;
        _loopDepth = 0;
        var body = ParseBlockAndEnd(end);
        _loopDepth = loopDepth;
        return body;
    }

    private Statement ParseStatement(string[] ends)
    {
        var token = Expect(TokenKind.Name, "tag name");
        switch (token.Text)
        {
            case "if":
                return ParseIf(token.Line);
            case "for":
                return ParseFor(token.Line);
            case "set":
                return ParseSet(token.Line);
            case "macro":
                return new Macro(ParseNameTarget().Id, ParseSignature(), ParseFunctionBody("endmacro"), token.Line);
            case "call":
                return ParseCallBlock(token.Line);
            case "filter":
                return new FilterBlock(ParseFilters(null, startInline: true)!, ParseBlockAndEnd("endfilter"), token.Line);
            case "with":
                return ParseWith(token.Line);
            case "print":
                return ParsePrint(token.Line);
            case "generation":
                return new CallBlock(null, Parameters.None, ParseFunctionBody("endgeneration"), token.Line);
            case "break" or "continue" when _loopDepth == 0:
                throw Fail($"'{token.Text}' outside of a loop", token.Line);
            case "break":
                return new Break(token.Line);
            case "continue":
                return new Continue(token.Line);
            case "include" or "import" or "from" or "extends" or "block" or "autoescape":
                throw Fail($"'{token.Text}' is not supported in chat templates", token.Line);
            default:
                var hint = ends.Length > 0 ? $", looking for {string.Join(" or ", ends)}" : "";
                throw Fail($"unknown tag '{token.Text}'{hint}", token.Line);
        }
    }

    private If ParseIf(int line)
    {
        var branches = new List<Branch>();
        var branchLine = line;
        while (true)
        {
            var test = ParseTuple(withConditional: false);
            branches.Add(new(test, ParseBlock("elif", "else", "endif"), branchLine));
            var end = Take();
            branchLine = end.Line;
            if (end.IsName("else"))
            {
                return new([.. branches], ParseBlockAndEnd("endif"), line);
            }
            if (end.IsName("endif"))
            {
                return new([.. branches], [], line);
            }
        }
    }

    private For ParseFor(int line)
    {
        var target = ParseTarget(endsAtIn: true);
        ExpectName("in");
        var iterable = ParseTuple(withConditional: false, endName: "recursive");
        var test = TakeName("if") ? ParseExpression() : null;
        var isRecursive = TakeName("recursive");
        _loopDepth++;
        var body = ParseBlock("endfor", "else");
        _loopDepth--;
        var otherwise = Take().IsName("else") ? ParseBlockAndEnd("endfor") : [];
        return new(target, iterable, test, body, otherwise, isRecursive, line);
    }

    private Statement ParseSet(int line)
    {
        var target = ParseTarget(withNamespace: true);
        if (TakeOperator("="))
        {
            return new Assign(target, ParseTuple(), line);
        }
        var filter = ParseFilters(null, startInline: false);
        return new AssignBlock(target, filter, ParseBlockAndEnd("endset"), line);
    }

    private With ParseWith(int line)
    {
        var values = new List<KeyValuePair<Expression, Expression>>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
            {
                ExpectOperator(",");
            }
            var target = ParseTarget();
            ExpectOperator("=");
            values.Add(new(target, ParseExpression()));
        }
        return new([.. values], ParseBlockAndEnd("endwith"), line);
    }

    private Output ParsePrint(int line)
    {
        var values = new List<Expression>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
            {
                ExpectOperator(",");
            }
            values.Add(ParseExpression());
        }
        return new([.. values], line);
    }

    private CallBlock ParseCallBlock(int line)
    {
        var parameters = Current.IsOperator("(") ? ParseSignature() : Parameters.None;
        var call = ParseExpression() as Call ?? throw Fail("expected call", line);
        return new(call, parameters, ParseFunctionBody("endcall"), line);
    }

    private Parameters ParseSignature()
    {
        var names = new List<Name>();
        var defaults = new List<Expression>();
        ExpectOperator("(");
        while (!Current.IsOperator(")"))
        {
            if (names.Count > 0)
            {
                ExpectOperator(",");
            }
            var name = ParseNameTarget();
            if (names.Exists(other => string.Equals(other.Id, name.Id, StringComparison.Ordinal)))
            {
                throw Fail($"duplicate argument '{name.Id}'", name.Line);
            }
            if (TakeOperator("="))
            {
                defaults.Add(ParseExpression());
            }
            else if (defaults.Count > 0)
            {
                throw Fail("non-default argument follows default argument", name.Line);
            }
            names.Add(name);
        }
        ExpectOperator(")");
        return new([.. names], [.. defaults]);
    }

    private Name ParseNameTarget()
    {
        var token = ExpectName();
        return CheckTarget(new Name(token.Text, token.Line)) is Name name ? name : throw Fail("expected a name", token.Line);
    }

    private Expression ParseTarget(bool endsAtIn = false, bool withNamespace = false) =>
        CheckTarget(ParseTuple(simplified: true, endName: endsAtIn ? "in" : null, withNamespace: withNamespace));

    private static Expression CheckTarget(Expression target)
    {
        switch (target)
        {
            case Name { Id: "true" or "false" or "none" or "True" or "False" or "None" }:
                break;
            case Name or NamespaceTarget:
                return target;
            case TupleLiteral tuple:
                foreach (var item in tuple.Items)
                {
                    CheckTarget(item);
                }
                return target;
        }
        throw Fail("only names, attributes of namespaces and tuples of them can be assigned to", target.Line);
    }
}
