using Gateway.Llama.Templates.Builtins;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Syntax;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Compilation;

/// <summary>This part: expressions.</summary>
internal static partial class Compiler
{
    private static Evaluator CompileExpression(Expression expression, Frame frame)
    {
        switch (expression)
        {
            case Constant node:
                var constant = node.Value;
                return _ => constant;
            case Name node:
                return frame.CompileRead(node.Id);
            case TupleLiteral node:
                var tupleItems = CompileAll(node.Items, frame);
                return locals => new TupleValue(EvaluateAll(tupleItems, locals));
            case ListLiteral node:
                var listItems = CompileAll(node.Items, frame);
                return locals => new ListValue(EvaluateAll(listItems, locals));
            case DictLiteral node:
                return CompileDict(node, frame);
            case Conditional node:
                return CompileConditional(node, frame.Soft());
            case Binary node:
                return CompileBinary(node, CompileExpression(node.Left, frame), CompileExpression(node.Right, frame));
            case Unary node:
                return CompileUnary(node, CompileExpression(node.Operand, frame));
            case Concatenation node:
                return CompileConcatenation(node, frame);
            case Comparison node:
                return CompileComparison(node, frame);
            case GetAttribute node:
                return CompileGetAttribute(node, frame);
            case GetItem node:
                return CompileGetItem(node, frame);
            case Call node:
                return CompileCall(node, frame);
            case FilterCall { Operand: not null } node:
                var operand = CompileExpression(node.Operand, frame);
                var apply = CompileFilter(node, frame);
                return locals => apply(locals, operand(locals));
            case TestCall node:
                return CompileTest(node, frame);
            default:
                throw TemplateException.Syntax("this expression cannot stand here", expression.Line);
        }
    }

    private static Evaluator[] CompileAll(Expression[] expressions, Frame frame) =>
        [.. expressions.Select(expression => CompileExpression(expression, frame))];

    private static Value[] EvaluateAll(Evaluator[] evaluators, Locals locals)
    {
        if (evaluators.Length == 0)
        {
            return [];
        }
        locals.State.AllocateItems(evaluators.Length);
        var values = new Value[evaluators.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = evaluators[i](locals);
        }
        return values;
    }

    private static Evaluator CompileDict(DictLiteral node, Frame frame)
    {
        var pairs = node.Pairs
            .Select(pair => (Key: CompileExpression(pair.Key, frame), Value: CompileExpression(pair.Value, frame)))
            .ToArray();
        return locals =>
        {
            locals.State.AllocateItems(pairs.Length * 2);
            return DictValue.Of([.. pairs.Select(pair => KeyValuePair.Create(pair.Key(locals), pair.Value(locals)))]);
        };
    }

    private static Evaluator CompileConditional(Conditional node, Frame frame)
    {
        var test = CompileExpression(node.Test, frame);
        var then = CompileExpression(node.Then, frame);
        var undefined = UndefinedValue.Hint(
            $"the inline if-expression on line {node.Line} evaluated to false and no else section was defined");
        var otherwise = node.Else is null ? _ => undefined : CompileExpression(node.Else, frame);
        return locals => test(locals).IsTrue ? then(locals) : otherwise(locals);
    }

    private static Evaluator CompileBinary(Binary node, Evaluator left, Evaluator right) => node.Operator switch
    {
        "and" => locals => left(locals) is { IsTrue: false } value ? value : right(locals),
        "or" => locals => left(locals) is { IsTrue: true } value ? value : right(locals),
        "+" => locals => Arithmetic.Add(locals.State, left(locals), right(locals)),
        "-" => locals => Arithmetic.Subtract(left(locals), right(locals)),
        "*" => locals => Arithmetic.Multiply(locals.State, left(locals), right(locals)),
        "/" => locals => Arithmetic.Divide(left(locals), right(locals)),
        "//" => locals => Arithmetic.FloorDivide(left(locals), right(locals)),
        "%" => locals => Arithmetic.Modulo(locals.State, left(locals), right(locals)),
        "**" => locals => Arithmetic.Power(left(locals), right(locals)),
        _ => throw TemplateException.Syntax($"unknown operator '{node.Operator}'", node.Line),
    };

    private static Evaluator CompileUnary(Unary node, Evaluator operand) => node.Operator switch
    {
        "not" => locals => BoolValue.Of(!operand(locals).IsTrue),
        "-" => locals => Arithmetic.Negate(operand(locals)),
        _ => locals => Arithmetic.Plus(operand(locals)),
    };

    private static Evaluator CompileConcatenation(Concatenation node, Frame frame)
    {
        var parts = CompileAll(node.Parts, frame);
        return locals =>
        {
            var output = new TextBuilder(locals.State);
            // All parts are there before the first is printed, as in Python.
            foreach (var part in EvaluateAll(parts, locals))
            {
                part.WriteText(output);
            }
            return output.ToValue();
        };
    }

