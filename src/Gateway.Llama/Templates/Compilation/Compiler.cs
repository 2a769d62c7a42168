using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Syntax;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Compilation;

/// <summary>Turns the syntax of a template into delegates. This part: the template and its plain statements.</summary>
internal static partial class Compiler
{
    /// <summary>What renders a template into a text.</summary>
    public static Action<RenderState, TextBuilder> Compile(Statement[] template)
    {
        var layout = new FunctionLayout(parent: null);
        var frame = new Frame(new Symbols(parent: null, layout), IsSoft: false);
        SymbolVisitor.Visit(frame.Symbols, template);
        var enter = frame.CompileEntry();
        var body = CompileBody(template, frame);
        return (state, output) =>
        {
            var locals = new Locals(state, layout.SlotCount, parent: null);
            enter(locals);
            body(locals, output);
        };
    }

    private static Executor CompileBody(Statement[] body, Frame frame)
    {
        var statements = body.Select(statement => CompileStatement(statement, frame)).ToArray();
        return statements.Length switch
        {
            0 => static (_, _) => Signal.Next,
            1 => statements[0],
            _ => (locals, output) =>
            {
                foreach (var statement in statements)
                {
                    var signal = statement(locals, output);
                    if (signal != Signal.Next)
                    {
                        return signal;
                    }
                }
                return Signal.Next;
            }
            ,
        };
    }

    private static Executor CompileStatement(Statement statement, Frame frame) => statement switch
    {
        Data node => CompileData(node),
        Output node => CompileOutput(node, frame),
        If node => CompileIf(node, frame.Soft()),
        For node => CompileFor(node, frame),
        Assign node => CompileAssign(node, frame),
        AssignBlock node => CompileAssignBlock(node, frame),
        FilterBlock node => CompileFilterBlock(node, frame),
        With node => CompileWith(node, frame),
        Macro node => CompileMacro(node, frame),
        CallBlock node => CompileCallBlock(node, frame),
        Break => static (_, _) => Signal.Break,
        Continue => static (_, _) => Signal.Continue,
        _ => throw TemplateException.Syntax("unknown statement", statement.Line),
    };

    private static Executor CompileData(Data node)
    {
        var text = node.Text;
        return (locals, output) =>
        {
            locals.State.Step();
            output.Append(text);
            return Signal.Next;
        };
    }

    private static Executor CompileOutput(Output node, Frame frame)
    {
        var values = node.Values.Select(value => CompileExpression(value, frame)).ToArray();
        var line = node.Line;
        return (locals, output) =>
        {
            locals.State.Line = line;
            locals.State.Step(values.Length);
            foreach (var value in values)
            {
                value(locals).WriteText(output);
            }
            return Signal.Next;
        };
    }

    private static Executor CompileIf(If node, Frame frame)
    {
        var branches = node.Branches
            .Select(branch => (branch.Line, Test: CompileExpression(branch.Test, frame), Body: CompileBody(branch.Body, frame)))
            .ToArray();
        var otherwise = CompileBody(node.Else, frame);
        return (locals, output) =>
        {
            foreach (var (line, test, body) in branches)
            {
                locals.State.Line = line;
                locals.State.Step();
                if (test(locals).IsTrue)
                {
                    return body(locals, output);
                }
            }
            return otherwise(locals, output);
        };
    }

    private static Executor CompileAssign(Assign node, Frame frame)
    {
        var value = CompileExpression(node.Value, frame);
        var assign = CompileTarget(node.Target, frame);
        var line = node.Line;
        return (locals, _) =>
        {
            locals.State.Line = line;
            locals.State.Step();
            assign(locals, value(locals));
            return Signal.Next;
        };
    }

    private static Executor CompileAssignBlock(AssignBlock node, Frame frame)
    {
        var inner = frame.Inner();
        SymbolVisitor.Visit(inner.Symbols, node.Body);
        SymbolVisitor.VisitRead(inner.Symbols, node.Filter);
        var capture = CompileCapture(node.Body, node.Filter, inner);
        var assign = CompileTarget(node.Target, frame);
        var line = node.Line;
        return (locals, _) =>
        {
            var signal = capture(locals, out var value);
            if (value is not null)
            {
                locals.State.Line = line;
                assign(locals, value);
            }
            return signal;
        };
    }

