using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>The methods of a type by name, filled once by a collection initializer.</summary>
internal sealed class MethodTable<T> : System.Collections.IEnumerable
    where T : Value
{
    private readonly Dictionary<string, Func<T, Value>> _methods = new(StringComparer.Ordinal);

    public delegate Value Method(RenderState state, T self, Value?[] arguments);

    // parameters: as Signature takes them.
    public void Add(string name, string parameters, Method method)
    {
        var signature = new Signature(name, parameters);
        _methods.Add(name, self => new FunctionValue(name, (state, arguments) => method(state, self, signature.Bind(arguments))));
    }

    /// <summary>A method that takes what it is passed as it is.</summary>
    public void Add(string name, Func<RenderState, T, Arguments, Value> method) =>
        _methods.Add(name, self => new FunctionValue(name, (state, arguments) => method(state, self, arguments)));

    /// <summary>A method that exists in Python but that templates may not use.</summary>
    public void AddUnsafe(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _methods.Add(name, self => UndefinedValue.Unsafe(self, name));
        }
    }

    /// <summary>The method bound to its object; null where there is none.</summary>
    public Value? Find(T self, string name) => _methods.TryGetValue(name, out var bind) ? bind(self) : null;

    public System.Collections.IEnumerator GetEnumerator() => _methods.GetEnumerator();
}
