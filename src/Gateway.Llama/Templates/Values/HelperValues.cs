using System.Runtime.CompilerServices;
using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary><c>namespace()</c>: the one value that a template may change, by <c>{% set ns.name = value %}</c>.</summary>
internal sealed class NamespaceValue(Dictionary<string, Value> attributes) : Value
{
    public override string TypeName => "Namespace";

    public void Set(string name, Value value) => attributes[name] = value;

    public override Value? GetAttribute(RenderState state, string name)
    {
        if (!attributes.TryGetValue(name, out var value))
        {
            return null;
        }
        return name.StartsWith('_') ? UndefinedValue.Unsafe(this, name) : value;
    }

    public override void WriteRepr(TextBuilder output)
    {
        // The only value that can hold itself.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TemplateException.Limit("a namespace of the template is nested too deeply to be printed");
        }
        output.Append("<Namespace {");
        var first = true;
        foreach (var (name, value) in attributes)
        {
            if (!first)
            {
                output.Append(", ");
            }
            first = false;
            new StringValue(name).WriteRepr(output);
            output.Append(": ");
            value.WriteRepr(output);
        }
        output.Append("}>");
    }
}

/// <summary><c>cycler(a, b)</c>.</summary>
internal sealed class CyclerValue(Value[] items) : Value
{
    private int _position;

    public override string TypeName => "Cycler";

    public override void WriteRepr(TextBuilder output) => output.Append("<Cycler object>");

    public override Value? GetAttribute(RenderState state, string name) => name switch
    {
        "current" => items[_position],
        "items" => new TupleValue(items),
        "pos" => IntValue.Of(_position),
        "next" => FunctionValue.Of(name, (_, _) =>
        {
            var current = items[_position];
            _position = (_position + 1) % items.Length;
            return current;
        }),
        "reset" => FunctionValue.Of(name, (_, _) =>
        {
            _position = 0;
            return NoneValue.Instance;
        }),
        _ => null,
    };
}

/// <summary><c>joiner(", ")</c>: nothing at the first call, the separator at all others.</summary>
internal sealed class JoinerValue(Value separator) : Value
{
    private bool _used;

    public override string TypeName => "Joiner";

    public override bool IsCallable => true;

    public override void WriteRepr(TextBuilder output) => output.Append("<Joiner object>");

    public override Value Call(RenderState state, Arguments arguments)
    {
        if (_used)
        {
            return separator;
        }
        _used = true;
        return StringValue.Empty;
    }
}
