using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>What a name or attribute that is not there gives: prints as nothing, is false and empty, and fails in any other use.</summary>
internal sealed class UndefinedValue : Value
{
    private readonly string? _hint;
    private readonly Value? _object;
    private readonly string? _name;

    private UndefinedValue(string? hint, Value? obj, string? name) => (_hint, _object, _name) = (hint, obj, name);

    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    public override int? Length => 0;

    public override bool IsCallable => true;

    private string Message
    {
        get
        {
            if (_hint is not null)
            {
                return _hint;
            }
            if (_object is null)
            {
                return $"'{_name}' is undefined";
            }
            var owner = _object is NoneValue ? "None" : $"{_object.TypeName} object";
            return _name is null ? $"{owner} has no such element" : $"'{owner}' has no attribute '{_name}'";
        }
    }

    public static UndefinedValue Hint(string message) => new(message, null, null);

    public static UndefinedValue Variable(string name) => new(null, null, name);

    // name: a name that stands in the template; caller's text must not get into a message.
    public static UndefinedValue Attribute(Value obj, string name) => new(null, obj, name);

    public static UndefinedValue Element(Value obj, Value key) =>
        new(null, obj, key is StringValue { Taint.IsNone: true } text ? text.Text : null);

    /// <summary>What the sandbox gives instead of an attribute that it does not let templates use.</summary>
    public static UndefinedValue Unsafe(Value obj, string name) =>
        new($"access to attribute '{name}' of '{obj.TypeName}' object is unsafe", null, null);

    public TemplateException Error() => TemplateException.Evaluation(Message);

    public override void WriteRepr(TextBuilder output) => output.Append("Undefined");

    public override void WriteText(TextBuilder output)
    {
    }

    public override Value? GetAttribute(RenderState state, string name) => throw Error();

    public override Value? GetItem(RenderState state, Value key) => throw Error();

    public override IEnumerator<Value>? TryIterate(RenderState state) => Enumerable.Empty<Value>().GetEnumerator();

    public override IEnumerator<Value>? TryIterateBackwards(RenderState state) => TryIterate(state);

    public override Value Call(RenderState state, Arguments arguments) => throw Error();
}
