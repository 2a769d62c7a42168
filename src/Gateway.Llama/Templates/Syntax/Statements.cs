namespace Gateway.Llama.Templates.Syntax;

/// <summary>A statement of a template. jinja2's node of the same name says what it means.</summary>
internal abstract record Statement(int Line);

/// <summary>Text of the template itself.</summary>
internal sealed record Data(string Text, int Line) : Statement(Line);

internal sealed record Output(Expression[] Values, int Line) : Statement(Line);

internal sealed record If(Branch[] Branches, Statement[] Else, int Line) : Statement(Line);

internal sealed record Branch(Expression Test, Statement[] Body, int Line);

internal sealed record For(
    Expression Target, Expression Iterable, Expression? Test, Statement[] Body, Statement[] Else, bool IsRecursive, int Line)
    : Statement(Line);

internal sealed record Break(int Line) : Statement(Line);

internal sealed record Continue(int Line) : Statement(Line);

internal sealed record Assign(Expression Target, Expression Value, int Line) : Statement(Line);

internal sealed record AssignBlock(Expression Target, Expression? Filter, Statement[] Body, int Line) : Statement(Line);

internal sealed record FilterBlock(Expression Filter, Statement[] Body, int Line) : Statement(Line);

internal sealed record With(KeyValuePair<Expression, Expression>[] Values, Statement[] Body, int Line) : Statement(Line);

// Defaults: those of the last parameters.
internal sealed record Parameters(Name[] Names, Expression[] Defaults)
{
    public static Parameters None { get; } = new([], []);
}

internal sealed record Macro(string Id, Parameters Parameters, Statement[] Body, int Line) : Statement(Line);

// Call: null: the body is simply printed, as by {% generation %}.
internal sealed record CallBlock(Call? Call, Parameters Parameters, Statement[] Body, int Line) : Statement(Line);
