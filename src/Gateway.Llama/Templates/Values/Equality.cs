using System.Numerics;

namespace Gateway.Llama.Templates.Values;

/// <summary>Python's <c>==</c> and <c>hash()</c>: numbers compare by value across their types.</summary>
internal sealed class Equality : IEqualityComparer<Value>
{
    public static Equality Comparer { get; } = new();

    public static bool AreEqual(Value left, Value right) => (left, right) switch
    {
        (StringValue a, StringValue b) => string.Equals(a.Text, b.Text, StringComparison.Ordinal),
        (IntegerValue a, IntegerValue b) => a.Number == b.Number,
        (IntegerValue a, FloatValue b) => AreEqual(a.Number, b.Number),
        (FloatValue a, IntegerValue b) => AreEqual(b.Number, a.Number),
        (FloatValue a, FloatValue b) => a.Number == b.Number,
        (UndefinedValue, UndefinedValue) => true,
        (TupleValue a, TupleValue b) => AreEqual(a.Items, b.Items),
        (ListValue a, ListValue b) => AreEqual(a.Items, b.Items),
        (DictValue a, DictValue b) => AreEqual(a, b),
        (RangeValue a, RangeValue b) => a.EqualsRange(b),
        _ => ReferenceEquals(left, right),
    };

    /// <summary>What Python's containers ask when they look for an element: the same object or an equal one.</summary>
    public static bool AreSame(Value left, Value right) => ReferenceEquals(left, right) || AreEqual(left, right);

    public bool Equals(Value? x, Value? y) => x is not null && y is not null && AreSame(x, y);

    public int GetHashCode(Value obj) => obj switch
    {
        StringValue text => string.GetHashCode(text.Text, StringComparison.Ordinal),
        IntegerValue number => number.Number.GetHashCode(),
        FloatValue number when double.IsInteger(number.Number) => new BigInteger(number.Number).GetHashCode(),
        FloatValue number => number.Number.GetHashCode(),
        UndefinedValue => 0,
        RangeValue range => range.Count.GetHashCode(),
        TupleValue tuple => tuple.Items.Aggregate(17, (hash, item) => HashCode.Combine(hash, GetHashCode(item))),
        _ => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj),
    };

    private static bool AreEqual(BigInteger integer, double number) =>
        double.IsInteger(number) && integer == new BigInteger(number);

    private static bool AreEqual(Value[] left, Value[] right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }
        for (var i = 0; i < left.Length; i++)
        {
            if (!AreSame(left[i], right[i]))
            {
                return false;
            }
        }
        return true;
    }

    private static bool AreEqual(DictValue left, DictValue right)
    {
        if (left.Items.Length != right.Items.Length)
        {
            return false;
        }
        foreach (var (key, value) in left.Items)
        {
            if (right.Find(key) is not { } other || !AreSame(value, other))
            {
                return false;
            }
        }
        return true;
    }
}
