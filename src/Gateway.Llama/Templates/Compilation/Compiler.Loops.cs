using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Syntax;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Compilation;

/// <summary>This part: loops.</summary>
internal static partial class Compiler
{
    private const string LoopName = "loop";

    private static Executor CompileFor(For node, Frame frame)
    {
        if (NameSearch.FindAssignment(node, LoopName) is { } at)
        {
            throw TemplateException.Syntax("can't assign to special loop variable in for-loop target", at);
        }
        var function = node.IsRecursive ? new FunctionLayout(frame.Function) : frame.Function;
        var code = CompileLoop(node, frame, function);
        var iterable = CompileExpression(node.Iterable, frame);
        var line = node.Line;
        if (!node.IsRecursive)
        {
            return (locals, output) =>
            {
                locals.State.Line = line;
                return code.Run(locals, locals, output, iterable(locals), recurse: null, depth: 0);
            };
        }
        return (locals, output) =>
        {
            locals.State.Line = line;
            Recurse(iterable(locals), 0).WriteText(output);
            return Signal.Next;

            Value Recurse(Value items, int depth)
            {
                var state = locals.State;
                state.EnterCall();
                var text = new TextBuilder(state);
                code.Run(new Locals(state, function.SlotCount, locals), locals, text, items, Recurse, depth);
                state.LeaveCall();
                return text.ToValue();
            }
        };
    }

    private static LoopCode CompileLoop(For node, Frame frame, FunctionLayout function)
    {
        var loopFrame = frame.Inner(function);
        var hasLoop = node.IsRecursive || NameSearch.FindUndeclared(node.Body, LoopName).Count > 0;
        if (hasLoop)
        {
            loopFrame.Symbols.DeclareParameter(LoopName);
        }
        SymbolVisitor.VisitTarget(loopFrame.Symbols, node.Target, asParameter: true);
        SymbolVisitor.Visit(loopFrame.Symbols, node.Body);
        var elseFrame = frame.Inner(function);
        SymbolVisitor.Visit(elseFrame.Symbols, node.Else);
        return new(
            node.Line,
            CompileTarget(node.Target, loopFrame),
            hasLoop ? loopFrame.CompileWrite(LoopName) : null,
            node.Test is null ? null : CompileLoopTest(node, frame),
            loopFrame.CompileEntry(),
            CompileBody(node.Body, loopFrame),
            elseFrame.CompileEntry(),
            CompileBody(node.Else, elseFrame));
    }

    /// <summary>The elements that pass a loop's test, each tested when the loop gets to it.</summary>
    private static Func<Locals, Value, IEnumerator<Value>> CompileLoopTest(For node, Frame frame)
    {
        var function = new FunctionLayout(frame.Function);
        var testFrame = frame.Inner(function);
        SymbolVisitor.VisitTarget(testFrame.Symbols, node.Target, asParameter: true);
        SymbolVisitor.VisitRead(testFrame.Symbols, node.Test);
        var assign = CompileTarget(node.Target, testFrame);
        var enter = testFrame.CompileEntry();
        var test = CompileExpression(node.Test!, testFrame);
        return Filter;

        IEnumerator<Value> Filter(Locals outer, Value iterable)
        {
            var locals = new Locals(outer.State, function.SlotCount, outer);
            enter(locals);
            var items = iterable.Iterate(outer.State);
            while (items.MoveNext())
            {
                outer.State.Step();
                assign(locals, items.Current);
                if (test(locals).IsTrue)
                {
                    yield return items.Current;
                }
            }
        }
    }

    private sealed record LoopCode(
        int Line,
        Action<Locals, Value> Assign,
        Action<Locals, Value>? AssignLoop,
        Func<Locals, Value, IEnumerator<Value>>? Test,
        Action<Locals> Enter,
        Executor Body,
        Action<Locals> EnterElse,
        Executor Else)
    {
        // outer: the variables of the function that the loop stands in.
        public Signal Run(Locals locals, Locals outer, TextBuilder output, Value iterable, Func<Value, int, Value>? recurse, int depth)
        {
            var state = locals.State;
            if (Test is not null)
            {
                iterable = new IteratorValue(Test(outer, iterable));
            }
            var items = iterable.Iterate(state);
            var loop = AssignLoop is null ? null : new LoopValue(state, iterable, items, recurse, depth);
            // As in Python, only a turn that gets to its end counts against the else: one that breaks or continues does not.
            var hasRun = false;
            while (Next(items, loop) is { } item)
            {
                state.Line = Line;
                state.Step();
                Assign(locals, item);
                AssignLoop?.Invoke(locals, loop!);
                Enter(locals);
                var signal = Body(locals, output);
                if (signal == Signal.Break)
                {
                    break;
                }
                hasRun |= signal == Signal.Next;
            }
            if (hasRun)
            {
                return Signal.Next;
            }
            EnterElse(locals);
            return Else(locals, output);
        }

        private static Value? Next(IEnumerator<Value> items, LoopValue? loop) =>
            loop is not null ? loop.Next() : items.MoveNext() ? items.Current : null;
    }
}
