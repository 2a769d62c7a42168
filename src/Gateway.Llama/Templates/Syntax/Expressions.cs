using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Syntax;

/// <summary>An expression of a template. jinja2's node of the same name says what it means.</summary>
internal abstract record Expression
{
    // CPython gives up beyond 200 brackets within each other, which is what jinja2 compiles nesting into.
    private const int MaxDepth = 200;

    protected Expression(int line, params IEnumerable<Expression?> children)
    {
        Line = line;
        Children = [.. children.OfType<Expression>()];
        Depth = Children.Length == 0 ? 0 : Children.Max(child => child.Depth) + 1;
        if (Depth > MaxDepth)
        {
            throw TemplateException.Syntax($"an expression is nested more than {MaxDepth} deep", line);
        }
    }

    public int Line { get; }

    /// <summary>The expressions right below, in the order in which jinja2 visits them.</summary>
    public Expression[] Children { get; }

    private int Depth { get; }
}

internal sealed record Constant(Value Value, int Line) : Expression(Line);

internal sealed record Name(string Id, int Line) : Expression(Line);

/// <summary><c>ns.name</c> where something is assigned to it.</summary>
internal sealed record NamespaceTarget(string Id, string Attribute, int Line) : Expression(Line);

internal sealed record TupleLiteral(Expression[] Items, int Line) : Expression(Line, Items);

internal sealed record ListLiteral(Expression[] Items, int Line) : Expression(Line, Items);

internal sealed record DictLiteral(KeyValuePair<Expression, Expression>[] Pairs, int Line)
    : Expression(Line, Pairs.SelectMany(pair => new[] { pair.Key, pair.Value }));

internal sealed record Conditional(Expression Test, Expression Then, Expression? Else, int Line) : Expression(Line, Test, Then, Else);

internal sealed record Binary(string Operator, Expression Left, Expression Right, int Line) : Expression(Line, Left, Right);

internal sealed record Unary(string Operator, Expression Operand, int Line) : Expression(Line, Operand);

internal sealed record Concatenation(Expression[] Parts, int Line) : Expression(Line, Parts);

internal sealed record Comparison(Expression First, KeyValuePair<string, Expression>[] Rest, int Line)
    : Expression(Line, Rest.Select(operand => operand.Value).Prepend(First));

internal sealed record GetAttribute(Expression Object, string Attribute, int Line) : Expression(Line, Object);

internal sealed record GetItem(Expression Object, Expression Key, int Line) : Expression(Line, Object, Key);

internal sealed record Slice(Expression? Start, Expression? Stop, Expression? Step, int Line) : Expression(Line, Start, Stop, Step);

internal sealed record CallArguments(
    Expression[] Positional, KeyValuePair<string, Expression>[] Named, Expression? Rest, Expression? NamedRest)
{
    public static CallArguments None { get; } = new([], [], null, null);

    public IEnumerable<Expression?> All => [.. Positional, .. Named.Select(argument => argument.Value), Rest, NamedRest];
}

internal sealed record Call(Expression Function, CallArguments Arguments, int Line)
    : Expression(Line, Arguments.All.Prepend(Function));

// Operand: null: the body of a filter block or of a block assignment.
internal sealed record FilterCall(Expression? Operand, string Filter, CallArguments Arguments, int Line)
    : Expression(Line, Arguments.All.Prepend(Operand));

internal sealed record TestCall(Expression Operand, string Test, CallArguments Arguments, int Line)
    : Expression(Line, Arguments.All.Prepend(Operand));
