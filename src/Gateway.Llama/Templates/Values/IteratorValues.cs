using System.Numerics;
using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>A generator: what <c>map</c>, <c>select</c> and their like give. It has no length and is used up by one walk.</summary>
internal sealed class IteratorValue(IEnumerator<Value> items, string typeName = "generator") : Value
{
    public override string TypeName => typeName;

    public override IEnumerator<Value>? TryIterate(RenderState state) => items;

    public override void WriteRepr(TextBuilder output) => output.Append("<").Append(typeName).Append(" object>");
}

internal sealed class RangeValue : Value
{
    private readonly long _start;
    private readonly BigInteger _stop;
    private readonly long _step;

    private RangeValue(long start, BigInteger stop, long step, int count) =>
        (_start, _stop, _step, Count) = (start, stop, step, count);

    public int Count { get; }

    public override string TypeName => "range";

    public override bool IsTrue => Count > 0;

    public override int? Length => Count;

    /// <summary>Python's range, of at most 100,000 elements as jinja2's sandbox allows.</summary>
    public static RangeValue Of(BigInteger start, BigInteger stop, BigInteger step)
    {
        const int MaxRange = 100_000;

        if (step.IsZero)
        {
            throw TemplateException.Evaluation("range() arg 3 must not be zero");
        }
        var count = step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
        if (count > MaxRange || BigInteger.Abs(start) > long.MaxValue / 4 || BigInteger.Abs(step) > long.MaxValue / (4 * MaxRange))
        {
            throw TemplateException.Limit($"range() of more than {MaxRange} elements");
        }
        return new((long)start, stop, (long)step, (int)BigInteger.Max(count, 0));
    }

    public Value At(int index) => IntValue.Of(_start + index * _step);

    public RangeValue Slice(int start, int count, int step) => 
        new(_start + start * _step, _start + (start + (long)count * step) * _step, _step * step, count);

    public bool EqualsRange(RangeValue other) =>
        Count == other.Count && (Count == 0 || (_start == other._start && (Count == 1 || _step == other._step)));

    public override Value? GetItem(RenderState state, Value key)
    {
        if (key is not IntegerValue { Number: var index })
        {
            return null;
        }
        index = index < 0 ? index + Count : index;
        return index >= 0 && index < Count ? At((int)index) : null;
    }

    public override IEnumerator<Value>? TryIterate(RenderState state) => Enumerable.Range(0, Count).Select(At).GetEnumerator();

    public override IEnumerator<Value>? TryIterateBackwards(RenderState state) =>
        Enumerable.Range(0, Count).Select(i => At(Count - 1 - i)).GetEnumerator();

    public override void WriteRepr(TextBuilder output)
    {
        output.Append("range(");
        IntValue.Of(_start).WriteRepr(output);
        output.Append(", ");
        IntValue.Of(_stop).WriteRepr(output);
        if (_step != 1)
        {
            output.Append(", ");
            IntValue.Of(_step).WriteRepr(output);
        }
        output.Append(')');
    }
}
