using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>A value of a template: behaves as the Python object of the same kind does in jinja2's immutable sandbox.</summary>
internal abstract class Value
{
    /// <summary>Python's name of the type, for messages.</summary>
    public abstract string TypeName { get; }

    /// <summary>Python's truth of the value.</summary>
    public virtual bool IsTrue => true;

    /// <summary>What <c>len()</c> gives; null where the type has no length.</summary>
    public virtual int? Length => null;

    /// <summary>
    /// Values in this one, itself included, as often as they occur. Bounded where containers are made, so that no walk over a value
    /// (comparing, printing) can be long though <c>[x, x]</c> doubles it with every turn of a loop.
    /// </summary>
    public virtual int Weight => 1;

    /// <summary>Containers in containers below this one; bounded like <see cref="Weight"/>.</summary>
    public virtual int Depth => 0;

    /// <summary>Whether the value may be a key of a dict or an element of a set.</summary>
    public virtual bool IsHashable => true;

    /// <summary>Whether <c>callable()</c> is true.</summary>
    public virtual bool IsCallable => false;

    /// <summary>Python's <c>repr()</c>.</summary>
    public abstract void WriteRepr(TextBuilder output);

    /// <summary>Python's <c>str()</c>.</summary>
    public virtual void WriteText(TextBuilder output) => WriteRepr(output);

    /// <summary>Python's <c>getattr</c>; null where the object has no such attribute.</summary>
    public virtual Value? GetAttribute(RenderState state, string name) => null;

    /// <summary>Python's <c>obj[key]</c>; null where that raises a TypeError or a LookupError, which jinja2 takes for undefined.</summary>
    public virtual Value? GetItem(RenderState state, Value key) => null;

    /// <summary>Python's <c>iter()</c>; null where the type is not iterable.</summary>
    public virtual IEnumerator<Value>? TryIterate(RenderState state) => null;

    /// <summary>Python's <c>reversed()</c>; null where the type cannot be walked backwards.</summary>
    public virtual IEnumerator<Value>? TryIterateBackwards(RenderState state) => null;

    /// <summary>Python's <c>item in self</c>.</summary>
    public virtual bool Contains(RenderState state, Value item)
    {
        var items = TryIterate(state)
            ?? throw TemplateException.Evaluation($"argument of type '{TypeName}' is not iterable");
        while (items.MoveNext())
        {
            state.Step();
            if (Equality.AreSame(items.Current, item))
            {
                return true;
            }
        }
        return false;
    }

    public virtual Value Call(RenderState state, Arguments arguments) =>
        throw TemplateException.Evaluation($"'{TypeName}' object is not callable");

    /// <summary>The elements, or an error that the value has none.</summary>
    public IEnumerator<Value> Iterate(RenderState state) =>
        TryIterate(state) ?? throw TemplateException.Evaluation($"'{TypeName}' object is not iterable");

    /// <summary>All elements at once.</summary>
    public List<Value> ToList(RenderState state)
    {
        var list = new List<Value>(Length ?? 4);
        var items = Iterate(state);
        while (items.MoveNext())
        {
            state.Step();
            state.AllocateItems(1);
            list.Add(items.Current);
        }
        return list;
    }

    /// <summary>Python's <c>str()</c> as a value; a string is itself.</summary>
    public virtual StringValue ToText(RenderState state)
    {
        var output = new TextBuilder(state);
        WriteText(output);
        return output.ToValue();
    }

    /// <summary>The weight and depth of a container of these; an error where it is too large to be walked.</summary>
    protected static (int Weight, int Depth) Measure(IEnumerable<Value> items)
    {
        const int MaxWeight = 4 * 1024 * 1024;
        const int MaxDepth = 100;

        var weight = 1L;
        var depth = 0;
        foreach (var item in items)
        {
            weight += item.Weight;
            depth = Math.Max(depth, item.Depth);
        }
        if (weight > MaxWeight || depth >= MaxDepth)
        {
            throw TemplateException.Limit("a list or dict of the template is too large or nested too deeply");
        }
        return ((int)weight, depth + 1);
    }
}
