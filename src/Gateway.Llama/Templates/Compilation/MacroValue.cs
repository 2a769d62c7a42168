using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Compilation;

/// <summary>A compiled macro, or body of a call block.</summary>
// Name: null: a call block.
// Slots: where each parameter is kept.
// Defaults: what a parameter is that was not passed.
// TakesCaller: whether the body reads caller.
// CallerSlot: where caller is kept, unless it is a parameter.
// NamedSlot: where kwargs is kept, if the body reads it.
// RestSlot: where varargs is kept, if the body reads it.
internal sealed record MacroCode(
    string? Name,
    string[] Parameters,
    int[] Slots,
    Evaluator[] Defaults,
    bool TakesCaller,
    int? CallerSlot,
    int? NamedSlot,
    int? RestSlot,
    FunctionLayout Function,
    Action<Locals> Enter,
    Executor Body)
{
    public const string CallerName = "caller";
    public const string NamedName = "kwargs";
    public const string RestName = "varargs";
}

/// <summary>A macro with the variables around its definition.</summary>
internal sealed class MacroValue(MacroCode code, Locals closure) : Value
{
    public override string TypeName => "Macro";

    public override bool IsCallable => true;

    public override void WriteRepr(TextBuilder output) =>
        output.Append(code.Name is null ? "<Macro anonymous>" : $"<Macro '{code.Name}'>");

    public override Value? GetAttribute(RenderState state, string name) => name switch
    {
        "name" => code.Name is null ? NoneValue.Instance : new StringValue(code.Name),
        "arguments" => new TupleValue([.. code.Parameters.Select(parameter => new StringValue(parameter))]),
        "catch_kwargs" => BoolValue.Of(code.NamedSlot is not null),
        "catch_varargs" => BoolValue.Of(code.RestSlot is not null),
        "caller" => BoolValue.Of(code.TakesCaller),
        _ => null,
    };

    public override Value Call(RenderState state, Arguments arguments)
    {
        state.EnterCall();
        var line = state.Line;
        var locals = new Locals(state, code.Function.SlotCount, closure);
        Bind(locals, arguments);
        code.Enter(locals);
        for (var i = 0; i < code.Slots.Length; i++)
        {
            locals.Slots[code.Slots[i]] ??= code.Defaults[i](locals);
        }
        var output = new TextBuilder(state);
        code.Body(locals, output);
        state.Line = line;
        state.LeaveCall();
        return output.ToValue();
    }

    private void Bind(Locals locals, Arguments arguments)
    {
        var positional = arguments.Positional;
        var count = code.Slots.Length;
        for (var i = 0; i < Math.Min(positional.Length, count); i++)
        {
            locals.Slots[code.Slots[i]] = positional[i];
        }

        List<KeyValuePair<Value, Value>>? others = null;
        foreach (var (name, value) in arguments.Named)
        {
            var index = Array.IndexOf(code.Parameters, name, Math.Min(positional.Length, count));
            if (index >= 0)
            {
                locals.Slots[code.Slots[index]] = value;
            }
            else if (code.CallerSlot is { } slot && name is MacroCode.CallerName)
            {
                locals.Slots[slot] = value;
            }
            else
            {
                (others ??= []).Add(new(new StringValue(name), value));
            }
        }
        if (code.CallerSlot is { } callerSlot)
        {
            locals.Slots[callerSlot] ??= UndefinedValue.Hint("No caller defined");
        }
        if (code.NamedSlot is { } namedSlot)
        {
            locals.Slots[namedSlot] = DictValue.Of(others ?? []);
        }
        else if (others is not null)
        {
            throw TemplateException.Evaluation($"macro '{code.Name}' takes no keyword argument '{((StringValue)others[0].Key).Text}'");
        }
        if (code.RestSlot is { } restSlot)
        {
            locals.Slots[restSlot] = new TupleValue(positional.Length > count ? positional[count..] : []);
        }
        else if (positional.Length > count)
        {
            throw TemplateException.Evaluation($"macro '{code.Name}' takes not more than {count} argument(s)");
        }
    }
}
