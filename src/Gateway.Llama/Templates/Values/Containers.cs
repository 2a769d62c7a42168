using Gateway.Llama.Templates.Builtins;
using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>What a list and a tuple share. Neither changes once made: the sandbox forbids it.</summary>
internal abstract class SequenceValue : Value
{
    protected SequenceValue(Value[] items)
    {
        Items = items;
        (Weight, Depth) = Measure(items);
    }

    public Value[] Items { get; }

    public override bool IsTrue => Items.Length > 0;

    public override int? Length => Items.Length;

    public sealed override int Weight { get; }

    public sealed override int Depth { get; }

    public abstract SequenceValue With(Value[] items);

    public override Value? GetItem(RenderState state, Value key)
    {
        if (key is not IntegerValue { Number: var index })
        {
            return null;
        }
        index = index < 0 ? index + Items.Length : index;
        return index >= 0 && index < Items.Length ? Items[(int)index] : null;
    }

    public override IEnumerator<Value>? TryIterate(RenderState state) => ((IEnumerable<Value>)Items).GetEnumerator();

    public override IEnumerator<Value>? TryIterateBackwards(RenderState state)
    {
        return Walk(Items);

        static IEnumerator<Value> Walk(Value[] items)
        {
            for (var i = items.Length - 1; i >= 0; i--)
            {
                yield return items[i];
            }
        }
    }

    public override Value? GetAttribute(RenderState state, string name) => SequenceMethods.Find(this, name);

    protected void WriteItems(TextBuilder output)
    {
        for (var i = 0; i < Items.Length; i++)
        {
            if (i > 0)
            {
                output.Append(", ");
            }
            Items[i].WriteRepr(output);
        }
    }
}

internal sealed class ListValue(Value[] items) : SequenceValue(items)
{
    public static ListValue Empty { get; } = new([]);

    public override string TypeName => "list";

    public override bool IsHashable => false;

    public override SequenceValue With(Value[] items) => new ListValue(items);

    public override void WriteRepr(TextBuilder output)
    {
        output.Append('[');
        WriteItems(output);
        output.Append(']');
    }
}

// names: names of the elements, where the tuple is one of groupby.
internal sealed class TupleValue(Value[] items, string[]? names = null) : SequenceValue(items)
{
    public override string TypeName => "tuple";

    public override bool IsHashable => Array.TrueForAll(Items, item => item.IsHashable);

    public override SequenceValue With(Value[] items) => new TupleValue(items);

    public override void WriteRepr(TextBuilder output)
    {
        output.Append('(');
        WriteItems(output);
        output.Append(Items.Length == 1 ? ",)" : ")");
    }

    public override Value? GetAttribute(RenderState state, string name) =>
        names is not null && Array.IndexOf(names, name) is >= 0 and var index ? Items[index] : base.GetAttribute(state, name);
}
