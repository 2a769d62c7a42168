using Gateway.Llama.Templates.Syntax;

namespace Gateway.Llama.Templates.Compilation;

/// <summary>
/// Looks for names in a body and all that is in it, as jinja2 does to see whether a macro wants its caller, or a loop its <c>loop</c>.
/// </summary>
internal sealed class NameSearch
{
    private readonly string[] _names;
    private readonly HashSet<string> _undeclared;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private int? _assignedAt;

    private NameSearch(params string[] names) => (_names, _undeclared) = (names, new(names, StringComparer.Ordinal));

    /// <summary>Those of the names that are read before anything is assigned to them.</summary>
    public static HashSet<string> FindUndeclared(Statement[] body, params string[] names)
    {
        var search = new NameSearch(names);
        search.Visit(body);
        return search._read;
    }

    /// <summary>The line where a body, or a loop's target, assigns to a name.</summary>
    public static int? FindAssignment(For loop, string name)
    {
        var search = new NameSearch(name);
        search.Visit(loop);
        return search._assignedAt;
    }

    private void Visit(Statement[] body)
    {
        foreach (var statement in body)
        {
            Visit(statement);
        }
    }

    private void Visit(Statement statement)
    {
        switch (statement)
        {
            case Output node:
                Array.ForEach(node.Values, Read);
                break;
            case If node:
                foreach (var branch in node.Branches)
                {
                    Read(branch.Test);
                    Visit(branch.Body);
                }
                Visit(node.Else);
                break;
            case For node:
                Target(node.Target);
                Read(node.Iterable);
                Visit(node.Body);
                Visit(node.Else);
                Read(node.Test);
                break;
            case Assign node:
                Target(node.Target);
                Read(node.Value);
                break;
            case AssignBlock node:
                Target(node.Target);
                Read(node.Filter);
                Visit(node.Body);
                break;
            case FilterBlock node:
                Visit(node.Body);
                Read(node.Filter);
                break;
            case With node:
                foreach (var (target, value) in node.Values)
                {
                    Target(target, isParameter: true);
                    Read(value);
                }
                Visit(node.Body);
                break;
            case Macro node:
                Visit(node.Parameters, node.Body);
                break;
            case CallBlock node:
                Read(node.Call);
                Visit(node.Parameters, node.Body);
                break;
        }
    }

    private void Visit(Parameters parameters, Statement[] body)
    {
        foreach (var name in parameters.Names)
        {
            Target(name, isParameter: true);
        }
        Array.ForEach(parameters.Defaults, Read);
        Visit(body);
    }

    private void Read(Expression? expression)
    {
        switch (expression)
        {
            case null:
                break;
            case Name name:
                if (_undeclared.Contains(name.Id))
                {
                    _read.Add(name.Id);
                }
                break;
            default:
                Array.ForEach(expression.Children, Read);
                break;
        }
    }

    private void Target(Expression target, bool isParameter = false)
    {
        switch (target)
        {
            case Name name:
                _undeclared.Remove(name.Id);
                if (!isParameter && _names.Contains(name.Id, StringComparer.Ordinal))
                {
                    _assignedAt ??= name.Line;
                }
                break;
            case TupleLiteral tuple:
                foreach (var item in tuple.Items)
                {
                    Target(item, isParameter);
                }
                break;
        }
    }
}