    private static Evaluator CompileComparison(Comparison node, Frame frame)
    {
        var first = CompileExpression(node.First, frame);
        var rest = node.Rest.Select(pair => (Compare: Ordering.Find(pair.Key), Operand: CompileExpression(pair.Value, frame))).ToArray();
        if (rest.Length == 1)
        {
            var (compare, operand) = rest[0];
            return locals => BoolValue.Of(compare(locals.State, first(locals), operand(locals)));
        }
        return locals =>
        {
            var left = first(locals);
            foreach (var (compare, operand) in rest)
            {
                var right = operand(locals);
                if (!compare(locals.State, left, right))
                {
                    return BoolValue.False;
                }
                left = right;
            }
            return BoolValue.True;
        };
    }

    private static Evaluator CompileGetAttribute(GetAttribute node, Frame frame)
    {
        var obj = CompileExpression(node.Object, frame);
        var name = node.Attribute;
        var key = new StringValue(name);
        return locals => Subscripts.GetAttribute(locals.State, obj(locals), name, key);
    }

    private static Evaluator CompileGetItem(GetItem node, Frame frame)
    {
        var obj = CompileExpression(node.Object, frame);
        if (node.Key is Slice slice)
        {
            var start = CompileOptional(slice.Start, frame);
            var stop = CompileOptional(slice.Stop, frame);
            var step = CompileOptional(slice.Step, frame);
            return locals =>
            {
                var value = obj(locals);
                return Subscripts.Slice(locals.State, value, start?.Invoke(locals), stop?.Invoke(locals), step?.Invoke(locals));
            };
        }
        var key = CompileExpression(node.Key, frame);
        return locals =>
        {
            var value = obj(locals);
            return Subscripts.GetItem(locals.State, value, key(locals));
        };
    }

    private static Evaluator? CompileOptional(Expression? expression, Frame frame) =>
        expression is null ? null : CompileExpression(expression, frame);

    private static Evaluator CompileCall(Call node, Frame frame)
    {
        var function = CompileExpression(node.Function, frame);
        var arguments = CompileArguments(node.Arguments, frame);
        return locals =>
        {
            var callee = function(locals);
            return callee.Call(locals.State, arguments(locals));
        };
    }

    private static Func<Locals, Arguments> CompileArguments(CallArguments node, Frame frame)
    {
        var positional = CompileAll(node.Positional, frame);
        if (node is { Named.Length: 0, Rest: null, NamedRest: null })
        {
            return locals => new(EvaluateAll(positional, locals), []);
        }
        var named = node.Named.Select(argument => (argument.Key, Value: CompileExpression(argument.Value, frame))).ToArray();
        var rest = CompileOptional(node.Rest, frame);
        var namedRest = CompileOptional(node.NamedRest, frame);
        return locals =>
        {
            var values = EvaluateAll(positional, locals);
            if (rest is not null)
            {
                values = [.. values, .. rest(locals).ToList(locals.State)];
            }
            var pairs = named.Select(argument => KeyValuePair.Create(argument.Key, argument.Value(locals))).ToArray();
            return new(values, namedRest is null ? pairs : [.. pairs, .. UnpackNamed(namedRest(locals))]);
        };
    }

    private static IEnumerable<KeyValuePair<string, Value>> UnpackNamed(Value value)
    {
        if (value is not DictValue dict)
        {
            throw TemplateException.Evaluation($"argument after ** must be a mapping, not {value.TypeName}");
        }
        return dict.Items.Select(item => item.Key is StringValue key
            ? KeyValuePair.Create(key.Text, item.Value)
            : throw TemplateException.Evaluation("keywords must be strings"));
    }

    private static Func<Locals, Value, Value> CompileFilterChain(Expression filter, Frame frame)
    {
        if (filter is not FilterCall node)
        {
            throw TemplateException.Syntax("expected a filter", filter.Line);
        }
        var apply = CompileFilter(node, frame);
        if (node.Operand is null)
        {
            return apply;
        }
        var inner = CompileFilterChain(node.Operand, frame);
        return (locals, value) => apply(locals, inner(locals, value));
    }

    private static Func<Locals, Value, Value> CompileFilter(FilterCall node, Frame frame)
    {
        var arguments = CompileArguments(node.Arguments, frame);
        if (Filters.Find(node.Filter) is not { } filter)
        {
            return frame.IsSoft
                ? (_, _) => throw TemplateException.Evaluation($"no filter named '{node.Filter}' found")
                : throw TemplateException.Syntax($"no filter named '{node.Filter}'", node.Line);
        }
        return (locals, value) =>
        {
            locals.State.Step();
            return filter(locals.State, value, arguments(locals));
        };
    }

    private static Evaluator CompileTest(TestCall node, Frame frame)
    {
        var operand = CompileExpression(node.Operand, frame);
        var arguments = CompileArguments(node.Arguments, frame);
        if (Tests.Find(node.Test) is not { } test)
        {
            return frame.IsSoft
                ? _ => throw TemplateException.Evaluation($"no test named '{node.Test}' found")
                : throw TemplateException.Syntax($"no test named '{node.Test}'", node.Line);
        }
        return locals =>
        {
            var value = operand(locals);
            return BoolValue.Of(test(locals.State, value, arguments(locals)));
        };
    }
}
