using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>A builtin function, or a method bound to its object.</summary>
internal sealed class FunctionValue(string name, Func<RenderState, Arguments, Value> body) : Value
{
    public override string TypeName => "builtin_function_or_method";

    public override bool IsCallable => true;

    public static FunctionValue Of(string name, Func<RenderState, Arguments, Value> body) => new(name, body);

    /// <summary>A function with named parameters, see <see cref="Signature"/>.</summary>
    public static FunctionValue Of(string name, string parameters, Func<RenderState, Value?[], Value> body)
    {
        var signature = new Signature(name, parameters);
        return new(name, (state, arguments) => body(state, signature.Bind(arguments)));
    }

    public override void WriteRepr(TextBuilder output) => output.Append("<built-in function ").Append(name).Append(">");

    public override Value Call(RenderState state, Arguments arguments)
    {
        state.Step();
        return body(state, arguments);
    }
}
