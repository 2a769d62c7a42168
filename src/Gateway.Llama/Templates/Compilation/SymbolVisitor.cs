using Gateway.Llama.Templates.Syntax;

namespace Gateway.Llama.Templates.Compilation;

/// <summary>Notes the names that a scope reads and assigns, in jinja2's order; it does not go into scopes within.</summary>
internal static class SymbolVisitor
{
    public static void Visit(Symbols symbols, Statement[] body)
    {
        foreach (var statement in body)
        {
            Visit(symbols, statement);
        }
    }

    public static void VisitRead(Symbols symbols, Expression? expression)
    {
        switch (expression)
        {
            case null:
                break;
            case Name name:
                symbols.Read(name.Id);
                break;
            default:
                foreach (var child in expression.Children)
                {
                    VisitRead(symbols, child);
                }
                break;
        }
    }

    public static void VisitTarget(Symbols symbols, Expression target, bool asParameter = false)
    {
        switch (target)
        {
            case Name name when asParameter:
                symbols.DeclareParameter(name.Id);
                break;
            case Name name:
                symbols.Store(name.Id);
                break;
            case NamespaceTarget ns:
                symbols.Read(ns.Id);
                break;
            case TupleLiteral tuple:
                foreach (var item in tuple.Items)
                {
                    VisitTarget(symbols, item, asParameter);
                }
                break;
        }
    }

    private static void Visit(Symbols symbols, Statement statement)
    {
        switch (statement)
        {
            case Output output:
                foreach (var value in output.Values)
                {
                    VisitRead(symbols, value);
                }
                break;
            case If node:
                VisitIf(symbols, node, 0);
                break;
            case For node:
                VisitRead(symbols, node.Iterable);
                break;
            case Assign node:
                VisitRead(symbols, node.Value);
                VisitTarget(symbols, node.Target);
                break;
            case AssignBlock node:
                VisitTarget(symbols, node.Target);
                break;
            case FilterBlock node:
                VisitRead(symbols, node.Filter);
                break;
            case With node:
                foreach (var (_, value) in node.Values)
                {
                    VisitRead(symbols, value);
                }
                break;
            case Macro node:
                symbols.Store(node.Id);
                break;
            case CallBlock node:
                VisitRead(symbols, node.Call);
                break;
        }
    }

    /// <summary>An if with the branches after the first as its elifs, each of them an if of its own to jinja2.</summary>
    private static void VisitIf(Symbols symbols, If node, int first)
    {
        VisitRead(symbols, node.Branches[first].Test);
        var body = symbols.Copy();
        Visit(body, node.Branches[first].Body);
        var elifs = symbols.Copy();
        for (var i = first + 1; first == 0 && i < node.Branches.Length; i++)
        {
            VisitElif(elifs, node.Branches[i]);
        }
        var otherwise = symbols.Copy();
        Visit(otherwise, node.Else);
        symbols.Merge(body, elifs, otherwise);
    }

    private static void VisitElif(Symbols symbols, Branch branch)
    {
        VisitRead(symbols, branch.Test);
        var body = symbols.Copy();
        Visit(body, branch.Body);
        symbols.Merge(body, symbols.Copy(), symbols.Copy());
    }
}