    private static Executor CompileFilterBlock(FilterBlock node, Frame frame)
    {
        var inner = frame.Inner();
        SymbolVisitor.Visit(inner.Symbols, node.Body);
        SymbolVisitor.VisitRead(inner.Symbols, node.Filter);
        var capture = CompileCapture(node.Body, node.Filter, inner);
        return (locals, output) =>
        {
            var signal = capture(locals, out var value);
            value?.WriteText(output);
            return signal;
        };
    }

    // value: null where a break or continue left the body: what it had printed is lost, as in Python.
    private delegate Signal Capture(Locals locals, out Value? value);

    private static Capture CompileCapture(Statement[] body, Expression? filter, Frame frame)
    {
        var enter = frame.CompileEntry();
        var execute = CompileBody(body, frame);
        var apply = filter is null ? null : CompileFilterChain(filter, frame);
        return (locals, out value) =>
        {
            locals.State.Step();
            enter(locals);
            var output = new TextBuilder(locals.State);
            var signal = execute(locals, output);
            value = null;
            if (signal == Signal.Next)
            {
                var text = output.ToValue();
                value = apply is null ? text : apply(locals, text);
            }
            return signal;
        };
    }

    private static Executor CompileWith(With node, Frame frame)
    {
        var inner = frame.Inner();
        foreach (var (target, _) in node.Values)
        {
            SymbolVisitor.VisitTarget(inner.Symbols, target, asParameter: true);
        }
        SymbolVisitor.Visit(inner.Symbols, node.Body);
        var assignments = node.Values
            .Select(pair => (Assign: CompileTarget(pair.Key, inner), Value: CompileExpression(pair.Value, frame)))
            .ToArray();
        var enter = inner.CompileEntry();
        var body = CompileBody(node.Body, inner);
        var line = node.Line;
        return (locals, output) =>
        {
            locals.State.Line = line;
            locals.State.Step(1 + assignments.Length);
            enter(locals);
            foreach (var (assign, value) in assignments)
            {
                assign(locals, value(locals));
            }
            return body(locals, output);
        };
    }

    private static Action<Locals, Value> CompileTarget(Expression target, Frame frame)
    {
        switch (target)
        {
            case Name name:
                return frame.CompileWrite(name.Id);
            case NamespaceTarget ns:
                var read = frame.CompileRead(ns.Id);
                var attribute = ns.Attribute;
                return (locals, value) =>
                {
                    if (read(locals) is not NamespaceValue target)
                    {
                        throw TemplateException.Evaluation("cannot assign attribute on non-namespace object");
                    }
                    target.Set(attribute, value);
                };
            case TupleLiteral tuple:
                var targets = tuple.Items.Select(item => CompileTarget(item, frame)).ToArray();
                return (locals, value) => Unpack(locals, value, targets);
            default:
                throw TemplateException.Syntax("this cannot be assigned to", target.Line);
        }
    }

    private static void Unpack(Locals locals, Value value, Action<Locals, Value>[] targets)
    {
        var items = value.TryIterate(locals.State)
            ?? throw TemplateException.Evaluation($"cannot unpack non-iterable {value.TypeName} object");
        locals.State.Step(targets.Length);
        var unpacked = new Value[targets.Length];
        for (var i = 0; i < unpacked.Length; i++)
        {
            unpacked[i] = items.MoveNext()
                ? items.Current
                : throw TemplateException.Evaluation($"not enough values to unpack (expected {unpacked.Length}, got {i})");
        }
        if (items.MoveNext())
        {
            throw TemplateException.Evaluation($"too many values to unpack (expected {unpacked.Length})");
        }
        for (var i = 0; i < unpacked.Length; i++)
        {
            targets[i](locals, unpacked[i]);
        }
    }
}
