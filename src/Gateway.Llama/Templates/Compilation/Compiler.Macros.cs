using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Syntax;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Compilation;

/// <summary>This part: macros and call blocks.</summary>
internal static partial class Compiler
{
    private static Executor CompileMacro(Macro node, Frame frame)
    {
        var code = CompileMacroCode(node.Id, node.Parameters, node.Body, node.Line, frame);
        var assign = frame.CompileWrite(node.Id);
        return (locals, _) =>
        {
            assign(locals, new MacroValue(code, locals));
            return Signal.Next;
        };
    }

    private static Executor CompileCallBlock(CallBlock node, Frame frame)
    {
        var code = CompileMacroCode(null, node.Parameters, node.Body, node.Line, frame);
        if (node.Call is null)
        {
            return (locals, output) =>
            {
                new MacroValue(code, locals).Call(locals.State, Arguments.None).WriteText(output);
                return Signal.Next;
            };
        }
        var function = CompileExpression(node.Call.Function, frame);
        var arguments = CompileArguments(node.Call.Arguments, frame);
        var line = node.Line;
        return (locals, output) =>
        {
            locals.State.Line = line;
            var caller = new MacroValue(code, locals);
            var callee = function(locals);
            var passed = arguments(locals);
            callee.Call(locals.State, passed with { Named = [.. passed.Named, new(MacroCode.CallerName, caller)] }).WriteText(output);
            return Signal.Next;
        };
    }

    private static MacroCode CompileMacroCode(string? name, Parameters parameters, Statement[] body, int line, Frame outer)
    {
        var function = new FunctionLayout(outer.Function);
        var frame = outer.Inner(function);
        Analyze();
        var special = NameSearch.FindUndeclared(body, MacroCode.CallerName, MacroCode.NamedName, MacroCode.RestName);
        var explicitCaller = Array.FindIndex(parameters.Names, parameter => parameter.Id is MacroCode.CallerName);
        if (explicitCaller >= 0 && special.Contains(MacroCode.CallerName)
            && explicitCaller < parameters.Names.Length - parameters.Defaults.Length)
        {
            throw TemplateException.Syntax(
                "when defining macros or call blocks the special \"caller\" argument must be omitted or be given a default", line);
        }
        var caller = explicitCaller < 0 ? DeclareSpecial(MacroCode.CallerName) : null;
        var named = DeclareSpecial(MacroCode.NamedName);
        var rest = DeclareSpecial(MacroCode.RestName);
        Analyze();

        var required = parameters.Names.Length - parameters.Defaults.Length;
        var code = new MacroCode(
            name,
            [.. parameters.Names.Select(parameter => parameter.Id)],
            [.. parameters.Names.Select(parameter => frame.Locate(parameter.Id).Slot)],
            [.. parameters.Names.Select((parameter, i) => i < required
                ? MissingParameter(parameter.Id)
                : CompileExpression(parameters.Defaults[i - required], frame))],
            special.Contains(MacroCode.CallerName),
            caller,
            named,
            rest,
            function,
            frame.CompileEntry(),
            CompileBody(body, frame));
        return code;

        void Analyze()
        {
            foreach (var parameter in parameters.Names)
            {
                frame.Symbols.DeclareParameter(parameter.Id);
            }
            foreach (var value in parameters.Defaults)
            {
                SymbolVisitor.VisitRead(frame.Symbols, value);
            }
            SymbolVisitor.Visit(frame.Symbols, body);
        }

        int? DeclareSpecial(string id)
        {
            var isParameter = Array.Exists(parameters.Names, parameter => string.Equals(parameter.Id, id, StringComparison.Ordinal));
            return special.Contains(id) && !isParameter ? frame.Symbols.DeclareParameter(id).Slot : null;
        }
    }

    private static Evaluator MissingParameter(string name)
    {
        var undefined = UndefinedValue.Hint($"parameter '{name}' was not provided");
        return _ => undefined;
    }
}
