using Gateway.Llama.Templates.Builtins;
using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>A dict in the order of insertion. Like a list it does not change once made.</summary>
internal sealed class DictValue : Value
{
    // Messages and tool calls have a handful of keys, where looking at each beats hashing.
    private const int IndexFrom = 9;

    private Dictionary<Value, Value>? _index;

    private DictValue(KeyValuePair<Value, Value>[] items)
    {
        Items = items;
        (Weight, Depth) = Measure(items.Select(item => item.Value).Concat(items.Select(item => item.Key)));
    }

    public KeyValuePair<Value, Value>[] Items { get; }

    public override string TypeName => "dict";

    public override bool IsTrue => Items.Length > 0;

    public override int? Length => Items.Length;

    public override int Weight { get; }

    public override int Depth { get; }

    public override bool IsHashable => false;

    /// <summary>A dict of these; of two equal keys the first keeps its place and the last its value.</summary>
    public static DictValue Of(IReadOnlyList<KeyValuePair<Value, Value>> items)
    {
        var distinct = new List<KeyValuePair<Value, Value>>(items.Count);
        Dictionary<Value, int>? places = items.Count < IndexFrom ? null : new(items.Count, Equality.Comparer);
        foreach (var item in items)
        {
            if (!item.Key.IsHashable)
            {
                throw TemplateException.Evaluation($"unhashable type: '{item.Key.TypeName}'");
            }
            var place = places is null
                ? distinct.FindIndex(other => Equality.AreSame(other.Key, item.Key))
                : places.GetValueOrDefault(item.Key, -1);
            if (place >= 0)
            {
                distinct[place] = new(distinct[place].Key, item.Value);
                continue;
            }
            places?.Add(item.Key, distinct.Count);
            distinct.Add(item);
        }
        return new([.. distinct]);
    }

    /// <summary>The value of a key that is hashable; null where there is none.</summary>
    public Value? Find(Value key)
    {
        if (Items.Length < IndexFrom)
        {
            foreach (var item in Items)
            {
                if (Equality.AreSame(item.Key, key))
                {
                    return item.Value;
                }
            }
            return null;
        }
        _index ??= new(Items, Equality.Comparer);
        return _index.GetValueOrDefault(key);
    }

    public override Value? GetItem(RenderState state, Value key) => key.IsHashable ? Find(key) : null;

    public override bool Contains(RenderState state, Value item) => item.IsHashable
        ? Find(item) is not null
        : throw TemplateException.Evaluation($"unhashable type: '{item.TypeName}'");

    public override IEnumerator<Value>? TryIterate(RenderState state) => Items.Select(item => item.Key).GetEnumerator();

    public override IEnumerator<Value>? TryIterateBackwards(RenderState state) =>
        Items.Select(item => item.Key).Reverse().GetEnumerator();

    public override Value? GetAttribute(RenderState state, string name) => DictMethods.Find(this, name);

    public override void WriteRepr(TextBuilder output)
    {
        output.Append('{');
        for (var i = 0; i < Items.Length; i++)
        {
            if (i > 0)
            {
                output.Append(", ");
            }
            Items[i].Key.WriteRepr(output);
            output.Append(": ");
            Items[i].Value.WriteRepr(output);
        }
        output.Append('}');
    }
}

/// <summary>What <c>keys()</c>, <c>values()</c> and <c>items()</c> of a dict give: iterable again and again, but not a list.</summary>
internal sealed class DictViewValue(string typeName, ListValue items) : Value
{
    public override string TypeName => typeName;

    public override bool IsTrue => items.IsTrue;

    public override int? Length => items.Length;

    public override int Weight => items.Weight;

    public override int Depth => items.Depth;

    public override bool IsHashable => false;

    public override IEnumerator<Value>? TryIterate(RenderState state) => items.TryIterate(state);

    public override IEnumerator<Value>? TryIterateBackwards(RenderState state) => items.TryIterateBackwards(state);

    public override void WriteRepr(TextBuilder output)
    {
        output.Append(typeName).Append('(');
        items.WriteRepr(output);
        output.Append(')');
    }
}
